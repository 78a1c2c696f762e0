"""Charts as SVG, without anything from outside."""

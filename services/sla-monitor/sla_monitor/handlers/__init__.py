"""One use case a module: news of leads, firing, what waits for a rulebook."""

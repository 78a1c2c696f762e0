"""SQL that creates the router's own tables."""

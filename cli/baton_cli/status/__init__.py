"""`baton status`: how the whole installation is, in one document."""

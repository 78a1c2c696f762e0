"""Scores under a scorecard of the rulebook: the one way to compute them, live and from a file."""

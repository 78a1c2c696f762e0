"""Scoring's own tables, in order."""

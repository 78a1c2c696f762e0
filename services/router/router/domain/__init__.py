"""Decisions without I/O, clock or randomness."""

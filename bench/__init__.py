"""Measurements of Baton, each beside something bare in the same run. `make bench` prints the table."""

"""What intake decides about one submission: no I/O, no clock, no randomness."""

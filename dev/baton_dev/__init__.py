"""The embedded stack: real servers and services as processes, for `make run` and for the tests."""

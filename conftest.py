"""Fixtures for the whole repository come from the development package."""

pytest_plugins = ["baton_dev.pytest_plugin"]

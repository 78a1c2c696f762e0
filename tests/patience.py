"""How long a test waits for what is sure to come: none goes by how fast a machine is."""

HANGS_AFTER = 90.0
"""Seconds. What has not come by then never will."""

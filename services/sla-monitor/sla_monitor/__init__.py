"""sla-monitor: was the promise kept."""

"""The next month's agreement, proposed from what the last months came to."""

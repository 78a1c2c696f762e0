"""What both sides hear by themselves: the weekly page on Monday, and the month's for management."""

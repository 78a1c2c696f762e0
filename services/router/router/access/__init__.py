"""Whose token came and what its holder sees; tokens given and ended; the audit log."""

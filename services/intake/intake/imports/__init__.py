"""Imports: files of leads, read in a process of their own and published to lead-imported."""

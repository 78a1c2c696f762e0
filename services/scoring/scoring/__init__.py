"""Scoring: who is behind a submission, and how good the lead is."""

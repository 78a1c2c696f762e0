"""Intake: leads in over HTTP, none lost; no database behind it."""

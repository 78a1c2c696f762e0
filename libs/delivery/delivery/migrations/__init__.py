"""Migrations of the tables that a service with outward messages keeps in its own schema."""

"""Mechanics that all services share: how an event is taken, stored, passed on and never lost."""

"""SQL of this service's schema, applied at deploy time."""

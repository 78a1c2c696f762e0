"""Tables every service's schema holds."""

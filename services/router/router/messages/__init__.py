"""Messages to reps and team leads: whom to tell what, composed when it is sent, and links to act by."""

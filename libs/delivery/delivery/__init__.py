"""Messages on their way out: by signed webhook or e-mail, tried again until they arrived or time is up."""

"""What the spool cannot do, and what that asks of the caller."""


class SpoolUnavailable(Exception):
    """The record is not on disk: answer 503 with Retry-After."""


class SpoolFull(SpoolUnavailable):
    """The spool has reached its size limit: answer 503 with Retry-After."""


class SpoolOwned(Exception):
    """Another process holds this spool: stop, or set BATON_DATA_DIR to a folder of this process's own."""


class NoSpool(Exception):
    """There is no spool at the place named: name the data folder of the instance that left it behind."""

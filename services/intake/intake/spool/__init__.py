"""The disk spool: records that the broker could not take, fsynced here and drained in order."""

from intake.spool.errors import SpoolFull, SpoolOwned, SpoolUnavailable
from intake.spool.replayer import Replayer
from intake.spool.spool import Counts, Spool

__all__ = ["Counts", "Replayer", "Spool", "SpoolFull", "SpoolOwned", "SpoolUnavailable"]

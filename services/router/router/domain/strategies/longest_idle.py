"""Longest idle: the rep whose last lead was handed to them the longest ago; who never had one goes first.

Weights count for nothing. Idle time is wall time since the last handoff from whatever pool, nights included:
within one team all have the same nights. Between equals by id.
"""

from router.domain.roster import Load
from router.domain.strategies.ranking import Rank


def rank(rep: str, weight: int, load: Load) -> Rank:
    """Smallest first."""
    return (load.idle_rank, 0.0, rep)

"""Least loaded: the rep with the fewest open leads for their weight.

Load is open leads divided by weight, so a rep of weight 2 with four leads is as busy as one of weight 1 with
two. Between equals whoever has been without a new lead the longest, then by id. Freed places are refilled
first, whoever freed them, so a rep who closes fast gets more: that is the point of it, and the price. Who
wants equal numbers chooses weighted round robin.
"""

from router.domain.roster import Load
from router.domain.strategies.ranking import Rank


def rank(rep: str, weight: int, load: Load) -> Rank:
    """Smallest first."""
    return (load.open / weight, load.idle_rank, rep)

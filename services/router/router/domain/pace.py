"""The pace of a rep: working time for one unanswered lead, smoothed over the last ones."""

from datetime import timedelta

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=4)
"""A contact reported at once, or a day late, says little about how long the next will take."""
NEWEST = 0.2
"""Weight of the newest answer: about the last nine decide."""


def smoothed(known: timedelta | None, took: timedelta) -> timedelta:
    """The pace with one more answer, that took so much working time."""
    bounded = min(max(took, SHORTEST), LONGEST)
    return bounded if known is None else known + NEWEST * (bounded - known)

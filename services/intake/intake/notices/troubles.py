"""Why a lead could not be fetched, and what is done about it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NOTIFIED = "lead-notified"
SOON = "lead-notified-retry-1m"
LATER = "lead-notified-retry-1h"
DELAYS = {NOTIFIED: timedelta(0), SOON: timedelta(minutes=1), LATER: timedelta(hours=1)}
"""How long after its broker time a record of each topic is due."""

SOON_FOR = timedelta(minutes=10)
"""Since the notice came; from then on it is tried by the hour."""
PATIENCE = timedelta(days=10)
"""Then a notice goes to scoring as quarantined. Its topics keep records for 13 days."""
PATIENCE_WITH_UNKNOWN = timedelta(days=1)
"""For a lead the vendor does not know: deleted, or out of the token's sight, which somebody may mend."""


class Trouble(StrEnum):
    """Why a fetch failed."""

    TOKEN = "token"  # noqa: S105 - a word, no token: the vendor does not take ours
    SECRET_MISSING = "secret_missing"  # noqa: S105
    THROTTLED = "throttled"  # we ask too often
    NOT_FOUND = "not_found"  # the vendor knows no such lead, or shows it to this token no more
    NO_ANSWER = "no_answer"  # not within the time, or no connection
    VENDOR_ERROR = "vendor_error"  # an error on the vendor's side
    REFUSED = "refused"  # any other answer that is no success
    UNREADABLE = "unreadable"  # a success that is no JSON object, or too large
    REDIRECTED = "redirected"  # elsewhere is not where the token may go
    NOT_FETCHED = "not_fetched"  # the form, as it stands now, does not say where leads are fetched


OF_THE_TOKEN = frozenset({Trouble.TOKEN, Trouble.SECRET_MISSING})
"""These come for every lead of the form until somebody replaces its token."""


class FetchFailed(Exception):
    """The lead is not here: put the notice back. `detail` holds nothing of a person and no secret.

    `wait`: the time the vendor asked for, where it did.
    """

    def __init__(self, trouble: Trouble, detail: str, *, wait: timedelta | None = None) -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a notice whose fetch failed; `topic` None: it is given up."""

    topic: str | None


def next_step(trouble: Trouble, received_at: datetime, now: datetime) -> Next:
    """By the age of the notice."""
    age = now - received_at
    patience = PATIENCE_WITH_UNKNOWN if trouble is Trouble.NOT_FOUND else PATIENCE
    if age >= patience:
        return Next(None)
    return Next(SOON if age < SOON_FOR else LATER)

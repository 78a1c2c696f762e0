"""What changes about somebody in nurturing, and what marketing's tool is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from delivery.message import Message, Target
from lead_events.words import Quadrant, Stage
from scoring.domain.nurturing import LEFT_WORDS, KeptBack, Left, Place, Why, contact_id

TOLD_FIELDS = (
    "email",
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "country",
    "language",
)
"""What the tool needs to write to somebody; phones, answers and whatever else is known stay here."""


class Telling(StrEnum):
    """What a message says, as the `type` of a webhook's body."""

    ENTERED = "nurturing.entered"
    CHANGED = "nurturing.changed"
    LEFT = "nurturing.left"


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody's place as it is kept, or as it was until they left. See the table `nurturing`."""

    person_id: UUID
    line: str
    place: Place
    since: datetime
    changed_at: datetime
    is_told: bool = False
    revision: int = 0
    left_at: datetime | None = None
    left_because: Left | None = None
    was_handed: bool = False
    told_contact: str | None = None

    @property
    def contact_id(self) -> UUID:
        """By what the tool knows them."""
        return contact_id(self.person_id, self.line)

    @property
    def is_here(self) -> bool:
        """Whether they are in nurturing now."""
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class Move:
    """A row as it is to be kept, and what the tool is told, if anything. `because`: why it is to let go."""

    row: Row
    telling: Telling | None = None
    because: Left | None = None


def contact_hash(profile: Mapping[str, Any]) -> str:
    """By which it shows that the tool was told another name or address."""
    return sha256(repr([profile.get(name) for name in TOLD_FIELDS]).encode()).hexdigest()


def moved(
    row: Row | None,
    person: UUID,
    line: str,
    judged: Place | Left,
    now: datetime,
    *,
    tells: bool,
    contact: str | None = None,
) -> Move | None:
    """What becomes of a row by a new judgement; None where nothing does. `tells`: whether a tool listens;
    `contact`: hash of what it would be told of the person.

    That somebody was erased is told whenever the tool was told of them before, however they had left: it may
    keep them all the same. What happens while no tool listens is told once it does again.
    """
    if isinstance(judged, Left):
        is_erased_later = judged is Left.ERASED and row is not None and row.left_because is not Left.ERASED
        if row is None or not (row.is_here or is_erased_later or (row.is_told and tells)):
            return None
        return _leave(row, judged, now, tells=tells)
    return _stay(row, person, line, judged, now, tells=tells, contact=contact)


def _leave(row: Row, because: Left, now: datetime, *, tells: bool) -> Move:
    is_owed = row.is_told or (because is Left.ERASED and row.revision > 0)
    telling = Telling.LEFT if is_owed and tells else None
    gone = replace(
        row,
        left_at=now,
        left_because=because,
        changed_at=now,
        is_told=is_owed and not tells,
        told_contact=None,
        revision=row.revision + (telling is not None),
    )
    return Move(gone, telling, because)


def _stay(
    row: Row | None,
    person: UUID,
    line: str,
    place: Place,
    now: datetime,
    *,
    tells: bool,
    contact: str | None,
) -> Move | None:
    before = row if row is not None and row.is_here else None
    is_handed = place.kept_back is None
    was_told = row is not None and row.is_told
    news: Telling | None = None
    if is_handed and not (was_told and before is not None):
        news = Telling.ENTERED
    elif is_handed and before is not None and (before.place, before.told_contact) != (place, contact):
        news = Telling.CHANGED
    elif not is_handed and was_told:
        news = Telling.LEFT
    telling = news if tells else None
    told_contact = contact if is_handed else None
    if not tells:  # whatever has changed is told later: no contact was told as they are now
        told_contact = before.told_contact if before is not None and news is None else None
    if before is not None and before.place == place and telling is None:
        return None
    kept = Row(
        person_id=person,
        line=line,
        place=place,
        since=before.since if before is not None else now,
        changed_at=now,
        is_told=is_handed if tells else was_told,
        revision=(row.revision if row is not None else 0) + (telling is not None),
        was_handed=is_handed or (before is not None and before.was_handed),
        told_contact=told_contact,
    )
    return Move(kept, telling, Left.KEPT_BACK if telling is Telling.LEFT else None)


def message_of(move: Move, profile: Mapping[str, Any] | None, target: Target, now: datetime) -> Message:
    """The message of a move that tells something. Without a profile, as of an erased person, it names them by
    their contact id alone, which the tool was told before."""
    row = move.row
    if move.telling is None:
        raise ValueError("a move that tells nothing has no message")
    contact = {name: profile[name] for name in TOLD_FIELDS if profile.get(name)} if profile else {}
    told: dict[str, Any] = {
        "contact_id": str(row.contact_id),
        "revision": row.revision,
        "line": row.line,
        "contact": contact,
    }
    if move.telling is Telling.LEFT:
        because = move.because or Left.KEPT_BACK
        reason = LEFT_WORDS[because]
        told |= {"because": because.value, "reason": reason}
    else:
        reason = row.place.reason
        told |= _facts(row)
    return Message(
        id=uuid5(row.contact_id, str(row.revision)),
        about=row.contact_id,
        kind=move.telling.value,
        target=target,
        subject=f"{_SPOKEN[move.telling]} ({row.line})",
        text=reason,
        created_at=now,
        data=told,
    )


_SPOKEN = {
    Telling.ENTERED: "Somebody to nurture",
    Telling.CHANGED: "News of somebody in nurturing",
    Telling.LEFT: "Somebody left nurturing",
}


def _facts(row: Row) -> dict[str, Any]:
    place = row.place
    return {
        "lead_id": str(place.lead_id),
        "why": place.why.value,
        "quadrant": place.quadrant.value,
        "stage": place.stage.value,
        "reason": place.reason,
        "since": row.since,
        "wake_at": place.wake_at,
    }


def place_of(kept: Mapping[str, Any]) -> Place:
    """The place in a row of the table."""
    return Place(
        lead_id=kept["lead_id"],
        why=Why(kept["why"]),
        quadrant=Quadrant(kept["quadrant"]),
        stage=Stage(kept["stage"]),
        reason=kept["reason"],
        wake_at=kept["wake_at"],
        kept_back=KeptBack(kept["kept_back"]) if kept["kept_back"] else None,
    )

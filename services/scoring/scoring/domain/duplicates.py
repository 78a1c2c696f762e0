"""Whether a lead that sales gave back as another one makes two persons one.

A rep's word is evidence as a shared key is, but less sure: it joins somebody who has not said who they are
to whoever has, and nobody to a second e-mail or external id. Where both have one of their own, that is a
question for marketing. Nor does it undo what an operator said.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lead_events import LeadProgressed
from lead_events.words import ProgressKind, RejectCode
from scoring.domain.grouping import RANK, KeyName, Pair, is_known
from scoring.domain.people import Key, People, Person


class DuplicateState(StrEnum):
    """What became of a lead given back as a duplicate."""

    WAITS = "waits"  # to be looked at
    MERGED = "merged"  # the two persons are one since
    ONE_ALREADY = "one_already"
    NOTED = "noted"  # no new lead; the persons stay as they are
    ASKED = "asked"  # marketing says
    APART = "apart"  # two people: a lead of its own after all
    GONE = "gone"  # somebody of them was erased


class Why(StrEnum):
    """Why nobody was made one."""

    NOT_NAMED = "not_named"  # the rep did not say which lead it is again
    NO_KEY = "no_key"  # one of them has nothing that identifies anybody
    TWO_PEOPLE = "two_people"  # each has an e-mail or external id of their own
    KEPT_APART = "kept_apart"  # an operator parted them before
    FAILED = "failed"  # something went wrong with these two


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A lead given back as another one; `id`: of the event that told it."""

    id: UUID
    lead: UUID
    of: UUID | None
    rep: str | None
    at: datetime
    state: DuplicateState = DuplicateState.WAITS
    why: Why | None = None


def duplicate_of(event: UUID, report: LeadProgressed) -> Duplicate | None:
    """What a report says of it; None for any other."""
    if report.kind is not ProgressKind.REJECTED or report.code != RejectCode.DUPLICATE or report.is_test:
        return None
    of = report.duplicate_of if report.duplicate_of != report.lead_id else None
    state, why = (DuplicateState.WAITS, None) if of else (DuplicateState.NOTED, Why.NOT_NAMED)
    return Duplicate(event, report.lead_id, of, report.rep_id, report.at, state, why)


def keys_of(people: People, keys: Sequence[Key]) -> Mapping[UUID, Sequence[KeyName]]:
    """By person as they are now: the keys that identify them, the best first."""
    found: dict[UUID, list[KeyName]] = {}
    for key in keys:
        if key.person_id is not None and key.identifies and key.name[0] in RANK:
            found.setdefault(people.root(key.person_id).id, []).append(key.name)
    return {whose: sorted(names, key=_best_first) for whose, names in found.items()}


def _best_first(name: KeyName) -> tuple[int, str]:
    return RANK.index(name[0]), name[1]


def doubt(
    one: Person, other: Person, keys: Mapping[UUID, Sequence[KeyName]], apart: Collection[Pair]
) -> Why | None:
    """Why a rep's word alone makes these two no one person; None: it does."""
    ours, theirs = keys.get(one.id, ()), keys.get(other.id, ())
    if not ours or not theirs:
        return Why.NO_KEY
    if not pairs_between(ours, theirs).isdisjoint(apart):
        return Why.KEPT_APART
    return Why.TWO_PEOPLE if is_known(ours) and is_known(theirs) else None


def pairs_between(ours: Sequence[KeyName], theirs: Sequence[KeyName]) -> frozenset[Pair]:
    """Every key of the one with every key of the other."""
    return frozenset(frozenset({one, two}) for one in ours for two in theirs)


def binding(ours: Sequence[KeyName], theirs: Sequence[KeyName]) -> frozenset[Pair]:
    """Pairs that hold the two together while any key of each identifies: each key with the other's best."""
    return pairs_between(ours, theirs[:1]) | pairs_between(ours[:1], theirs)

"""Which submissions are one person's: a function of all of them and of the keys they carry, in no order.

1. An e-mail and an external id always identify: submissions that share one are one person's.
2. A phone identifies while at most one personal e-mail was ever seen beside it. With a second one it is the
   phone of an office or a family.
3. A role address (info@) never identifies beside a key that does, and is no e-mail in the sense of 2.
4. Who has no key that identifies is held by the shared phone, else by the role address: all such submissions
   of one phone, or of one address, are one person's, "whoever answers there", and never another's. So they
   stay together as one lead that one rep works: as a person each, every call from an office would ring
   another rep.
5. Who has no key at all is alone.
6. Two keys that an operator keeps apart (`baton person undo-merge`) join nobody together: of a submission
   that carries both the one counts that identifies best (e-mail, external id, phone). Any other pair of keys
   of the same two persons is new evidence and joins them.
7. Two keys that sales or marketing say are one person's (domain/duplicates.py) join whoever carries them,
   while both identify.

What is incremental elsewhere (domain/people.py, domain/parting.py) comes to this in any order of arrival.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

EMAIL, ROLE, EXTERNAL, PHONE = "email", "role", "external", "phone"
RANK = (EMAIL, EXTERNAL, PHONE)
"""Kinds of keys that identify, the best first."""
KeyName = tuple[str, str]
"""Kind and normalised value."""
Pair = frozenset[KeyName]
"""Two keys that are kept apart."""
Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the keys of one submission say: `joins` it is one person's with all that carry one of these; else
    `held_by` it stands with the others that nothing but this key holds."""

    joins: tuple[KeyName, ...] = ()
    held_by: KeyName | None = None

    @property
    def counting(self) -> tuple[KeyName, ...]:
        """The keys by which its person is known."""
        return self.joins or ((self.held_by,) if self.held_by else ())


def read(
    names: Sequence[KeyName], is_shared: Callable[[KeyName], bool], apart: Collection[Pair] = ()
) -> Reading:
    """What a submission's keys say; `is_shared`: whether a phone was seen with two e-mails."""
    joins: list[KeyName] = []
    for kind in RANK:
        for name in names:
            if name[0] != kind or (kind == PHONE and is_shared(name)):
                continue
            if not any(frozenset({name, better}) in apart for better in joins):
                joins.append(name)
    if joins:
        return Reading(tuple(joins))
    left = {name[0]: name for name in names}
    return Reading(held_by=left.get(PHONE) or left.get(ROLE))


def is_known(names: Iterable[KeyName]) -> bool:
    """Whether a submission says who sent it: by a personal e-mail or an external id."""
    return any(kind in (EMAIL, EXTERNAL) for kind, _ in names)


def email_of(names: Iterable[KeyName]) -> str | None:
    """The personal e-mail among keys."""
    return next((value for kind, value in names if kind == EMAIL), None)


def turning(sent: Iterable[Sequence[KeyName]], first: Mapping[KeyName, str | None]) -> bool:
    """Whether a phone stops identifying by what is sent; `first`: the phones that identify so far, each with
    the e-mail it was first seen beside."""
    seen = dict(first)
    for names in sent:
        email = email_of(names)
        for name in names if email else ():
            if seen.get(name, email) not in (None, email):
                return True
            if name in seen:
                seen[name] = email
    return False


def shared_phones(submissions: Iterable[Sequence[KeyName]]) -> set[KeyName]:
    """The phones seen with two e-mails or more."""
    beside: dict[KeyName, set[str]] = {}
    for names in submissions:
        email = email_of(names)
        for name in names:
            if name[0] == PHONE and email is not None:
                beside.setdefault(name, set()).add(email)
    return {name for name, emails in beside.items() if len(emails) > 1}


def partition(readings: Mapping[Id, Reading], together: Collection[Pair] = ()) -> list[list[Id]]:
    """Submissions by person; within each, and of the persons, in the order given. `together`: keys that are
    one person's by somebody's word."""
    heads: dict[object, Id] = {}
    parents = {identity: identity for identity in readings}

    def root(identity: Id) -> Id:
        while parents[identity] != identity:
            parents[identity] = parents[parents[identity]]
            identity = parents[identity]
        return identity

    for identity, reading in readings.items():
        for name in reading.joins or ([("held by", reading.held_by)] if reading.held_by else []):
            parents[root(identity)] = root(heads.setdefault(name, identity))
    for one, other in together:
        if one in heads and other in heads:
            parents[root(heads[one])] = root(heads[other])
    groups: dict[Id, list[Id]] = {}
    for identity in readings:
        groups.setdefault(root(identity), []).append(identity)
    return list(groups.values())


def persons_of(
    submissions: Mapping[Id, Sequence[KeyName]],
    apart: Collection[Pair] = (),
    together: Collection[Pair] = (),
) -> frozenset[frozenset[Id]]:
    """The submissions of each person."""
    shared = shared_phones(submissions.values())
    readings = {each: read(names, shared.__contains__, apart) for each, names in submissions.items()}
    return frozenset(frozenset(group) for group in partition(readings, together))

"""What a rehearsal posts, and what must become of it: real rows, and what is planted among them. No I/O.

The truth is told by the plan alone. It never asks the product how it would read a row.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

JSON = "application/json"
Row = Mapping[str, str]

_NAMESPACE = UUID("0f3b5a86-8c53-5b1c-9a55-6d1f0b8d2e11")
_FARTHEST = 200
_TOO_LARGE = 70_000
_TOO_DEEP = 40
_FIRST_NAMES = ("Lucía", "Tomás", "Giulia", "Ștefan", "Nerea", "Beatriz", "Niccolò", "Ioana", "Hugo", "Inês")
_LAST_NAMES = ("Ibáñez", "Magalhães", "D'Angelo", "Țăranu", "Muñoz", "Araújo", "Colombo", "Dobre", "Peña")


class PlanImpossible(Exception):
    """The rows or the form do not allow this rehearsal; the message says what to change."""


class Planted(StrEnum):
    """What a post is, and so what must become of it."""

    LEAD = "lead"
    SAME_KEY = "the same again with its Idempotency-Key"
    DOUBLE_CLICK = "the same again without a key"
    OTHER_CASE = "the same again, its e-mail in capitals"
    SPAM = "honeypot filled"
    TORN = "JSON cut off"
    NOT_UTF_8 = "bytes that are no UTF-8"
    NO_JSON = "a content type nobody reads"
    TOO_LARGE = "over 64 KiB"
    TOO_DEEP = "nested too deep"
    NUL = "a NUL in a text"
    SURROGATE = "half a surrogate pair"
    UNKNOWN_FORM = "a form that never was"


DUPLICATES = (Planted.SAME_KEY, Planted.DOUBLE_CLICK, Planted.OTHER_CASE)
REFUSED = {
    Planted.TORN: 400,
    Planted.NOT_UTF_8: 400,
    Planted.NO_JSON: 415,
    Planted.TOO_LARGE: 413,
    Planted.TOO_DEEP: 422,
    Planted.NUL: 422,
    Planted.SURROGATE: 422,
    Planted.UNKNOWN_FORM: 404,
}


@dataclass(frozen=True, slots=True)
class Post:
    """One request. `row` counts from 1; `email` is the made-up one of its person."""

    row: int
    planted: Planted
    email: str
    form_key: str
    body: bytes
    content_type: str = JSON
    key: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status it must be answered with."""
        return REFUSED.get(self.planted, 202)


@dataclass(frozen=True)
class Shares:
    """How much is planted among the rows, in per cent of them."""

    duplicates: float = 5.0
    spam: float = 1.0
    broken: float = 1.0


@dataclass(frozen=True)
class Target:
    """What a plan needs of the form, by the names that the form's sender uses."""

    key: str
    email: str
    names: dict[str, str]
    honeypot: str | None
    vendor_id: str | None
    lines: tuple[str, ...]

    @classmethod
    def of(cls, form: Mapping[str, Any], columns: Sequence[str]) -> "Target":
        """Read a form of the rulebook (as JSON). Raises PlanImpossible."""
        fields: Mapping[str, Any] = form["fields"]
        if "email" not in fields:
            raise PlanImpossible(
                "the form reads no e-mail, and by it each person is known: add `email: {from: [email]}`"
            )
        if form.get("line_field") in columns:
            raise PlanImpossible(
                f"the column {form['line_field']!r} chooses the lines, so the number of leads cannot be told "
                "beforehand: take another form, or rename the column"
            )
        names = {
            name: fields[name]["from"][0] for name in ("first_name", "last_name", "name") if name in fields
        }
        return cls(
            key=form["key"],
            email=fields["email"]["from"][0],
            names=names,
            honeypot=form.get("honeypot"),
            vendor_id=form.get("vendor_id"),
            lines=tuple(form["lines"]),
        )


@dataclass(frozen=True)
class Plan:
    """All posts in the order in which they are sent, and what must become of them."""

    posts: tuple[Post, ...]
    lines: tuple[str, ...]

    @property
    def planted(self) -> Counter[Planted]:
        """How often each kind stands in it."""
        return Counter(post.planted for post in self.posts)

    @property
    def duplicates(self) -> int:
        """Posts that must open nothing, because the same was posted before."""
        return sum(self.planted[kind] for kind in DUPLICATES)

    @property
    def statuses(self) -> Counter[int]:
        """How many posts must be answered with each HTTP status."""
        return Counter(post.status for post in self.posts)

    def as_json(self) -> dict[str, Any]:
        """The truth as it is kept in a file."""
        leads = self.planted[Planted.LEAD]
        return {
            "submissions": leads,
            "leads": leads * len(self.lines),
            "duplicates": self.duplicates,
            "quarantined": self.planted[Planted.SPAM],
            "answers": {str(status): count for status, count in sorted(self.statuses.items())},
            "posts": [
                {"row": post.row, "is": post.planted.value, "email": post.email, "status": post.status}
                for post in self.posts
            ],
        }


def make_plan(
    rows: Sequence[Row], target: Target, *, email_from: str | None, shares: Shares, seed: int
) -> Plan:
    """Return the plan; equal arguments make an equal one. Raises PlanImpossible."""
    if shares.spam and target.honeypot is None:
        raise PlanImpossible("the form has no honeypot to plant spam in: give it one, or say --spam 0")
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    plan = _Planting(target, _emails(rows, email_from), rows)
    doubled = _chosen(chance, len(rows), shares.duplicates)
    kinds = {row: DUPLICATES[place % len(DUPLICATES)] for place, row in enumerate(doubled)}
    placed = [(float(row), plan.lead(row, kinds.get(row))) for row in range(len(rows))]
    for row, kind in kinds.items():
        placed.append((row + chance.randint(1, _FARTHEST) - 0.5, plan.again(row, kind)))
    placed += [(row + 0.25, plan.spam(row)) for row in _chosen(chance, len(rows), shares.spam)]
    broken = tuple(REFUSED)
    for place, row in enumerate(_chosen(chance, len(rows), shares.broken)):
        placed.append((row + 0.75, plan.broken(row, broken[place % len(broken)])))
    return Plan(tuple(post for _, post in sorted(placed, key=lambda each: each[0])), target.lines)


def default_email_column(rows: Sequence[Row]) -> str | None:
    """Return the first column of whole numbers that are all different, if any."""
    for column in rows[0]:
        values = [row[column] for row in rows]
        if all(value.isdecimal() for value in values) and len(set(values)) == len(values):
            return column
    return None


def _chosen(chance: random.Random, rows: int, per_cent: float) -> list[int]:
    count = max(1, round(rows * per_cent / 100)) if per_cent else 0
    return sorted(chance.sample(range(rows), min(count, rows)))


def _emails(rows: Sequence[Row], column: str | None) -> list[str]:
    if column is None:
        return [f"row-{number}@example.com" for number in range(1, len(rows) + 1)]
    if column not in rows[0]:
        raise PlanImpossible(f"there is no column {column!r}; there are: {', '.join(rows[0])}")
    emails = [f"lead-{_local_part(row[column])}@example.com" for row in rows]
    first_with: dict[str, int] = {}
    for number, email in enumerate(emails, start=1):
        earlier = first_with.setdefault(email, number)
        if earlier != number:
            raise PlanImpossible(
                f"rows {earlier} and {number} have the same {column!r}, so both would be one person: name a "
                "column that differs in every row"
            )
    return emails


def _local_part(value: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:50] or "blank"


class _Planting:
    """Makes the posts of rows."""

    def __init__(self, target: Target, emails: Sequence[str], rows: Sequence[Row]) -> None:
        self._target = target
        self._emails = emails
        self._rows = rows
        self._breaking: dict[Planted, Callable[[bytes, dict[str, Any]], bytes]] = {
            Planted.TORN: lambda body, _: body[: len(body) // 2],
            Planted.NOT_UTF_8: lambda body, _: body[:-2] + b'\xff\xfe"}',
            Planted.TOO_LARGE: lambda _, fields: _json(fields | {"note": "x" * _TOO_LARGE}),
            Planted.TOO_DEEP: lambda _, fields: _json(fields | {"note": _nested(_TOO_DEEP)}),
            Planted.NUL: lambda _, fields: _json(fields | {"note": "one\x00two"}),
            Planted.SURROGATE: lambda body, _: body[:-1] + b',"note":"\\ud83d"}',
        }

    def lead(self, row: int, doubled: Planted | None) -> Post:
        key = self._key(row) if doubled is Planted.SAME_KEY else None
        return self._post(row, Planted.LEAD, self._fields(row), key=key)

    def again(self, row: int, kind: Planted) -> Post:
        fields = self._fields(row)
        if kind is Planted.OTHER_CASE:
            fields[self._target.email] = fields[self._target.email].upper()
        return self._post(row, kind, fields, key=self._key(row) if kind is Planted.SAME_KEY else None)

    def spam(self, row: int) -> Post:
        fields = self._fields(row, email=f"spam-{self._emails[row]}")
        if self._target.vendor_id:
            fields.pop(self._target.vendor_id, None)
        assert self._target.honeypot is not None  # noqa: S101 - checked in make_plan
        fields[self._target.honeypot] = "https://cheap-watches.example"
        return self._post(row, Planted.SPAM, fields)

    def broken(self, row: int, kind: Planted) -> Post:
        fields = self._fields(row, email=f"broken-{self._emails[row]}")
        sound = self._post(row, kind, fields)
        breaking = self._breaking.get(kind)
        return Post(
            row + 1,
            kind,
            sound.email,
            f"{self._target.key}-never-was" if kind is Planted.UNKNOWN_FORM else self._target.key,
            breaking(sound.body, fields) if breaking else sound.body,
            "application/xml" if kind is Planted.NO_JSON else JSON,
        )

    def _fields(self, row: int, *, email: str | None = None) -> dict[str, Any]:
        first = _FIRST_NAMES[row % len(_FIRST_NAMES)]
        last = _LAST_NAMES[row // len(_FIRST_NAMES) % len(_LAST_NAMES)]
        made_up = {"first_name": first, "last_name": last, "name": f"{first} {last}"}
        named = {field: made_up[name] for name, field in self._target.names.items()}
        return {**self._rows[row], **named, self._target.email: email or self._emails[row]}

    def _post(self, row: int, kind: Planted, fields: dict[str, Any], *, key: str | None = None) -> Post:
        return Post(
            row + 1, kind, fields[self._target.email].lower(), self._target.key, _json(fields), key=key
        )

    def _key(self, row: int) -> str:
        return str(uuid5(_NAMESPACE, self._emails[row]))


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _nested(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = {"in": value}
    return value

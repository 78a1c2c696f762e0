"""Installations with one guarantee taken out, to see that the comparison would notice."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = {"service_kit": "libs/service_kit/service_kit", "intake": "services/intake/intake"}


@dataclass(frozen=True)
class Change:
    """One piece of one file of a package, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A package with changes that take one guarantee away."""

    package: str
    changes: Sequence[Change]

    def written_to(self, folder: Path) -> dict[str, str]:
        """Copy the package there, changed; returns the environment in which it comes before the real one.

        AssertionError when the code to be changed is not what it was: then the change must be written anew.
        """
        copy = folder / self.package
        shutil.copytree(ROOT / _PACKAGES[self.package], copy, ignore=shutil.ignore_patterns("__pycache__"))
        for change in self.changes:
            path = copy / change.file
            text = path.read_text()
            assert text.count(change.old) == 1, f"{change.file} holds {change.old!r} no more, or more often"
            path.write_text(text.replace(change.old, change.new))
        return {"PYTHONPATH": str(folder)}


_NO_CONFLICT_CLAUSE = Change(
    "queries.sql", "ON CONFLICT DO NOTHING\nRETURNING event_id", "RETURNING event_id"
)

INBOX_WITHOUT_ON_CONFLICT = Mutant("service_kit", (_NO_CONFLICT_CLAUSE,))
"""An event that comes twice breaks its batch."""

INBOX_TAKES_EVERYTHING = Mutant(
    "service_kit",
    (
        _NO_CONFLICT_CLAUSE,
        Change(
            "migrations/0001.service-kit.sql",
            "event_id uuid NOT NULL,\n    PRIMARY KEY (day, consumer, event_id)\n",
            "event_id uuid NOT NULL\n",
        ),
    ),
)
"""An event that comes twice is handled twice."""

OFFSETS_FIRST = Mutant(
    "service_kit",
    (
        Change(
            "settle.py",
            'await failpoint("consumer.before_transaction")\n',
            'await failpoint("consumer.before_transaction")\n'
            "        async with self._database.transaction() as conn:\n"
            "            reached = {item.record.place: item.record.offset + 1 for item in items}\n"
            "            await self._advance(conn, reached, Counter())\n",
        ),
    ),
)
"""Where to read on is committed before the effects are."""

ANSWERS_FIRST = Mutant(
    "intake",
    (
        Change(
            "durability.py",
            "and await self._publish(encode(None)):",
            "and asyncio.ensure_future(self._publish(encode(None))):",
        ),
    ),
)
"""202 is answered before anybody has acknowledged the record."""

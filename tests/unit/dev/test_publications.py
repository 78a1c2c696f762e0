"""Somebody who edits the rulebook is told when it holds and how the demo keeps its hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baton_dev.onboarding import Published
from baton_dev.publications import Publications, clock, why_samples_wait

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)


def _rulebook(accept_within: str) -> dict[str, Any]:
    return {
        "calendars": {"madrid": {"tz": "Europe/Madrid"}},
        "agreement": {"sales": {"promises": {"perfect": {"accept_within": accept_within}}}},
    }


def _about(accept_within: str, *, as_written: bool = False, folder: str = "rulebook") -> str:
    publications = Publications("http://scoring", {}, _rulebook("10s"), Path(folder), 1, as_written)
    return publications.about(
        {
            "version": 2,
            "published_by": "ana",
            "effective_from": SOON.isoformat(),
            "rulebook": _rulebook(accept_within),
        }
    )


@pytest.mark.parametrize(
    ("accept_within", "as_written", "is_warned"),
    [
        ("10m", False, True),  # the company's own minutes
        ("10s", False, False),  # only a form was added
        ("10m", True, False),  # the demo keeps no hours of its own
    ],
)
def test_a_publication_that_ends_the_demos_hours_says_how_to_keep_them(
    accept_within: str, as_written: bool, is_warned: bool
) -> None:
    told = _about(accept_within, as_written=as_written)
    assert told.startswith(f"Rulebook version 2, published by ana, takes effect at {clock(SOON)}.")
    assert ("It ends the demo's hours" in told) is is_warned
    assert ("baton rulebook publish rulebook" in told) is is_warned


def test_the_command_names_a_rulebook_that_lies_elsewhere() -> None:
    assert _about("10m", folder="ours").endswith("baton rulebook publish ours")


@pytest.mark.parametrize(
    ("version", "effective_from", "is_awaited"),
    [(1, SOON, False), (2, SOON, True), (2, NOW, False)],
)
def test_only_a_later_version_is_awaited(version: int, effective_from: datetime, is_awaited: bool) -> None:
    assert Published(version, is_new=True, effective_from=effective_from).is_awaited(NOW) is is_awaited


def test_the_wait_for_a_version_is_said() -> None:
    told = why_samples_wait(Published(3, is_new=True, effective_from=SOON), NOW)
    expected = f"takes effect at {clock(SOON)}, in 30 s: the samples wait for it."
    assert told == f"Rulebook version 3 differs from the one before and {expected}"
    later = Published(3, is_new=False, effective_from=NOW + timedelta(days=2))
    assert "until then the older one holds" in why_samples_wait(later, NOW)

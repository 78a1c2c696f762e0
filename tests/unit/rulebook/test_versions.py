"""Which version decides when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rulebook.loader import load_folder
from rulebook.versions import (
    NOTICE,
    History,
    NoRulebookYet,
    TakesEffectTooSoon,
    Versioned,
    effective_moment,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")


def history(*versions: tuple[int, datetime]) -> History:
    return History(Versioned(number, at, BOOK) for number, at in versions)


def test_the_first_version_holds_from_the_beginning_of_time() -> None:
    known = history((1, NOON), (2, NOON + MINUTE))
    assert known.at(datetime(1990, 1, 1, tzinfo=UTC)).version == 1


def test_a_version_decides_from_its_moment_on() -> None:
    known = history((2, NOON + MINUTE), (1, NOON))
    assert known.at(NOON + MINUTE - timedelta(microseconds=1)).version == 1
    assert known.at(NOON + MINUTE).version == 2


def test_a_version_planned_for_later_still_comes_after_one_published_meanwhile() -> None:
    known = history((1, NOON), (2, NOON + 10 * MINUTE), (3, NOON + 5 * MINUTE))
    assert [known.at(NOON + minute * MINUTE).version for minute in (1, 5, 9, 10)] == [1, 3, 3, 2]


def test_of_two_versions_of_one_moment_the_later_published_decides() -> None:
    assert history((1, NOON), (3, NOON + MINUTE), (2, NOON + MINUTE)).at(NOON + MINUTE).version == 3


def test_without_any_version_nobody_decides() -> None:
    with pytest.raises(NoRulebookYet, match="baton rulebook publish"):
        History().at(NOON)
    with pytest.raises(NoRulebookYet):
        History().newest()


def test_a_known_version_stays_as_it_was() -> None:
    known = history((1, NOON))
    again = known.with_version(Versioned(1, NOON + MINUTE, BOOK))
    assert again.at(NOON).effective_from == NOON
    assert len(known.with_version(Versioned(2, NOON + MINUTE, BOOK))) == 2


def test_a_later_version_takes_effect_half_a_minute_on_at_the_earliest() -> None:
    assert effective_moment(None, now=NOON, is_first=False) == NOON + NOTICE
    assert effective_moment(NOON + MINUTE, now=NOON, is_first=False) == NOON + MINUTE
    with pytest.raises(TakesEffectTooSoon, match="2026-03-02T12:00:30"):
        effective_moment(NOON + timedelta(seconds=29), now=NOON, is_first=False)


def test_the_first_version_needs_no_notice() -> None:
    assert effective_moment(None, now=NOON, is_first=True) == NOON


def test_what_came_into_force_between_two_moments_is_told_in_order() -> None:
    known = history((1, NOON), (3, NOON + MINUTE), (2, NOON + 2 * MINUTE))
    found = known.between(NOON, NOON + 2 * MINUTE)
    assert [each.version for each in found] == [3, 2]
    assert known.between(NOON + 2 * MINUTE, NOON + timedelta(days=1)) == []
    assert [each.version for each in known] == [1, 3, 2]

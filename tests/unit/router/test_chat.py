"""What a rep writes in a chat about themselves."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.chat import LONGEST_REASON, SaysAway, SaysBack, read_chat

TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("back", SaysBack()),
        ("  BACK ", SaysBack()),
        ("away 2026-03-06", SaysAway(None, date(2026, 3, 6), "away")),
        ("away today flu", SaysAway(None, TODAY, "flu")),
        ("Away tomorrow 2026-03-06 at a fair", SaysAway(date(2026, 3, 4), date(2026, 3, 6), "at a fair")),
        ("away 2026-03-03T15:00", SaysAway(None, datetime(2026, 3, 3, 15), "away")),  # noqa: DTZ001
        (
            "away 2026-03-03t15:00, 2026-03-03t18:00 dentist",
            SaysAway(datetime(2026, 3, 3, 15), datetime(2026, 3, 3, 18), "dentist"),  # noqa: DTZ001
        ),
        ("away 2026-03-06 2026-03-07 2026-03-08", SaysAway(date(2026, 3, 6), date(2026, 3, 7), "2026-03-08")),
        ("", None),
        ("away", None),
        ("away flu", None),
        ("away 6/3/2026", None),
        ("away ٢٠٢٦-٠٣-٠٦", None),
        ("away 2026-02-30", None),
        ("away 9999-12-31", None),
        ("back tomorrow", None),
        ("help", None),
    ],
)
def test_what_is_understood(text: str, expected: object) -> None:
    assert read_chat(text, TODAY) == expected


@given(st.text())
def test_whatever_is_written_is_an_absence_or_asked_again(text: str) -> None:
    for said in (read_chat(text, TODAY), read_chat(f"away today {text}", TODAY)):
        if isinstance(said, SaysAway):
            assert len(said.reason) <= LONGEST_REASON
            assert "\x00" not in said.reason

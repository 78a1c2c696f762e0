"""Ids are the same on every machine and in every release: the vectors here never change."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lead_events import ids

CAUSE = UUID("11111111-1111-5111-8111-111111111111")
LEAD = UUID("22222222-2222-5222-8222-222222222222")
NINE = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)

VECTORS = {
    "event": "b5468317-7b49-5e56-94e8-4b02be43e9b1",
    "second event": "83d62db0-c3c9-59f1-8170-2bb8704e5a9b",
    "keyed submission": "22346f0e-5ede-5f48-83c4-fe06c1b5b345",
    "keyless submission": "b625d85b-1787-5791-95ab-b32bb562d3a8",
    "person": "519d3417-9c86-57ef-96c2-0c2b186ab5b3",
    "lead": "7ddaeda7-6caf-50b9-9d85-dac8116c9c9d",
    "timer": "8215b4f8-871a-518e-9370-1dc5b4a2d9ca",
    "record": "a80e3ab2-0c4f-5197-a838-77a73c51b7d5",
}


def test_the_vectors() -> None:
    found = {
        "event": ids.event_id(CAUSE, "scored", LEAD),
        "second event": ids.event_id(CAUSE, "scored", LEAD, 1),
        "keyed submission": ids.submission_id("quote", "f" * 64, key="k-1", received_at=NINE),
        "keyless submission": ids.submission_id("quote", "f" * 64, key=None, received_at=NINE),
        "person": ids.person_id(CAUSE),
        "lead": ids.lead_id(CAUSE, "main"),
        "timer": ids.timer_id(LEAD, "accept", CAUSE),
        "record": ids.record_id("lead-scored", 3, 42),
    }
    assert {name: str(value) for name, value in found.items()} == VECTORS


def test_an_event_id_as_text_is_the_same_id() -> None:
    assert ids.event_id_text(str(CAUSE), "scored", LEAD) == VECTORS["event"]
    assert ids.event_id_text(CAUSE, "scored", str(LEAD), 1) == VECTORS["second event"]


def test_a_retry_with_a_key_repeats_the_id_at_any_time() -> None:
    later = NINE + timedelta(days=9)
    assert ids.submission_id("q", "f", key="k", received_at=NINE) == ids.submission_id(
        "q", "f", key="k", received_at=later
    )


@pytest.mark.parametrize(("seconds", "same"), [(0, True), (299, True), (300, False), (-1, False)])
def test_without_a_key_the_five_minute_slot_decides(seconds: int, *, same: bool) -> None:
    first = ids.submission_id("q", "f", key=None, received_at=NINE)
    other = ids.submission_id("q", "f", key=None, received_at=NINE + timedelta(seconds=seconds))
    assert (first == other) is same


def test_one_key_with_two_bodies_gives_two_ids() -> None:
    one = ids.submission_id("q", "f", key="k", received_at=NINE)
    assert one != ids.submission_id("q", "g", key="k", received_at=NINE)


def test_parts_do_not_run_into_each_other() -> None:
    assert ids.event_id(CAUSE, "ab", "c") != ids.event_id(CAUSE, "a", "bc")

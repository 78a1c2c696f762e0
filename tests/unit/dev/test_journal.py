"""The demo's table tells what became of each sample, in whatever order the news arrives."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid5

import pytest

from baton_dev.journal import Journal
from baton_dev.table import render, sentence, time_left
from lead_events import (
    Cause,
    EventModel,
    Journey,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    Profile,
    Rep,
    Score,
    SlaReminded,
    SlaWarned,
)
from lead_events.words import CauseKind, ProgressKind, Quadrant, RoutedKind, Stage, TimerKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_NAMES = UUID(int=1)


def _id(name: str) -> UUID:
    return uuid5(_NAMES, name)


def _scored(submission: str, lead: str, line: str = "main", seq: int = 1) -> LeadScored:
    return LeadScored(
        lead_id=_id(lead),
        person_id=_id("person"),
        line=line,
        seq=seq,
        cause=Cause(id=_id(submission), kind=CauseKind.SUBMISSION, at=NOW),
        profile=Profile(email="ana@example.com"),
        form_id="quote",
        source="website",
        score=Score(fit=80, interest=70),
        quadrant=Quadrant.PERFECT,
        stage=Stage.SQL,
        journey=Journey(received_at=NOW, durable_at=NOW, scored_at=NOW),
        submissions=seq,
        rulebook_version=1,
    )


def _routed(lead: str, **changes: Any) -> LeadRouted:
    rep = Rep(id="lola", name="Lola", team="es", calendar={}, availability_revision=0)
    fields: dict[str, Any] = {
        "lead_id": _id(lead),
        "line": "main",
        "seq": 1,
        "kind": RoutedKind.ASSIGNED,
        "at": NOW,
        "cause_id": _id("cause"),
        "round": 1,
        "quadrant": Quadrant.PERFECT,
        "rep": rep,
        "why": "her turn",
        "rulebook_version": 1,
    }
    return LeadRouted(**(fields | changes))


def _warned(lead: str) -> SlaWarned:
    return SlaWarned(
        timer_id=_id("timer"),
        lead_id=_id(lead),
        line="main",
        seq=1,
        kind=TimerKind.ACCEPT,
        round=1,
        rep_id="lola",
        team="es",
        quadrant=Quadrant.PERFECT,
        opened_at=NOW,
        due_at=NOW + timedelta(seconds=15),
        target_seconds=15,
        fired_at=NOW,
        rulebook_version=1,
        share=0.5,
        warns_at=NOW,
    )


_PATH: list[EventModel] = [_scored("s1", "l1"), _routed("l1"), _warned("l1")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("heard_before_the_answer", range(4))
def test_the_order_in_which_topics_are_read_does_not_matter(
    order: tuple[int, ...], heard_before_the_answer: int
) -> None:
    journal = Journal()
    for place, index in enumerate(order):
        if place == heard_before_the_answer:
            journal.sent(1, "Ana", _id("s1"))
        journal.hear(_PATH[index])
    if heard_before_the_answer == 3:
        journal.sent(1, "Ana", _id("s1"))
    [row] = journal.rows
    assert (row.quadrant, row.rep, row.state, row.marks) == (
        "perfect",
        "Lola",
        "assigned",
        ["warning 50% accept"],
    )


def test_one_submission_for_two_lines_is_two_rows() -> None:
    journal = Journal()
    journal.sent(1, "Ana", _id("s1"))
    journal.hear(_scored("s1", "l1", "machines"))
    journal.hear(_scored("s1", "l2", "service"))
    assert [(row.sample, row.line) for row in journal.rows] == [(1, "machines"), (1, "service")]


def test_the_same_submission_again_is_a_duplicate_and_a_second_of_the_person_joins() -> None:
    journal = Journal()
    journal.sent(1, "Ana", _id("s1"))
    journal.sent(2, "Ana again", _id("s1"))
    journal.sent(3, "Ana later", _id("s3"))
    journal.hear(_scored("s1", "l1"))
    journal.hear(_scored("s3", "l1", seq=2))
    assert [row.state for row in journal.rows] == ["sql", "duplicate", "joined"]
    assert journal.rows[2].why == "same person as #1: one lead, one rep"


def test_a_lead_taken_back_has_no_rep_and_no_deadline() -> None:
    journal = Journal()
    journal.sent(1, "Ana", _id("s1"))
    journal.hear(_scored("s1", "l1"))
    journal.hear(_routed("l1")).deadline = NOW  # type: ignore[union-attr]
    journal.hear(_routed("l1", kind=RoutedKind.TAKEN_BACK, seq=2, why="no answer in time"))
    [row] = journal.rows
    assert (row.rep, row.deadline, row.state) == ("", None, "taken_back")


def test_news_of_strangers_changes_nothing() -> None:
    journal = Journal()
    assert journal.hear(_routed("stranger")) is None
    assert journal.rows == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(42, "in 42 s"), (-12, "12 s ago"), (600, "in 10 min"), (0, "in 0 s")],
)
def test_a_deadline_reads_as_time_left(seconds: int, expected: str) -> None:
    assert time_left(NOW + timedelta(seconds=seconds), NOW) == expected


def test_rows_read_as_a_table_and_as_sentences() -> None:
    journal = Journal()
    journal.sent(1, "Ana", _id("s1"))
    for event in _PATH:
        journal.hear(event)
    assert render(journal.rows, NOW, "samples").row_count == 1
    [row] = journal.rows
    assert sentence(row, NOW) == "#1 Ana · main · perfect · warning 50% accept · due in 15 s"


def test_a_lead_told_before_is_told_by_what_is_new() -> None:
    journal = Journal()
    row = journal.sent(1, "Ana, asks for a quote", _id("s1"))
    journal.hear(_scored("s1", "l1"))
    assert sentence(row, NOW) == "#1 Ana, asks for a quote · main · perfect · sql"
    row.is_told = True
    journal.hear(_routed("l1", why="Lola of Spain: her turn"))
    assert sentence(row, NOW) == "#1 main · assigned · rep Lola · Spain: her turn"


def test_a_warning_is_due_when_its_own_timer_is() -> None:
    journal = Journal()
    row = journal.sent(1, "Ana", _id("s1"))
    for event in _PATH[:2]:
        journal.hear(event)
    row.deadline, row.is_told = NOW - timedelta(seconds=5), True  # the promise kept before this one
    warned = _warned("l1").model_copy(
        update={"kind": TimerKind.FIRST_RESPONSE, "due_at": NOW + timedelta(seconds=30)}
    )
    journal.hear(warned)
    assert sentence(row, NOW) == "#1 main · warning 50% first_response · due in 30 s"


@pytest.mark.parametrize("kind", [CauseKind.SUBMISSION, CauseKind.EXPLICIT_ASK])
def test_a_lead_that_others_post_is_told_once_no_sample_claims_it(kind: CauseKind) -> None:
    journal = Journal()
    scored = _scored("theirs", "l9")
    opened = scored.model_copy(update={"cause": scored.cause.model_copy(update={"kind": kind})})
    for event in (opened, _routed("l9")):
        assert journal.hear(event) is None
    assert journal.adopt() == []
    [row] = journal.adopt()
    assert sentence(row, NOW).startswith("+ ana@example.com, no sample, by form quote · main · perfect")
    assert (row.state, row.rep) == ("assigned", "Lola")
    row.is_told = True
    assert journal.hear(_warned("l9")) is row
    assert sentence(row, NOW).startswith("+ ana@example.com, no sample, by form quote · main · warning 50%")
    assert journal.adopt() == []


def test_a_sample_whose_answer_comes_late_is_no_lead_of_others() -> None:
    journal = Journal()
    journal.hear(_scored("s1", "l1"))
    journal.adopt()
    [theirs] = journal.adopt()
    assert journal.sent(1, "Ana", _id("s1")) is theirs
    assert (theirs.label, theirs.state, journal.others) == ("#1", "sql", 0)


def test_a_flood_of_leads_by_others_is_counted_not_shown() -> None:
    journal = Journal()
    for number in range(30):
        journal.hear(_scored(f"s{number}", f"l{number}"))
    journal.adopt()
    assert len(journal.adopt()) == len(journal.rows) == 20
    assert journal.others_left_out == 10


def test_a_pause_and_an_ask_leave_the_lead_as_it_was_and_show_beside_it() -> None:
    journal = Journal()
    journal.sent(1, "Ana", _id("s1"))
    for event in (_scored("s1", "l1"), _routed("l1")):
        journal.hear(event)
    for seq, kind in enumerate(
        (ProgressKind.PAUSED, ProgressKind.RESUMED, ProgressKind.ASKED_AGAIN), start=1
    ):
        said = LeadProgressed(
            lead_id=_id("l1"), line="main", seq=seq, kind=kind, at=NOW, round=1, rep_id="lola"
        )
        journal.hear(said)
    told = _warned("l1").model_dump(exclude={"share", "warns_at"})
    journal.hear(SlaReminded(**told, number=2, at_most=3, reminds_at=NOW))
    journal.hear(_warned("l1").model_copy(update={"is_trial": True}))
    [row] = journal.rows
    assert (row.state, row.marks) == (
        "assigned",
        ["paused", "resumed", "asked again", "reminder 2 of 3 accept", "trial: warning 50% accept"],
    )

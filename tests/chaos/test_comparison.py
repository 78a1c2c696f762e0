"""The comparison itself: clean books pass, and each kind of broken promise is named."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from baton_dev.ledger import Accepted, Acted, Ledger, Promise, read_ledger
from router.handlers.declines import ASKED
from tests.chaos.books import READS, Books, Said
from tests.chaos.comparison import Wrong, compare

NAMES = UUID(int=1)
SUBMISSION, LEAD, TIMER, FIRING = (uuid5(NAMES, name) for name in ("submission", "lead", "timer", "firing"))
PROMISES: list[Promise] = [
    Accepted(SUBMISSION, "demo-request", "k-1", ("main",)),
    Acted(LEAD, "accept", "a-1"),
    Acted(LEAD, ASKED, "a-2"),
]


def clean() -> Books:
    """One lead that was assigned, warned about and accepted."""
    books = Books()
    books.submissions[SUBMISSION] = {"id": SUBMISSION, "state": "opened", "lead_ids": [LEAD]}
    books.scored_leads[LEAD] = {"id": LEAD, "state": "open", "seq": 1, "submissions": 1, "merged_into": None}
    books.routed_leads[LEAD] = {
        "id": LEAD,
        "state": "assigned",
        "round": 1,
        "scored_seq": 1,
        "routed_seq": 1,
        "progressed_seq": 1,
    }
    books.timed_leads[LEAD] = {"id": LEAD, "scored_seq": 1, "router_facts": 2, "next_seq": 2}
    books.assignments = [{"lead_id": LEAD, "round": 1, "rep_id": "ana", "is_open": True}]
    books.reps = [{"id": "ana", "open": 1, "capacity": 1}, {"id": "rui", "open": 0, "capacity": 1}]
    books.act_keys["a-1"] = 1
    books.asked_declines[LEAD] = 1
    books.firings = [{"timer_id": TIMER, "level": "warning:0.5", "event_id": FIRING}]
    books.timer_news = {FIRING}
    books.facts[LEAD] = 2
    books.said["lead-submitted"] = [Said(uuid5(NAMES, "submitted"), {})]
    books.said["lead-scored"] = [Said(uuid5(NAMES, "scored"), {"lead_id": str(LEAD), "seq": 1})]
    books.said["lead-routed"] = [Said(uuid5(NAMES, "routed"), handoff("ana"))]
    books.said["lead-progressed"] = [Said(uuid5(NAMES, "accepted"), {"lead_id": str(LEAD), "seq": 1})]
    warned = {"lead_id": str(LEAD), "seq": 1, "timer_id": str(TIMER), "share": 0.5}
    books.said["sla-warned"] = [Said(FIRING, warned)]
    for consumer, topics in READS.items():
        for topic in topics:
            books.effects[consumer, topic] = len(books.said[topic])
    return books


def handoff(rep: str, seq: int = 1) -> dict[str, object]:
    return {"lead_id": str(LEAD), "seq": seq, "kind": "assigned", "round": 1, "rep": {"id": rep}}


def test_clean_books_pass() -> None:
    verdict = compare(PROMISES, clean(), {"scoring": 0})
    verdict.require_clean()
    assert verdict.counts["202s"] == 1
    assert verdict.counts["acts"] == 2


def test_a_record_told_twice_under_one_id_is_no_fault() -> None:
    books = clean()
    books.said["lead-routed"] *= 2
    compare(PROMISES, books, {}).require_clean()


@dataclass(frozen=True)
class Broken:
    """A way in which books can be wrong, and what the comparison must call it."""

    what: str
    wrong: Wrong
    spoil: Callable[[Books], object]


def _another_handoff(books: Books) -> None:
    books.said["lead-routed"].append(Said(uuid5(NAMES, "again"), handoff("rui", seq=2)))


def _two_open_rounds(books: Books) -> None:
    books.assignments.append({"lead_id": LEAD, "round": 2, "rep_id": "rui", "is_open": True})


def _fires_again(books: Books) -> None:
    books.said["sla-warned"].append(Said(uuid5(NAMES, "again"), books.said["sla-warned"][0].about))


def _skips_a_number(books: Books) -> None:
    books.said["lead-scored"][0].about["seq"] = 2


def _reuses_a_number(books: Books) -> None:
    books.said["lead-scored"].append(
        Said(uuid5(NAMES, "other"), copy.deepcopy(books.said["lead-scored"][0].about))
    )


BROKEN = [
    Broken("an accepted submission is in no store", Wrong.LOST, lambda b: b.submissions.clear()),
    Broken(
        "a submission has fewer leads than lines",
        Wrong.LOST,
        lambda b: b.submissions[SUBMISSION].update(lead_ids=[]),
    ),
    Broken(
        "a lead counts a submission twice",
        Wrong.DOUBLED,
        lambda b: b.scored_leads[LEAD].update(submissions=2),
    ),
    Broken("an answered act is not kept", Wrong.LOST, lambda b: b.act_keys.clear()),
    Broken("a wish to decline is not kept", Wrong.LOST, lambda b: b.asked_declines.clear()),
    Broken("a lead never reached router", Wrong.LOST, lambda b: b.routed_leads.clear()),
    Broken("a lead is still a stub", Wrong.LOST, lambda b: b.routed_leads[LEAD].update(state="stub")),
    Broken("sla-monitor misses a lead", Wrong.LOST, lambda b: b.timed_leads.clear()),
    Broken("sla-monitor misses a fact", Wrong.LOST, lambda b: b.facts.clear()),
    Broken("a lead has two open rounds", Wrong.ASSIGNED_TWICE, _two_open_rounds),
    Broken("a round went to two reps", Wrong.ASSIGNED_TWICE, _another_handoff),
    Broken("a handoff was never told", Wrong.LOST, lambda b: b.said["lead-routed"].clear()),
    Broken("a rep's load was counted twice", Wrong.OVER_CAPACITY, lambda b: b.reps[0].update(open=2)),
    Broken("a rep has more than fits", Wrong.OVER_CAPACITY, lambda b: b.reps[0].update(capacity=0)),
    Broken("a warning fired twice", Wrong.FIRED_TWICE, _fires_again),
    Broken("a level is stored twice", Wrong.FIRED_TWICE, lambda b: b.firings.extend(b.firings[:1])),
    Broken("a firing was never told", Wrong.LOST, lambda b: b.said["sla-warned"].clear()),
    Broken("router never heard of a warning", Wrong.LOST, lambda b: b.timer_news.clear()),
    Broken("a number is missing", Wrong.GAP, _skips_a_number),
    Broken("two events share a number", Wrong.DOUBLED, _reuses_a_number),
    Broken(
        "an event was handled twice", Wrong.DOUBLED, lambda b: b.effects.update([("router", "lead-scored")])
    ),
    Broken("an event was skipped", Wrong.LOST, lambda b: b.effects.subtract([("scoring", "lead-submitted")])),
    Broken(
        "there is a dead letter",
        Wrong.DEAD_LETTER,
        lambda b: b.dead_letters.update(["lead-scored-router-dlq"]),
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.what)
def test_the_comparison_names_what_is_wrong(broken: Broken) -> None:
    books = clean()
    broken.spoil(books)
    verdict = compare(PROMISES, books, {})
    assert verdict.of(broken.wrong), verdict
    with pytest.raises(AssertionError, match=broken.wrong.value):
        verdict.require_clean()


def test_books_of_a_service_that_do_not_add_up_are_a_fault() -> None:
    assert compare(PROMISES, clean(), {"scoring": 1}).of(Wrong.UNACCOUNTED)


async def test_the_ledger_gives_back_what_was_kept_and_leaves_out_a_torn_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for promise in PROMISES:
        await ledger.keep(promise)
    with ledger.path.open("ab") as file:
        file.write(b'{"is": "Accepted", "sa')
    assert read_ledger(ledger.path) == PROMISES

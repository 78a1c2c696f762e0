"""A score in the shadow: kept beside the one that holds, due by its own time, and never in its way."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from lead_events import Attribution, Cause, Journey
from lead_events.words import CauseKind, Quadrant
from rulebook.models import Scorecard
from scorecard.compiled import compile_scorecard
from scorecard.score import Signal
from scoring.domain import shadows as module
from scoring.domain.book import LeadBook
from scoring.domain.leads import Lead, Newest
from scoring.domain.people import Person
from scoring.domain.profile import Known
from scoring.domain.publications import Cards, Occasion
from scoring.domain.shadows import ERROR_AT_MOST, LISTED_AT_MOST, ShadowCard, Shadows

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAD, PERSON = UUID(int=1), UUID(int=2)
READ = {"id": "read", "kinds": ["page_view"], "points": 60, "half_life": "10h", "reason": "read"}
FADING = {"id": "asked", "when": "true", "points": 60, "half_life": "10h", "reason": "asked"}


def card(**changed: Any) -> Scorecard:
    return Scorecard.model_validate({"fit": [], "interest": [], **changed})


def lead() -> Lead:
    origin = ("demo", "website", None)
    return Lead(
        id=LEAD,
        person_id=PERSON,
        opened_person=PERSON,
        line="main",
        opened_by=UUID(int=3),
        opened_at=NOW,
        origins=[origin],
        attribution=Attribution(),
        consent=None,
        is_test=False,
        submissions=1,
        newest={origin: Newest(NOW, UUID(int=3))},
        is_own=True,
    )


def occasion(real: Scorecard, shadow: Scorecard, now: datetime = NOW) -> Occasion:
    cards = Cards(
        1, {"main": compile_scorecard(real)}, "EUR", {"main": ShadowCard(compile_scorecard(shadow), "s")}
    )
    cause = Cause(id=LEAD, kind=CauseKind.RESCORE, at=now)
    journey = Journey(received_at=now, durable_at=now, scored_at=now)
    return Occasion(cause, LEAD, journey, cards)


def take(book: LeadBook, found: Lead, why: Occasion) -> bool:
    return book.rescore(found, Person(PERSON, NOW, Known({}, {})), why)


def test_the_score_that_holds_is_published_and_the_other_kept() -> None:
    found = lead()
    book = LeadBook([found])
    take(book, found, occasion(card(), card(fit_base=70)))
    (event,) = [each.event for each in book.publications]
    assert event.quadrant is Quadrant.COLD
    assert book.shadows.pairs() == [(Quadrant.COLD, Quadrant.WARM)]


def test_a_lead_is_due_when_time_moves_it_in_the_shadow_too() -> None:
    found = lead()
    take(LeadBook([found]), found, occasion(card(), card()))
    before = found.due_at
    assert before is None
    take(LeadBook([found]), found, occasion(card(), card(interest=[FADING])))
    assert found.due_at is not None
    alone = lead()
    take(LeadBook([alone]), alone, occasion(card(interest=[FADING]), card()))
    both = lead()
    take(LeadBook([both]), both, occasion(card(interest=[FADING | {"points": 90}]), card(interest=[FADING])))
    assert both.due_at == alone.due_at == found.due_at


def test_high_stays_high_in_the_shadow_by_where_it_stood_there() -> None:
    later = NOW + timedelta(hours=3)  # 60 points have become 49 by then, within the hysteresis of 5
    shadow = card(interest=[FADING])
    kept, anew = lead(), lead()
    book = LeadBook([kept], shadows=Shadows(MappingProxyType({LEAD: ("s", Quadrant.CURIOUS)})))
    take(book, kept, occasion(card(), shadow, later))
    assert book.shadows.scores[LEAD].scored.quadrant is Quadrant.CURIOUS
    other = LeadBook([anew], shadows=Shadows(MappingProxyType({LEAD: ("another card", Quadrant.CURIOUS)})))
    take(other, anew, occasion(card(), shadow, later))
    assert other.shadows.scores[LEAD].scored.quadrant is Quadrant.COLD


def test_an_error_in_the_shadow_leaves_the_score_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def score(*_: Any, **__: Any) -> Any:
        raise OverflowError

    monkeypatch.setattr(module, "score", score)
    found = lead()
    book = LeadBook([found])
    assert take(book, found, occasion(card(fit_base=70), card()))
    assert (found.quadrant, book.shadows.scores) == (Quadrant.WARM, {})
    assert book.shadows.failures == [("main", "OverflowError")]


def test_what_is_kept_of_why_is_bounded() -> None:
    rules = [
        {"id": f"r{n}", "when": "lead.attributes.none == 'x'", "points": 1, "reason": "x" * 500}
        for n in range(80)
    ]
    found = lead()
    book = LeadBook([found])
    take(book, found, occasion(card(), card(fit=rules)))
    kept = book.shadows.scores[LEAD].contributions
    assert len(kept) == LISTED_AT_MOST
    assert all(len(each["error"]) <= ERROR_AT_MOST and "reason" not in each for each in kept)


def test_a_signal_that_only_the_shadow_still_counts_makes_nobody_an_mql() -> None:
    """Without the shadow it would not even be looked at."""
    old = Signal(UUID(int=9), "page_view", NOW - timedelta(days=20), {"kind": "page_view"})
    why = occasion(card(mql="act", signals=[READ]), card(signals=[READ | {"half_life": "30d"}]))
    assert why.cards.reach > why.cards.own_reach
    assert why.cards.counting([old], NOW) == []
    assert list(why.cards.counting([Signal(old.id, old.kind, NOW, old.values)], NOW)) != []


def test_rules_in_error_are_kept_however_many_others_there_are() -> None:
    rules = [{"id": f"r{n}", "when": "true", "points": 1, "reason": "x"} for n in range(LISTED_AT_MOST)]
    broken = {"id": "broken", "when": "lead.country == 'ES'", "points": 1, "reason": "x"}
    found, book = lead(), LeadBook()
    take(book, found, occasion(card(), card(fit=[*rules, broken])))
    (kept,) = (each.contributions for each in book.shadows.scores.values())
    assert (len(kept), kept[0]["rule"], "error" in kept[0]) == (LISTED_AT_MOST, "broken", True)

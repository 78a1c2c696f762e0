"""The page of an agreement says in words all that it holds."""

from pathlib import Path
from typing import Any

import pytest

from rulebook.agreement_page import Page, page_of
from rulebook.loader import load_folder
from rulebook.models import Agreement, MarketingSide, Rulebook

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")


def page(**changes: Any) -> Page:
    written = BOOK.agreement.model_dump(mode="json", exclude_none=True)
    return page_of(BOOK, "agreement", Agreement.model_validate(written | changes))


def text(found: Page) -> str:
    return "\n".join(line for section in found.sections for line in section.lines)


def test_what_is_left_empty_says_nothing_wrong() -> None:
    found = text(page(sales={"volume": {}, "pauses": {"holidays": []}, "warn_at": []}, rates={}))
    assert "A pause because of holidays stops: nothing." in found
    assert "Speed is promised" not in found
    assert "No number of leads to be worked is agreed." in found


def test_the_examples_page_has_every_part_in_order() -> None:
    found = page()
    assert [section.title.partition(",")[0] for section in found.sections] == [
        "When it holds",
        "What marketing promises",
        "What sales promises",
        "Staff",
        "How it is counted",
        "Money",
        "Dates",
        "Signatures",
    ]
    assert all(section.lines for section in found.sections)


# what the page says, what is changed in the agreement, a sentence of the page
SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    ("that it binds", {}, "Active: it binds both sides."),
    ("from when on", {}, "It holds from 2026-01-01 on; days are those of Europe/Madrid."),
    ("until when", {"last_day": "2026-12-31"}, "It holds from 2026-01-01 to 2026-12-31, both included"),
    ("whom a trial is for", {"state": "trial", "trial_teams": ["italy"]}, "It is tried with Italy only."),
    ("a goal by number", {}, "perfect: 60 perfect leads"),
    ("a goal by points", {}, "quality: 420 points of leads"),
    ("a goal of a line", {}, "academy: 20 leads of line Aurora Academy"),
    (
        "a goal in money, of a segment and a source",
        {"marketing": {"goals": {"big": {"goal": 90000, "counted_in": "money", "segments": ["large"]}}}},
        "big: 900.00 EUR of leads of segment large",
    ),
    ("that no goal is agreed", {"marketing": {}}, "No goal is agreed."),
    (
        "what is taken off whole",
        {},
        "A lead given back for wrong data, duplicate or out of profile is taken off whole.",
    ),
    (
        "what is taken off in part",
        {"marketing": {"leads": {"warm": 5}, "takes_off": {"no_answer": 0.25}}},
        "A lead given back for no answer is taken off by 25%.",
    ),
    (
        "that `other` is a code, and not every other reason",
        {},
        "a reason that no code names (other)",
    ),
    ("how many are worked", {}, "Sales works 90% of the SQLs whose time to be worked ends in a month."),
    ("money to be worked", {"sales": {"works": {"money_minor": 500000}}}, "SQLs worth 5,000.00 EUR a month"),
    ("each promise", {}, "perfect: accepted within 10m, answered within 30m, answered again within 2h"),
    ("tries", {}, "tried 6 times within 60h while nobody answers, the next 10h after the one before"),
    (
        "a team's own promises",
        {"sales": {"teams": {"italy": {"warm": {"accept_within": "48h"}}}}},
        "team Italy, warm: accepted within 48h",
    ),
    ("that a team promises nothing", {"sales": {"teams": {"italy": {}}}}, "team Italy: nothing is promised"),
    (
        "a line's own promises",
        {"sales": {"lines": {"training": {"warm": {"outcome_within": "20h"}}}}},
        "line Aurora Academy, warm: an outcome within 20h",
    ),
    ("the volume", {}, "up to 40 a day and 400 a month; above that, nobody is charged"),
    ("warnings", {}, "Warnings are given at 50% and 80% of the time."),
    ("reminders", {}, "a reminder follows every 2h, 3 at most, in working hours only."),
    (
        "reminders at night",
        {"sales": {"reminders": {"every": "24h", "at_night": True}}},
        "every 1d, 3 at most, also at night.",
    ),
    ("pauses", {}, "A pause because of waits for buyer stops: next attempt and outcome."),
    ("where a lead goes", {}, "A lead not accepted in time goes on to another rep."),
    ("who works how long", {}, "Paola Ferri: 40h a week (milan), 20 open leads at once"),
    ("who leads a team", {}, "Italy: 2 reps, led by Paola Ferri"),
    ("what a SQL is", {}, "SQLs of line Aurora Academy: perfect and warm leads."),
    ("what a lead is worth", {}, "A warm lead is worth 30.00 EUR."),
    ("rates", {}, "1 USD is 0.92 EUR, fixed while the agreement holds."),
    ("the shared goal", {}, "Both sides share a goal of 40,000.00 EUR won, a month."),
    ("when a month is signed", {}, "from the 3rd working day of the next one on."),
    ("until when to object", {"object_within_days": 1}, "within 1 day."),
    ("who signed", {}, "sales: Marta Ibáñez, 2025-12-18"),
    ("who has not signed", {"signatures": {}}, "sales: not signed"),
]


@pytest.mark.parametrize(
    ("changes", "sentence"), [each[1:] for each in SENTENCES], ids=[each[0] for each in SENTENCES]
)
def test_the_page_says(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in text(page(**changes))


def reversed_keys(told: Any) -> Any:
    """The same with every object's keys the other way round: a store may give them in any order."""
    if isinstance(told, dict):
        return {key: reversed_keys(told[key]) for key in reversed(told)}
    return [reversed_keys(each) for each in told] if isinstance(told, list) else told


def test_the_page_is_the_same_in_whatever_order_it_was_stored() -> None:
    written = BOOK.model_dump(mode="json", exclude_none=True, by_alias=True)
    written["agreement"]["sales"]["teams"] = {
        "italy": {"warm": {"accept_within": "48h"}, "perfect": {"accept_within": "2h"}},
        "spain": {"warm": {"accept_within": "24h"}},
    }
    pages = []
    for each in (written, reversed_keys(written)):
        book = Rulebook.model_validate(each)
        pages.append(page_of(book, "agreement", book.agreement))
    assert pages[0] == pages[1]


def test_goals_and_promises_follow_the_quadrants_then_names() -> None:
    side = MarketingSide.model_validate(
        {"leads": {"warm": 5, "perfect": 3}, "goals": {"quality": {"goal": 9}, "academy": {"goal": 2}}}
    )
    assert list(side.all_goals()) == ["perfect", "warm", "academy", "quality"]
    teams = {name: {"warm": {"accept_within": "48h"}, "perfect": {}} for name in ("spain", "italy")}
    told = text(page(sales={"teams": teams}))
    places = [told.index(f"team {each}") for each in ("Italy, p", "Italy, w", "Spain, p", "Spain, w")]
    assert places == sorted(places)

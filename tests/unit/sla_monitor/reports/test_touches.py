"""What a source is paid for, and what it has to take back."""

from typing import Any
from uuid import uuid4, uuid5

import pytest

from sla_monitor.ledger.book import LeadRow, ObjectionRow
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.touches import TouchFigure, UnknownSource, source_report
from tests.unit.sla_monitor.reports.small import ROOT, at, back, book, lead, touch

TWIN = uuid5(ROOT, "twin")


def one(row: LeadRow | None, *, opened: bool = True, **more: Any) -> TouchFigure:
    rows = (row,) if row is not None else ()
    found = source_report(
        Frame.of(book(rows, touches=(touch("a", at(3), opened=opened),), **more)), "comparison-portal"
    )
    (figure,) = found.touches
    return figure


@pytest.mark.parametrize(
    ("given", "verdict", "in_window", "returnable", "why"),
    [
        (None, "accepted", None, False, "nobody gave it back"),
        (back(at(5)), "invalid", True, True, "wrong data, known two days later"),
        (back(at(17, 10)), "invalid", True, True, "at the last moment of fourteen days"),
        (back(at(17, 10.01)), "invalid", False, False, "the window is over"),
        (back(at(5), "duplicate", duplicate_of=TWIN), "duplicate", True, True, "a duplicate by sales"),
        (back(at(5), "other"), "invalid", True, False, "not for a reason that the portal takes back"),
        (back(at(5), "not_now"), "accepted", None, False, "recycled: the lead was good"),
    ],
)
def test_what_became_of_a_paid_lead(
    given: Any, verdict: str, in_window: bool | None, returnable: bool, why: str
) -> None:
    found = one(lead("a", at(3), given_back=given))
    assert (found.verdict, found.in_window, found.is_returnable) == (verdict, in_window, returnable), why
    assert found.window_ends_at == at(17)


def test_a_repeat_is_a_duplicate_of_the_lead_that_was_there() -> None:
    found = one(None, opened=False)
    assert (found.verdict, found.duplicate_of, found.reason) == ("duplicate", uuid5(ROOT, "a"), "duplicate")
    assert found.is_returnable, "known at once"


def test_invalid_leads_carry_their_proof() -> None:
    found = one(lead("a", at(3), given_back=back(at(5), proof="proved", evidence="bounce-5.1.1")))
    assert (found.proof, found.evidence, found.known_at) == ("proved", "bounce-5.1.1", at(5))
    twin = one(lead("a", at(3), given_back=back(at(5), "duplicate", duplicate_of=TWIN)))
    assert twin.duplicate_of == TWIN


def test_an_excused_rejection_makes_the_lead_a_good_one() -> None:
    row = lead("a", at(3), given_back=back(at(5)))
    assert row.given_back is not None
    said = ObjectionRow(
        uuid4(),
        "rejection",
        row.given_back.fact,
        row.id,
        "marketing",
        "Irene",
        at(6),
        "it answers",
        "excused",
    )
    assert one(row, objections=(said,)).verdict == "accepted"


def test_a_source_is_told_with_its_terms_and_sums() -> None:
    rows = [lead("a", at(3), given_back=back(at(5))), lead("b", at(4))]
    touches = (
        touch("b", at(4)),
        touch("a", at(3)),
        touch("c", at(3), source="website"),
        touch("b", at(1, month=12)),
    )
    found = source_report(Frame.of(book(rows, touches=touches)), "comparison-portal")
    assert (found.name, found.cost_minor, found.window_seconds) == (
        "Software comparison portal",
        4_500,
        14 * 86_400,
    )
    assert found.counts == {"accepted": 1, "duplicate": 0, "invalid": 1}
    assert (found.returnable, found.returnable_minor) == (1, 4_500)
    assert [each.at for each in found.touches] == [at(3), at(4)]
    assert found.reasons == ["wrong_data", "duplicate", "out_of_profile"]


def test_a_source_without_terms_has_no_window() -> None:
    found = source_report(Frame.of(book((), touches=(touch("a", at(3), source="website"),))), "website")
    assert (found.cost_minor, found.window_seconds, found.returnable_minor) == (None, None, None)
    assert found.touches[0].in_window is None


def test_an_unknown_source_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownSource, match="name one of comparison-portal, content"):
        source_report(Frame.of(book()), "portal")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Comparison Portal", "comparison-portal"),
        ("comparison_portal", "comparison-portal"),
        ("google-add", "google-ads"),
        ("Software comparison portal", "comparison-portal"),
        ("faire", "fair"),
    ],
)
def test_a_source_of_another_spelling_is_suggested(asked: str, meant: str) -> None:
    frame = Frame.of(book(touches=(touch("a", at(3), source="fair"),)))
    with pytest.raises(UnknownSource, match=f"did you mean '{meant}'"):
        source_report(frame, asked)


def test_of_many_sources_some_are_named() -> None:
    frame = Frame.of(book(touches=tuple(touch("a", at(3), source=f"s{n:02}") for n in range(90))))
    with pytest.raises(UnknownSource, match=r"and \d\d more$"):
        source_report(frame, "unheard")

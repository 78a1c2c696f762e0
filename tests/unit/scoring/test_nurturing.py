"""Who is in nurturing, what the tool is told of a change, and what becomes of a lead on its day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from delivery.message import Target
from lead_events import Consent
from lead_events.words import ImportMode, Quadrant, Stage
from rulebook.models import Nurturing
from scoring.domain.handover import Row, Telling, message_of, moved
from scoring.domain.leads import LeadState
from scoring.domain.nurturing import Candidate, KeptBack, Left, Place, Why, placed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PERSON, LEAD = UUID(int=1), UUID(int=2)
YES = Consent(given=True, text_version="2026-01")
POLICY = Nurturing()


def lead(**given: Any) -> Candidate:
    values: dict[str, Any] = {
        "lead_id": LEAD,
        "state": LeadState.OPEN,
        "stage": Stage.MQL,
        "quadrant": Quadrant.CURIOUS,
        "opened_at": NOW,
        "consent": YES,
    }
    return Candidate(**values | given)


def closed(reason: str, hours: int = 1, **given: Any) -> Candidate:
    at = NOW + timedelta(hours=hours)
    return lead(state=LeadState.CLOSED, close_reason=reason, closed_at=at, **given)


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        pytest.param([lead()], Why.NOT_SQL, id="an open lead that is no SQL is in nurturing"),
        pytest.param([lead(stage=Stage.SQL)], Left.SALES, id="a SQL is not"),
        pytest.param(
            [lead(stage=Stage.SQL, mode=ImportMode.NURTURE)], Why.IMPORTED, id="unless it was imported for it"
        ),
        pytest.param(
            [lead(handed_at=NOW)], Left.SALES, id="what sales was handed is theirs, whatever its score"
        ),
        pytest.param([closed("recycled")], Why.RECYCLED, id="what sales gave back is"),
        pytest.param([closed("lost")], Left.CLOSED, id="what ended otherwise is not"),
        pytest.param([closed("recycled"), closed("won", 2)], Left.CLOSED, id="the last ending counts"),
        pytest.param([closed("won"), closed("recycled", 2)], Why.RECYCLED, id="whatever came before it"),
        pytest.param([closed("recycled"), lead(stage=Stage.SQL)], Left.SALES, id="an open lead counts first"),
        pytest.param([lead(is_test=True)], Left.TEST, id="a test never is"),
        pytest.param(
            [closed("recycled"), closed("rejected", 2, is_test=True)],
            Why.RECYCLED,
            id="nor counts beside others",
        ),
        pytest.param(
            [lead(is_request_of_ours=True)], Left.SALES, id="nor is what a customer asks, whatever the score"
        ),
        pytest.param(
            [lead(is_request_of_ours=True, mode=ImportMode.NURTURE)], Why.NOT_SQL, id="but for a list's wish"
        ),
        pytest.param([lead(is_off_limits=True)], Left.SUPPRESSED, id="nor whoever is to be left alone"),
        pytest.param([closed("do_not_contact")], Left.SUPPRESSED, id="nor whoever asked for that"),
        pytest.param([], Left.CLOSED, id="nor a person without a lead"),
    ],
)
def test_who_is_in_nurturing(leads: list[Candidate], expected: Why | Left) -> None:
    found = placed(leads, POLICY, is_unsubscribed=False)
    assert (found.why if isinstance(found, Place) else found) == expected


def test_who_has_unsubscribed_is_nowhere_in_it() -> None:
    assert placed([lead()], POLICY, is_unsubscribed=True) is Left.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("policy", "given", "expected"),
    [
        ({}, {}, None),
        ({}, {"consent": None}, KeptBack.NO_CONSENT),
        ({}, {"consent": Consent(given=False)}, KeptBack.NO_CONSENT),
        ({"consent_needed": False}, {"consent": None}, None),
        ({"consent_versions": ["2025-01"]}, {}, KeptBack.NO_CONSENT),
        ({"consent_versions": ["2026-01"]}, {}, None),
        ({"consent_needed": False}, {"is_competitor": True}, KeptBack.COMPETITOR),
        ({"quadrants": ["warm"]}, {}, KeptBack.QUADRANT),
        ({"stages": ["lead"]}, {}, KeptBack.STAGE),
        (
            {"recycled": False},
            {"state": LeadState.CLOSED, "close_reason": "recycled", "closed_at": NOW},
            KeptBack.RECYCLED,
        ),
    ],
)
def test_whom_the_tool_is_not_told_of(
    policy: dict[str, Any], given: dict[str, Any], expected: KeptBack | None
) -> None:
    found = placed([lead(**given)], Nurturing.model_validate(policy), is_unsubscribed=False)
    assert isinstance(found, Place)
    assert found.kept_back is expected


def place(**given: Any) -> Place:
    values: dict[str, Any] = {
        "lead_id": LEAD,
        "why": Why.NOT_SQL,
        "quadrant": Quadrant.COLD,
        "stage": Stage.MQL,
        "reason": "because",
    }
    return Place(**values | given)


def after(row: Row | None, judged: Place | Left, *, tells: bool = True) -> tuple[Row | None, Telling | None]:
    move = moved(row, PERSON, "main", judged, NOW, tells=tells, contact="Eva, as told")
    return (row, None) if move is None else (move.row, move.telling)


def test_each_change_is_told_once_with_a_revision_that_only_grows() -> None:
    row: Row | None = None
    steps: list[tuple[Place | Left, Telling | None]] = [
        (place(), Telling.ENTERED),
        (place(), None),
        (place(quadrant=Quadrant.WARM), Telling.CHANGED),
        (place(kept_back=KeptBack.NO_CONSENT), Telling.LEFT),
        (place(kept_back=KeptBack.QUADRANT), None),
        (place(), Telling.ENTERED),
        (Left.SALES, Telling.LEFT),
        (Left.SALES, None),
        (Left.CLOSED, None),
        (place(), Telling.ENTERED),
    ]
    told = 0
    for judged, expected in steps:
        row, telling = after(row, judged)
        told += telling is not None
        assert telling is expected, judged
        assert row is not None
        assert row.revision == told


def test_while_no_tool_listens_nothing_is_told_and_everything_once_one_does() -> None:
    row, telling = after(None, place(), tells=False)
    assert (telling, row and row.is_told, row and row.was_handed) == (None, False, True)
    assert after(row, place(), tells=False) == (row, None)
    assert after(row, place())[1] is Telling.ENTERED
    assert after(row, Left.SALES)[1] is None


def test_what_happens_while_no_tool_listens_is_told_once_it_does_again() -> None:
    entered, _ = after(None, place())
    story: list[tuple[list[Place | Left], Telling | None]] = [
        ([place()], None),
        ([Left.UNSUBSCRIBED], Telling.LEFT),
        ([Left.SALES, Left.ERASED], Telling.LEFT),
        ([place(kept_back=KeptBack.NO_CONSENT)], Telling.LEFT),
        ([place(quadrant=Quadrant.WARM)], Telling.CHANGED),
        ([place(quadrant=Quadrant.WARM), place()], Telling.CHANGED),
        ([Left.SALES, place()], Telling.CHANGED),
    ]
    for happened, expected in story:
        row = entered
        for judged in happened:
            row, telling = after(row, judged, tells=False)
            assert telling is None
            assert after(row, judged, tells=False) == (row, None)
        assert row is not None
        assert (row.is_told, row.revision) == (True, 1)
        row, telling = after(row, happened[-1])
        assert telling is expected, happened
        assert after(row, happened[-1]) == (row, None)


def test_of_an_erased_person_the_tool_hears_the_contact_and_nothing_else() -> None:
    row, _ = after(None, place(reason="Eva said so"))
    move = moved(row, PERSON, "main", Left.ERASED, NOW, tells=True)
    assert move is not None
    message = message_of(move, None, Target.webhook("https://x.example.com", "s"), NOW)
    assert "Eva" not in f"{message.data}{message.text}{message.subject}"
    assert message.data["contact_id"] == str(move.row.contact_id)
    assert message.data["because"] == "erased"

"""Each promise by its own agreement's volume; each win by the agreement of its day, else of its month."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from lead_events.words import TimerKind
from rulebook.models import Rulebook, Volume
from rulebook.versions import Versioned
from sla_monitor.ledger.books import book_of
from sla_monitor.ledger.shaping import marked, worth
from tests.unit.sla_monitor.reports.drawn import company
from tests.unit.sla_monitor.reports.small import at, lead, promise


def test_a_promise_is_above_the_volume_of_the_agreement_it_stands_under() -> None:
    tenth = replace(lead("a", at(3)), position_of_day=1, position_of_month=10)
    volumes = {(1, "agreement"): Volume(per_month=9), (2, "agreement"): None, (2, "next"): Volume(per_day=1)}
    under = [
        promise("a", at(3), rulebook_version=version, agreement=agreement, id=uuid4())
        for version, agreement in volumes
    ]
    outcome = promise("a", at(3), rulebook_version=1, kind=TimerKind.OUTCOME)
    found = marked([*under, outcome], [tenth], lambda version, name: volumes[version, name])
    assert [row.is_above_volume for row in found] == [True, False, False, False]


@pytest.mark.parametrize(
    ("day", "minor", "why"),
    [
        (5, 920, "the agreement of the day has a rate"),
        (20, 500, "none binds on that day: that of the month's last day that has one"),
    ],
)
def test_a_win_is_worth_what_the_agreement_of_its_day_or_else_month_says(
    day: int, minor: int, why: str
) -> None:
    document = company().model_dump(mode="json", exclude_none=True)
    early = document["agreement"] | {"last_day": "2026-11-10", "rates": {"USD": "0.92"}}
    late = early | {"first_day": "2026-11-11", "last_day": "2026-11-12", "rates": {"USD": "0.5"}}
    rulebook = Rulebook.model_validate(document | {"agreement": early, "agreements": {"late": late}})
    book = book_of(Versioned(1, datetime(2026, 1, 1, tzinfo=UTC), rulebook))
    found = worth(at(day), 1000, "USD", book)
    assert found.minor == minor, why

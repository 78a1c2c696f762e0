"""What turned out differently after a month was closed."""

from decimal import Decimal
from uuid import UUID

from sla_monitor.ledger.book import Correction
from sla_monitor.ledger.corrections import corrections
from sla_monitor.ledger.entries import Entry

LEAD, OTHER = UUID(int=1), UUID(int=2)


def test_a_correction_is_what_is_now_less_what_is_booked() -> None:
    booked = {
        ("delivered", LEAD, "all"): Decimal(1),
        ("revenue", LEAD, ""): Decimal(5_000),
        ("worked", OTHER, ""): Decimal(1),
    }
    now = [
        Entry("delivered", LEAD, "all", Decimal(1)),
        Entry("revenue", LEAD, "", Decimal(4_000)),
        Entry("taken_off", OTHER, "all", Decimal("0.5")),
    ]
    assert set(corrections("2026-03", now, booked)) == {
        Correction("2026-03", "revenue", LEAD, Decimal(-1_000)),
        Correction("2026-03", "taken_off", OTHER, Decimal("0.5"), "all"),
        Correction("2026-03", "worked", OTHER, Decimal(-1)),
    }


def test_nothing_is_corrected_where_both_agree() -> None:
    assert corrections("2026-03", [Entry("due", LEAD, "", Decimal(1))], {("due", LEAD, ""): Decimal(1)}) == []

"""The worst breaches on the page: whose time it was is said of each rep."""

from datetime import timedelta

from sla_monitor.reports.figures.disputes import dispute_figures
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.page.people import worst
from sla_monitor.reports.words import Words
from tests.unit.sla_monitor.reports.small import at, book, promise


def test_time_with_two_reps_is_told_apart() -> None:
    parts = (("rep", "javier-otxoa", 600_000_000), ("rep", "marta-ibanez", 1_800_000_000))
    row = promise("a", at(3), "breached", ended_at=at(3) + timedelta(hours=1), parts=parts)
    html = worst(dispute_figures(Frame.of(book((), [row]))).worst, Words("en", "Europe/Madrid", "EUR"))
    assert "with the rep (javier-otxoa) 10 min, with the rep (marta-ibanez) 30 min" in html

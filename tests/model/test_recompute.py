"""The second program: a month's figures from its exported events, beside a report."""

import json
from pathlib import Path

import pytest

from tests.model.figures import figures_of
from tests.model.flat import of_model
from tests.model.history import History
from tests.model.months import Month, a_month
from tests.model.recompute import exported, main
from tests.model.whole import numbers_apart, whole_report


@pytest.fixture
def month() -> Month:
    return a_month(2)


@pytest.fixture
def events(month: Month, tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(exported(each.topic, each.news) for each in month.posted))
    return path


def test_an_export_gives_the_figures_of_the_events_it_was_made_of(
    month: Month, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = month.company.start
    wanted = of_model(figures_of(History.of(month.news), start.year, start.month, month.now))
    assert main([f"{start:%Y-%m}", str(events), "--now", month.now.isoformat()]) == 0
    told = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {name.strip(): float(value) for name, value in told.items()} == pytest.approx(wanted)


def test_a_report_that_says_otherwise_is_marked(
    month: Month, events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = {
        "head": {"now": month.now.isoformat(), "month": f"{month.company.start:%Y-%m}"},
        "marketing": {"goals": [{"id": "perfect", "delivered": 9999, "taken_off": 0, "net": 9999}]},
        "sales": {"works": None, "promises": []},
        "sources": {"revenue_minor": 0, "foreign": []},
    }
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert main([f"{month.company.start:%Y-%m}", str(events), str(path)]) == 1
    assert "by the model, 9999.0 in the report  differs" in capsys.readouterr().out


def test_a_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"topic": "weather"}')
    with pytest.raises(ValueError, match=r"line 1: write topic, id and event"):
        main(["2026-11", str(path)])


def test_a_number_that_the_model_does_not_know_is_named(month: Month) -> None:
    start, history = month.company.start, History.of(month.news)
    report = whole_report(history, start.year, start.month, month.now) | {"head": {"month": f"{start:%Y-%m}"}}
    assert numbers_apart(history, report, month.now, is_prompt=True) == []
    report["speed"]["luck"] = 7
    assert numbers_apart(history, report, month.now, is_prompt=True) == [
        "speed.luck: None by the model, 7.0 in the report"
    ]

"""`baton scorecard train --from-store`: ended leads of scoring become a scorecard."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import Run, Services


def ended_leads(count: int) -> list[dict[str, Any]]:
    """Big companies and those who came from a fair are won more often."""
    chance = random.Random(7)
    found = []
    for number in range(count):
        big, fair = chance.random() < 0.4, chance.random() < 0.3
        won = int(chance.random() < 0.1 + 0.4 * big + 0.3 * fair)
        day = f"2026-{1 + number // 100:02}-{1 + number % 28:02}T10:00:00+00:00"
        found.append(
            {
                "lead_id": f"lead-{number}",
                "line": "main",
                "submitted_at": day,
                "form": "demo",
                "lead.employees": chance.randint(200, 900) if big else chance.randint(1, 90),
                "lead.attributes.met_at": "fair" if fair else chance.choice(["web", "advert"]),
                "lead.country": chance.choice(["ES", "IT", "PT"]),
                "signals.page_view": chance.randint(0, 5),
                "won": won,
                "result": "won" if won else "lost",
                "rating": 5 if won else 1,
                "closed_reason": "won" if won else "lost",
            }
        )
    return found


def test_ended_leads_of_the_store_become_a_scorecard_by_what_was_known_before(
    services: Services, baton: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    pasted = {"reason": "too dear\u2028asked twice\x85"}
    rows = (json.dumps(each | pasted, ensure_ascii=False) + "\n" for each in ended_leads(1200))
    services.answer("GET /v1/scorecards/training-rows", "".join(rows))
    result = baton("scorecard", "train", "--from-store", "--line", "main")
    assert result.exit_code == 0, result.output
    assert services.asked == [("GET /v1/scorecards/training-rows", "line=main")]
    written = (tmp_path / "learned-main.yaml").read_text("utf-8")
    card = yaml.safe_load(written)
    assert "lead.employees" in json.dumps(card)
    assert "met_at" in json.dumps(card)
    for outcome in ("rating", "result", "closed_reason", "page_view"):
        assert outcome not in json.dumps(card), outcome


def test_too_few_ended_leads_are_refused_with_how_many_it_takes(services: Services, baton: Run) -> None:
    pytest.importorskip("sklearn")
    text = "".join(json.dumps(each) + "\n" for each in ended_leads(10))
    services.answer("GET /v1/scorecards/training-rows", text)
    result = baton("scorecard", "train", "--from-store")
    assert result.exit_code == 1
    assert "200" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("leads.csv", "--from-store"), "leave FILE out"),
        (("--outcome", "won"), "--from-store"),
        (("leads.csv",), "--outcome"),
    ],
)
def test_one_source_is_named_and_an_outcome(
    services: Services, baton: Run, words: tuple[str, ...], says: str
) -> None:
    pytest.importorskip("sklearn")
    result = baton("scorecard", "train", *words)
    assert result.exit_code != 0
    assert says in result.output
    assert services.asked == []

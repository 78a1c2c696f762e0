"""What marketing has planned, in campaigns.yaml."""

import shutil
from pathlib import Path

from rulebook.loader import examine

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


def with_campaigns(folder: Path, text: str) -> Path:
    shutil.copytree(EXAMPLE, folder)
    (folder / "campaigns.yaml").write_text(text, "utf-8")
    return folder


def test_campaigns_are_days_with_a_name(tmp_path: Path) -> None:
    text = "spring:\n  name: Spring fair\n  first_day: 2026-04-01\n  last_day: 2026-04-15\n"
    rulebook, findings = examine(with_campaigns(tmp_path / "rulebook", text))
    assert findings == []
    assert rulebook is not None
    assert rulebook.campaigns["spring"].name == "Spring fair"


def test_a_campaign_that_ends_before_it_begins_is_named_by_its_line(tmp_path: Path) -> None:
    text = "fair: {name: Fair, first_day: 2026-04-01, last_day: 2026-04-01}\nspring:\n  name: Spring\n"
    text += "  first_day: 2026-04-15\n  last_day: 2026-04-01\n"
    _, findings = examine(with_campaigns(tmp_path / "rulebook", text))
    (finding,) = findings
    assert (Path(finding.file).name, finding.line) == ("campaigns.yaml", 2)
    assert "before it starts" in finding.message


def test_a_campaign_of_a_source_that_nobody_declared_is_named_by_its_line(tmp_path: Path) -> None:
    text = "fair:\n  name: Fair\n  first_day: 2026-04-01\n  last_day: 2026-04-01\n  source: gogle-ads\n"
    _, findings = examine(with_campaigns(tmp_path / "rulebook", text))
    (finding,) = findings
    assert (Path(finding.file).name, finding.line, finding.hint) == (
        "campaigns.yaml",
        5,
        "did you mean `google-ads`?",
    )


def test_news_of_a_product_stand_beside_campaigns(tmp_path: Path) -> None:
    text = "new:\n  kind: news\n  name: New\n  first_day: 2026-04-01\n"
    text += "  last_day: 2026-04-07\n  text: It is new.\n"
    rulebook, findings = examine(with_campaigns(tmp_path / "rulebook", text))
    assert findings == []
    assert rulebook is not None
    assert (rulebook.campaigns["new"].kind, rulebook.campaigns["new"].text) == ("news", "It is new.")

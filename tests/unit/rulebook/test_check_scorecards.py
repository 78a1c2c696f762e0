"""`baton check` on scorecards: signals, groups, personas, what a rule costs, what nobody can reach."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from rulebook.check import check_folder
from rulebook.findings import Finding, Severity

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
SIGNAL: dict[str, Any] = {
    "id": "read-prices",
    "kinds": ["page_view"],
    "points": 15,
    "half_life": "14d",
    "reason": "looked at the prices",
}


def findings(tmp_path: Path, **changed: Any) -> list[Finding]:
    """Of the example's rulebook with these parts of its scorecard instead."""
    folder = tmp_path / "company"
    shutil.copytree(EXAMPLE, folder)
    file = folder / "scorecards" / "main.yaml"
    card = yaml.safe_load(file.read_text("utf-8"))
    rules = changed.pop("more_interest", [])
    card["interest"] += rules
    file.write_text(yaml.safe_dump(card | changed, sort_keys=False), "utf-8")
    return check_folder(folder)


def rule(when: str, **more: Any) -> dict[str, Any]:
    return {"id": "new-rule", "when": when, "points": 5, "reason": "because"} | more


NESTED = "lead.attributes.all(a, lead.attributes.all(b, a != b))"


@pytest.mark.parametrize(
    ("sentence", "changed", "path", "message", "hint"),
    [
        (
            "a signal's field with a slip",
            {"signals": [SIGNAL | {"when": "signal.urk == '/prices'"}]},
            "scorecards.main.signals[0].when",
            "`signal.urk`",
            "did you mean `url`?",
        ),
        (
            "a rule on signals that reads the lead's form",
            {"signals": [SIGNAL | {"when": "form == 'demo-request'"}]},
            "scorecards.main.signals[0].when",
            "undeclared reference to 'form'",
            "",
        ),
        (
            "a kind of signal that nobody sends",
            {"signals": [SIGNAL | {"kinds": ["page_views"]}]},
            "scorecards.main.signals[0].kinds[0]",
            "page_views",
            "",
        ),
        (
            "a half-life of a second",
            {"signals": [SIGNAL | {"half_life": "1s"}]},
            "scorecards.main.signals[0].half_life",
            "half-life",
            "",
        ),
        (
            "a group that is not there",
            {"signals": [SIGNAL | {"group": "wbe"}], "groups": {"web": {"most": 20}}},
            "scorecards.main.signals[0].group",
            "there is no group `wbe`",
            "did you mean `web`?",
        ),
        (
            "one id for a rule of interest and one on signals",
            {"signals": [SIGNAL | {"id": "asks"}]},
            "scorecards.main.signals[0].id",
            "there is another rule `asks` here",
            "its own id",
        ),
        (
            "a loop within a loop",
            {"more_interest": [rule(NESTED)]},
            "scorecards.main.interest[7].when",
            "costs too much",
            "loop within a loop",
        ),
        (
            "a rank that no title has",
            {"more_interest": [rule("has(lead.seniority) && lead.seniority in ['owner', 'clevel']")]},
            "scorecards.main.interest[7].when",
            "there is no lead.seniority `clevel`",
            "did you mean `c_level`?",
        ),
        (
            "a standing that no account has",
            {"more_interest": [rule("account.standing == 'customers'")]},
            "scorecards.main.interest[7].when",
            "there is no account.standing `customers`",
            "did you mean `customer`?",
        ),
        (
            "a country by its name",
            {"more_interest": [rule("has(lead.country) && 'Spain' == lead.country")]},
            "scorecards.main.interest[7].when",
            "there is no lead.country `Spain`",
            "did you mean `ES`?",
        ),
        (
            "a language in large letters",
            {"more_interest": [rule("has(lead.language) && lead.language == 'EN'")]},
            "scorecards.main.interest[7].when",
            "there is no lead.language `EN`",
            "did you mean `en`?",
        ),
        (
            "a persona that compares a number with a text",
            {
                "personas": [
                    {"id": "p", "name": "P", "when": "has(lead.employees) && lead.employees == 'many'"}
                ]
            },
            "scorecards.main.personas[0].when",
            "`==` does not take a number and a text",
            "a text stands in quotes",
        ),
        (
            "a value without the rate of a quadrant",
            {"value": {"mean_deal": 9000, "close_rates": {"perfect": 0.3, "warm": 0.1, "cold": 0.01}}},
            "scorecards.main.value",
            "lacks curious",
            "",
        ),
        (
            "acts that count whole fifty times, in many rules",
            {
                "signals": [
                    SIGNAL | {"id": f"s{n}", "points": 50, "repeats": {"damping": 1, "most": 50}}
                    for n in range(2)
                ],
                "groups": {},
            },
            "scorecards.main.signals",
            "cost too much",
            "lower `repeats`",
        ),
        (
            "a pattern that is none",
            {"more_interest": [rule("has(lead.city) && lead.city.matches('a(b')")]},
            "scorecards.main.interest[7].when",
            "is no regular expression",
            "RE2",
        ),
        (
            "a value without rates",
            {"value": {"mean_deal": 9000}},
            "scorecards.main.value",
            "`close_rates`",
            "",
        ),
    ],
)
def test_a_slip_is_an_error_with_its_place(
    tmp_path: Path, sentence: str, changed: dict[str, Any], path: str, message: str, hint: str
) -> None:
    errors = [each for each in findings(tmp_path, **changed) if each.severity is Severity.ERROR]
    assert [each.path for each in errors] == [path], sentence
    assert message in errors[0].message + errors[0].hint, errors
    assert hint in errors[0].hint, errors
    assert errors[0].line > 1


@pytest.mark.parametrize(
    ("sentence", "changed", "message"),
    [
        (
            "a group without a rule",
            {"groups": {"web": {"most": 20}}, "signals": []},
            "no rule is in this group",
        ),
        (
            "an attribute with a slip",
            {"more_interest": [rule("has(lead.attributes.timelne) && lead.attributes.timelne == 'now'")]},
            "no form maps `lead.attributes.timelne`",
        ),
        (
            "a text of a form compared with a number",
            {"more_interest": [rule("has(lead.attributes.timeline) && lead.attributes.timeline > 5")]},
            "`lead.attributes.timeline` is a text in most forms",
        ),
        ("a base that holds interest up", {"interest_base": 46}, "high interest never ends"),
        ("a threshold out of reach", {"fit_threshold": 100, "fit_full": 400}, "no lead reaches 100"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    tmp_path: Path, sentence: str, changed: dict[str, Any], message: str
) -> None:
    (only,) = findings(tmp_path, **changed)
    assert only.severity is Severity.WARNING
    assert message in only.message


def test_all_that_a_scorecard_can_say_is_clean(tmp_path: Path) -> None:
    changed = {
        "signals": [
            SIGNAL
            | {
                "when": "has(signal.url) && signal.url.contains('/prices')",
                "group": "web",
                "repeats": {"damping": 0.5, "most": 3},
                "buyer_stage": "decision",
            }
        ],
        "groups": {"web": {"most": 30}},
        "personas": [
            {
                "id": "boss",
                "name": "The boss",
                "when": "has(lead.seniority) && lead.seniority in ['owner', 'c_level']",
                "goals": ["grow"],
                "objections": ["no time: say that it takes an hour"],
            }
        ],
        "more_interest": [rule("has(lead.free_mail) && !lead.free_mail", half_life="30d")],
        "value": {"mean_deal": 9000, "logistic": {"intercept": -4, "fit": 0.03, "interest": 0.03}},
        "mql": "act",
    }
    assert findings(tmp_path, **changed) == []

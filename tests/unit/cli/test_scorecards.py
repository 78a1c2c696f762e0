"""`baton scorecard compare|shadow|promote|promotions`, `baton rescore`: services answer as set."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rulebook.loader import load_folder
from rulebook.publication import to_document
from scoring.cli import compare
from tests.unit.cli.conftest import Run, Services

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
LEAD = "3f2a1b00-0000-4000-8000-000000000001"
QUADRANTS = ("perfect", "warm", "curious", "cold")
SIDE = {
    "quadrants": {
        name: {"open": 1, "ended": 4, "won": 1, "won_share": 0.25}
        if name == "warm"
        else {"open": 0, "ended": 0}
        for name in QUADRANTS
    },
    "expected": {"by_its_own_value": 1.25, "by_outcomes_so_far": None},
}
RESULT: dict[str, Any] = {
    "leads": 5,
    "ended": 4,
    "won": 1,
    "other_quadrant": 3,
    "other_stage": 3,
    "quadrants": {a: dict.fromkeys(QUADRANTS, 0) for a in QUADRANTS} | {"cold": {"warm": 3, "cold": 2}},
    "stages": {"mql": {"sql": 3, "mql": 2}},
    "a": SIDE,
    "b": SIDE,
    "sample": [
        {
            "lead_id": LEAD,
            "profile": {"name": "Eva", "email": "eva@example.com"},
            "a": {"quadrant": "cold", "stage": "mql", "fit": 10, "interest": 0},
            "b": {"quadrant": "warm", "stage": "sql", "fit": 70, "interest": 0},
        }
    ],
}
FIRST = {
    "line": "main",
    "a": {"name": "version 3, in force", "warnings": []},
    "b": {"name": "the scorecard given", "warnings": []},
}
ORDER = {
    "rescoring_id": LEAD,
    "line": "main",
    "kind": "by_hand",
    "at": "2026-11-29T08:00:00Z",
    "by": "ana",
    "why": "to be sure",
    "leads": 1000,
    "seen": 1000,
    "late": 2,
    "changed": 10,
    "published": 10,
    "moved": {"cold mql > warm sql": 7},
    "set_aside": [],
    "finished_at": "2026-11-29T08:00:03Z",
    "leads_a_second": 333.3,
}
PROMOTED = {
    "rulebook_version": 4,
    "line": "main",
    "at": "2026-11-29T08:00:00Z",
    "effective_from": "2026-11-29T08:00:30Z",
    "by": "ana",
    "why": "more were won",
    "leads": 10,
    "differed": 3,
}


@pytest.fixture
def comparing(services: Services) -> Services:
    lines = [FIRST, {"seen": 5, "of": 5}, {"result": RESULT}]
    services.answer("POST /v1/scorecards/compare", "\n".join(json.dumps(each) for each in lines))
    services.answer("GET /v1/rulebooks/active", {"rulebook": to_document(load_folder(EXAMPLE))})
    return services


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "company"
    shutil.copytree(EXAMPLE, made)
    (made / "shadow-scorecards").mkdir()
    shutil.copy(made / "scorecards" / "training.yaml", made / "shadow-scorecards" / "training.yaml")
    return made


def asked(services: Services, request: str) -> Any:
    return next(content for name, content in services.asked if name == request)


def test_a_comparison_is_told_in_tables_and_exits_1_where_leads_move(
    baton: Run, comparing: Services, folder: Path
) -> None:
    done = baton("scorecard", "compare", "current", str(folder / "scorecards" / "main.yaml"))
    assert done.exit_code == 1, done.output
    for said in ("3 stand in another quadrant", "25.0% (1 of 4)", "none ended", "1.2", "not known", "Eva"):
        assert said in done.stdout
    body = asked(comparing, "POST /v1/scorecards/compare")
    assert (body["line"], body["a"]) == ("main", {})
    assert body["b"]["scorecard"]["fit"]


@pytest.mark.parametrize(
    ("word", "sent"), [("12", {"version": 12}), ("current", {}), ("shadow", {"shadow": True})]
)
def test_what_is_compared_is_named_in_a_word(
    word: str, sent: dict[str, Any], baton: Run, comparing: Services
) -> None:
    assert baton("scorecard", "compare", "current", word, "--line", "main", "--json").exit_code == 1
    assert asked(comparing, "POST /v1/scorecards/compare")["b"] == sent


def test_a_whole_rulebook_is_compared(baton: Run, comparing: Services, folder: Path) -> None:
    baton("scorecard", "compare", "current", str(folder), "--line", "main")
    assert asked(comparing, "POST /v1/scorecards/compare")["b"]["rulebook"]["company"]


def test_what_is_nothing_of_the_kind_says_what_to_write(
    baton: Run, comparing: Services, tmp_path: Path
) -> None:
    wrong = baton("scorecard", "compare", "current", "nowhere.yaml")
    assert (wrong.exit_code, "write a number, `current`" in wrong.stderr) == (2, True)
    wrong = baton("scorecard", "compare", "current", "7")
    assert (wrong.exit_code, "--line with one of main, training" in wrong.stderr) == (2, True)
    torn = tmp_path / "torn.yaml"
    torn.write_text("fit: [")
    wrong = baton("scorecard", "compare", "current", str(torn), "--line", "main")
    assert (wrong.exit_code, "torn.yaml:" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("fit", "line", "said"),
    [
        ("{id: a, when: has(lead.employes), points: 5, reason: x}", 2, "lead.employes"),
        ("{id: a, when: has(lead.employees), points: many, reason: x}", 2, "points"),
    ],
)
def test_what_is_wrong_in_a_scorecard_is_told_by_its_line(
    fit: str, line: int, said: str, baton: Run, comparing: Services, tmp_path: Path
) -> None:
    card = tmp_path / "main.yaml"
    card.write_text(f"fit:\n  - {fit}\ninterest: []\n")
    wrong = baton("scorecard", "compare", "current", str(card))
    assert (wrong.exit_code, f"{card.as_posix()}:{line}: error:" in wrong.stderr, said in wrong.stderr) == (
        2,
        True,
        True,
    ), wrong.stderr


def test_what_is_doubtful_in_a_scorecard_is_told_by_its_line(
    baton: Run, comparing: Services, tmp_path: Path
) -> None:
    card = tmp_path / "main.yaml"
    card.write_text("fit: []\ninterest: []\ngroups:\n  title: {most: 30, reason: x}\n")
    done = baton("scorecard", "compare", "current", str(card))
    assert done.exit_code == 1, done.output
    assert f"B: {card.as_posix()}:4: warning:" in done.stderr, done.stderr


def test_how_far_a_comparison_is_is_told_while_it_runs(
    baton: Run, comparing: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(100))
    monkeypatch.setattr(compare, "monotonic", lambda: float(next(moments)))
    done = baton("scorecard", "compare", "current", "shadow", "--line", "main")
    assert "] 5 of 5, 2 leads/s" in done.stderr


def test_a_line_end_within_a_name_breaks_no_comparison(baton: Run, comparing: Services) -> None:
    moved = RESULT["sample"][0] | {"profile": {"name": "Eva\u2028Pons\x85", "email": "eva@example.com"}}
    lines = [FIRST, {"result": RESULT | {"sample": [moved]}}]
    told = "\n".join(json.dumps(each, ensure_ascii=False) for each in lines)
    comparing.answer("POST /v1/scorecards/compare", told)
    done = baton("scorecard", "compare", "current", "shadow", "--line", "main")
    assert (done.exit_code, "Eva" in done.stdout) == (1, True), done.output


def test_a_comparison_that_breaks_off_says_so(baton: Run, comparing: Services) -> None:
    comparing.answer("POST /v1/scorecards/compare", json.dumps(FIRST))
    done = baton("scorecard", "compare", "current", "shadow", "--line", "main")
    assert (done.exit_code, "broke off" in done.stderr) == (2, True)


def test_a_shadow_is_summed_up(baton: Run, services: Services) -> None:
    services.answer("GET /v1/scorecards/shadow", {"shadows": []})
    none = baton("scorecard", "shadow")
    assert (none.exit_code, "shadow-scorecards/LINE.yaml" in none.stderr) == (1, True)
    shares = {name: {"leads": 2, "ended": 2, "won": 1, "won_share": 0.5} for name in QUADRANTS}
    pair = {
        "quadrant": "cold",
        "stage": "mql",
        "shadow_quadrant": "warm",
        "shadow_stage": "sql",
        "leads": 8,
    }
    differing = {
        "lead_id": LEAD,
        "profile": {"name": "Eva"},
        "quadrant": "cold",
        "stage": "mql",
        "fit": 1,
        "interest": 2,
        "shadow_quadrant": "warm",
        "shadow_stage": "sql",
        "shadow_fit": 70,
        "shadow_interest": 2,
    }
    found = {
        "line": "main",
        "rulebook_version": 4,
        "leads": 8,
        "differ": 8,
        "since": "2026-11-28T08:00:00Z",
        "with_rule_errors": 0,
        "pairs": [pair],
        "conversions": {"real": shares, "shadow": shares},
        "differing": [differing],
    }
    services.answer("GET /v1/scorecards/shadow", {"shadows": [found]})
    done = baton("scorecard", "shadow")
    assert done.exit_code == 0
    for said in ("8 leads", "50.0% (1 of 2)", "Eva", "warm SQL (70, 2)"):
        assert said in done.stdout
    assert "baton rescore" not in done.stdout
    services.answer("GET /v1/scorecards/shadow", {"shadows": [found | {"leads": 0, "line": "main"}]})
    assert "baton rescore main" in baton("scorecard", "shadow").stdout


def test_a_promotion_says_that_the_folder_is_behind(baton: Run, services: Services) -> None:
    services.answer("POST /v1/scorecards/main/promote", PROMOTED | {"scorecard": {}}, 201)
    done = baton("scorecard", "promote", "main", "--by", "ana", "--why", "more were won")
    assert done.exit_code == 0, done.output
    assert "Version 4" in done.stdout
    assert "publishing it would undo this" in done.stdout
    assert asked(services, "POST /v1/scorecards/main/promote") == {"by": "ana", "why": "more were won"}
    services.answer("GET /v1/scorecards/promotions", {"promotions": [PROMOTED]})
    listed = baton("scorecard", "promotions")
    assert "more were won" in listed.stdout
    assert "3 of 10" in listed.stdout


def test_a_promotion_moves_the_file_where_the_folder_says_the_same(
    baton: Run, services: Services, folder: Path
) -> None:
    card = load_folder(folder).shadow_scorecards["training"].model_dump(mode="json", exclude_none=True)
    services.answer("POST /v1/scorecards/training/promote", PROMOTED | {"scorecard": card}, 201)
    done = baton("scorecard", "promote", "training", "--why", "x", "--write", str(folder))
    assert done.exit_code == 0, done.output
    assert not (folder / "shadow-scorecards" / "training.yaml").exists()
    assert str(folder / "scorecards" / "training.yaml") in done.stdout
    assert "baton rulebook show" in done.stdout
    load_folder(folder)


def test_a_folder_that_says_something_else_is_left_as_it_is(
    baton: Run, services: Services, folder: Path
) -> None:
    services.answer(
        "POST /v1/scorecards/training/promote",
        PROMOTED | {"scorecard": {"fit": [], "interest": []}},
        201,
    )
    done = baton("scorecard", "promote", "training", "--why", "x", "--write", str(folder))
    assert (folder / "shadow-scorecards" / "training.yaml").exists()
    assert "behind" in done.stdout
    without = baton("scorecard", "promote", "main", "--why", "x", "--write", str(folder))
    assert (without.exit_code, "nothing was promoted" in without.stderr) == (2, True)


def test_a_rescoring_is_asked_for_and_listed(baton: Run, services: Services) -> None:
    services.answer("POST /v1/rescorings", ORDER, 201)
    done = baton("rescore", "main", "--why", "to be sure")
    assert done.exit_code == 0, done.output
    assert "1,000 of 1,000 open leads seen" in done.stdout
    assert "7 cold mql -> warm sql" in done.stdout
    services.answer("GET /v1/rescorings", {"rescorings": [ORDER]})
    listed = baton("rescorings")
    assert "1000 of 1000 + 2" in listed.stdout
    assert "333.3" in listed.stdout

"""What would be, on the command line, against a router that answers as set."""

import json
from pathlib import Path
from typing import Any

from tests.unit.cli.conftest import Run, Services

ONE = {
    "effect": "assigned",
    "why": "Ana of North: next in turn of 2 by weight",
    "rep": "ana",
    "pool": "north",
    "rule": "fallback",
    "respond_by": "2026-03-03T10:00:00Z",
    "candidates": [{"rep": "ana", "standing": "chosen", "open": 0, "capacity": 2}],
}


def side(**given: Any) -> dict[str, Any]:
    waits = {"median": 600.0, "p90": 1200.0, "p99": 1800.0, "ladder": {"1 min": 0, "longer": 2}}
    return {
        "leads": 2,
        "with_promise": 2,
        "breached": 1,
        "breaches": 1,
        "breach_share": 0.5,
        "late_for_buyer": 1,
        "foreseen_late": 0,
        "deadline_overruled_turn": 0,
        "answered": 2,
        "reassigned": 0,
        "rounds": 2,
        "with_nobody": {},
        "by_rep": {"ana": 2},
        "value_by_rep": {"ana": 500},
        "breaches_by_hour": [0] * 24,
        "wait_wall": waits,
        "wait_working": waits,
        "fairness": {"gini_count": 0.5, "gap_count": 2.0, "gini_value": 0.5, "gap_value": 500.0},
        "pools": {},
        **given,
    }


def history() -> str:
    changed = {"leads": 1, "of": 2, "pairs": [{"from": "ana", "to": "bea", "leads": 1}]}
    result = {
        "counts": {"leads": 2},
        "happened": side(),
        "current": side(),
        "draft": side(by_rep={"ana": 1, "bea": 1}),
        "changed_by_plan": changed,
        "changed_from_fact": changed,
        "rules_in_error": {},
        "reps": {"ana": "Ana", "bea": "Bea"},
        "currency": "EUR",
        "seed": 1,
    }
    return "\n".join(json.dumps(each) for each in ({"seen": 0, "of": 2}, {"result": result})) + "\n"


def test_one_lead_given_as_json_is_told_in_words(baton: Run, services: Services) -> None:
    services.answer("POST /v1/simulate", ONE)
    done = baton("simulate", "one", '{"profile": {"country": "ES"}}')
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == ONE["why"]
    assert services.asked[-1] == ("POST /v1/simulate", {"profile": {"country": "ES"}})


def test_one_lead_may_stand_in_a_file(baton: Run, services: Services, tmp_path: Path) -> None:
    services.answer("POST /v1/simulate", ONE)
    file = tmp_path / "lead.json"
    file.write_text('{"line": "training"}', "utf-8")
    assert json.loads(baton("simulate", "one", str(file), "--json").stdout) == ONE
    assert services.asked[-1][1] == {"line": "training"}


def test_what_is_no_lead_is_refused_with_what_to_write(baton: Run, tmp_path: Path) -> None:
    for text in ("nowhere.json", "{country: ES}"):
        done = baton("simulate", "one", text)
        assert done.exit_code == 2
    assert "write for example" in baton("simulate", "one", "{country: ES}").output
    latin = tmp_path / "lead.json"
    latin.write_bytes('{"profile": {"city": "Coruña"}}'.encode("latin-1"))
    assert "is not UTF-8 text (byte 26)" in baton("simulate", "one", str(latin)).output
    for text, said in (
        ("a\0b", "no JSON object and no file"),
        ('{"expected_value": 1e400}', "1e400 is no number"),
        ('{"fit": NaN}', "NaN is no number"),
    ):
        done = baton("simulate", "one", text)
        assert (done.exit_code, said in done.output) == (2, True), done.output


def test_a_time_without_leads_is_said_with_what_was_left_out(baton: Run, services: Services) -> None:
    empty = json.loads(history().splitlines()[-1])["result"] | {
        "counts": {"leads": 0},
        "left_out": {"leads": 0, "tests": 3},
    }
    services.answer("POST /v1/simulate/history", json.dumps({"result": empty}))
    done = baton("simulate", "history")
    assert done.stdout == "No lead came to be routed in that time (left out: 3 tests).\n"


def test_a_draft_of_a_routing_is_sent_and_the_page_written(
    baton: Run, services: Services, tmp_path: Path
) -> None:
    services.answer("POST /v1/simulate/history", history())
    draft, out = tmp_path / "draft.yaml", tmp_path / "page.html"
    draft.write_text("pools: {one: {name: One}}\nplans: {main: {fallback: one}}\n", "utf-8")
    asked = ("--since", "2026-01-01T00:00:00Z", "--routing", str(draft), "--out", str(out))
    done = baton("simulate", "history", *asked)
    assert done.exit_code == 0, done.output
    sent = services.asked[-1][1]
    assert sent["routing"]["plans"] == {"main": {"fallback": "one"}}
    assert sent["since"] == "2026-01-01T00:00:00+00:00"
    assert "<h1>Past leads through another plan</h1>" in out.read_text("utf-8")
    assert baton("simulate", "history", *asked).exit_code == 2, "a file that is there is not written over"


def test_without_a_page_the_three_sides_are_a_table(baton: Run, services: Services) -> None:
    services.answer("POST /v1/simulate/history", history())
    done = baton("simulate", "history")
    assert "1 of 2 leads would have another rep" in done.stdout
    assert "plan in force" in done.stdout
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "late answer foreseen 0 0 0" in told
    assert "gap of leads 2.0 2.0 2.0" in told
    assert "gap of value, EUR 5 5 5" in told


def test_a_simulation_that_breaks_off_is_said(baton: Run, services: Services) -> None:
    services.answer("POST /v1/simulate/history", '{"seen": 0, "of": 2}\n')
    done = baton("simulate", "history")
    assert done.exit_code == 2
    assert "broke off" in done.output


def test_how_many_reps_are_needed_is_told_with_what_was_tried(baton: Run, services: Services) -> None:
    between = {"mean": 0.03, "low": 0.02, "high": 0.04}
    tried = {"reps": 3, "late": between, "breached": between}
    result = {"pool": "north", "leads": 90, "weeks": 4, "now": 2, "needed": 3, "tried": [tried]}
    lines = ({"seen": 0, "of": 90}, {"tried": tried}, {"result": result})
    services.answer("POST /v1/simulate/reps", "\n".join(map(json.dumps, lines)) + "\n")
    done = baton("simulate", "reps", "north", "--in-time", "0.95")
    assert "north needs 3 reps for 95% within the promise; it has 2." in done.stdout
    assert "2.0% to 4.0%" in done.stdout
    assert "too few" not in done.stdout


def test_where_more_reps_do_not_help_or_few_leads_came_it_is_said(baton: Run, services: Services) -> None:
    late = {"mean": 0.5, "low": 0.12, "high": 0.87}
    tried = [{"reps": count, "late": late, "breached": late} for count in (3, 500)]
    result = {"pool": "north", "leads": 7, "weeks": 4, "now": 2, "needed": None, "tried": tried}
    services.answer("POST /v1/simulate/reps", json.dumps({"result": result}) + "\n")
    done = baton("simulate", "reps", "north")
    assert "with 500 nobody waits for a free one, and 50% are late all the same" in done.stdout
    assert "Only 7 leads came to north in that time: too few to build on." in done.stdout

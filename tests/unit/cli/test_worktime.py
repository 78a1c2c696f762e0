"""Anybody can check a deadline: the command answers as the library does, and says what to write instead."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from baton_cli.app import app
from baton_cli.errors import BadUsage
from baton_cli.moments import in_utc, read_moment
from worktime import Calendar

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "working_time.json"
REPOSITORY = Path(__file__).resolve().parents[3]
MADRID = {"tz": "Europe/Madrid", "week": {"thu": [["09:00", "12:00"]], "fri": [["09:00", "12:00"]]}}


def load() -> list[Any]:
    if not CASES.exists():
        reason = "shared/cases/working_time.json is not next to this repository"
        return [pytest.param({}, id="absent", marks=pytest.mark.skip(reason=reason))]
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases]


def run(*words: str, calendar: object = MADRID) -> Result:
    return CliRunner().invoke(app, ["worktime", *words], input=json.dumps(calendar))


def words_for(case: dict[str, Any]) -> list[str]:
    asked = case["input"]
    pauses = [word for start, end in asked.get("pauses", []) for word in ("--pause", f"{start}/{end}")]
    match case["kind"].removesuffix("_with_pauses"):
        case "due":
            return ["due", "--start", asked["start"], "--seconds", str(asked["seconds"]), *pauses]
        case "elapsed":
            return ["elapsed", "--from", asked["from"], "--to", asked["to"], *pauses]
        case _:
            return ["next-open", "--at", asked["at"], *pauses]


def library_answer(case: dict[str, Any]) -> str | int:
    asked, instant = case["input"], datetime.fromisoformat
    pauses = [(instant(start), instant(end)) for start, end in asked.get("pauses", [])]
    calendar = Calendar.from_dict(case["calendar"]).without(pauses)
    match case["kind"].removesuffix("_with_pauses"):
        case "due":
            due = calendar.add(instant(asked["start"]), timedelta(seconds=asked["seconds"]))
            return due.isoformat().replace("+00:00", "Z")
        case "elapsed":
            return int(calendar.elapsed(instant(asked["from"]), instant(asked["to"])).total_seconds())
        case _:
            return calendar.next_open(instant(asked["at"])).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("case", load())
def test_the_command_answers_a_published_case(case: dict[str, Any]) -> None:
    """A standard case as published; one of another system's policy as the library decides it."""
    done = run(*words_for(case), "--calendar", "-", "--json", calendar=case["calendar"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    ((word, expected),) = case["expected"].items()
    answer = told[word]
    assert word == "seconds" or datetime.fromisoformat(told["local"]) == datetime.fromisoformat(answer)
    right = expected if case["standard"] else library_answer(case)
    assert (answer if word == "seconds" else in_utc(read_moment(answer, word))) == (
        right if word == "seconds" else in_utc(read_moment(str(right), word))
    )
    assert word == "seconds" or answer.endswith("Z")


def test_a_person_gets_utc_and_the_local_clock() -> None:
    done = run("due", "--start", "2026-11-26T10:00:00Z", "--within", "1h30m", "--calendar", "-")
    assert "2026-11-27T08:30:00Z" in done.stdout
    assert "Fri 2026-11-27 09:30:00 +0100 Europe/Madrid" in done.stdout


def test_a_calendar_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps(MADRID))
    done = run("next-open", "--at", "2026-11-26T11:00:00Z", "--calendar", str(file), "--json")
    assert json.loads(done.stdout) == {
        "opens": "2026-11-27T08:00:00Z",
        "local": "2026-11-27T09:00:00+01:00",
        "tz": "Europe/Madrid",
    }


def test_a_day_is_told_as_the_working_hours_it_is() -> None:
    done = run("due", "--start", "2026-11-26T08:00:00Z", "--within", "2d", "--calendar", "-")
    assert "granted  48:00:00 of working time" in done.stdout
    assert "2d is 48 working hours" in " ".join(run("due", "--help").stdout.split())


def test_a_file_that_cannot_be_read_says_what_to_name(tmp_path: Path) -> None:
    words = ("next-open", "--at", "2026-11-26T11:00:00Z", "--calendar")
    (tmp_path / "latin").write_bytes(b"\xf1")
    for file, said in (
        (
            tmp_path / "nowhere.json",
            f"--calendar: there is no file {tmp_path}/nowhere.json; name a JSON file",
        ),
        (tmp_path, "is a folder"),
        (tmp_path / "latin", "not UTF-8"),
    ):
        done = run(*words, str(file))
        assert done.exit_code == 2
        assert said in done.stderr
        assert "Errno" not in done.stderr


def test_a_day_with_its_offset_is_its_beginning() -> None:
    for text, instant in (
        ("2026-01-01Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01+01:00", "2025-12-31T23:00:00Z"),
    ):
        assert in_utc(read_moment(text, "--since")) == instant
    with pytest.raises(BadUsage, match="write for example 2026-01-01Z"):
        read_moment("2026-01-01", "--since")


def test_a_calendar_comes_from_the_rulebook_by_name() -> None:
    folder = REPOSITORY / "rulebook"
    wrong = run("next-open", "--at", "2026-11-26T11:00:00Z", "--of", "nowhere", "--rulebook", str(folder))
    assert wrong.exit_code == 2
    name = wrong.stderr.rpartition("it has ")[2].partition(",")[0].strip(" .\n")
    done = run("next-open", "--at", "2026-11-26T11:00:00Z", "--of", name, "--rulebook", str(folder), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["opens"].endswith("Z")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start", "2026-11-26T10:00", "--within", "1h"], "--start: '2026-11-26T10:00' has no UTC offset"),
        (["--start", "tomorrow", "--within", "1h"], "write for example 2026-11-26T10:00:00Z"),
        (["--start", "2026-11-26T10:00:00Z", "--within", "soon"], "write a length of time such as 15m"),
        (["--start", "2026-11-26T10:00:00Z"], "--seconds 3600, or --within 1h"),
        (["--start", "2026-11-26T10:00:00Z", "--seconds", "-1"], "negative"),
        (["--start", "2026-11-26T10:00:00Z", "--within", "1h", "--pause", "now"], "write FROM/TO"),
    ],
    ids=[
        "a moment without offset",
        "a word for a moment",
        "a word for a length",
        "no length",
        "less",
        "no span",
    ],
)
def test_a_bad_question_says_what_to_write_instead(words: list[str], said: str) -> None:
    done = run("due", *words, "--calendar", "-")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("calendar", "said"),
    [
        ("{", "this is no JSON"),
        ('{"tz": "UTC", "week": {"monday": [["09:00", "17:00"]]}}', "--calendar: week.monday: unknown day"),
        ('{"tz": "Europe/Madird", "week": {"mon": [["09:00", "17:00"]]}}', 'did you mean "Europe/Madrid"'),
        ('{"tz": "UTC", "week": {"mon": [["9", "17"]]}}', "week.mon[0]"),
        ("[]", "an object"),
    ],
    ids=["torn JSON", "a day of no name", "a slip in the zone", "times without minutes", "a list"],
)
def test_a_bad_calendar_names_the_key(calendar: str, said: str) -> None:
    words = ["worktime", "next-open", "--at", "2026-11-26T11:00:00Z", "--calendar", "-"]
    done = CliRunner().invoke(app, words, input=calendar)
    assert done.exit_code == 2
    assert said in done.stderr


def test_no_calendar_or_two_are_an_error() -> None:
    assert run("next-open", "--at", "2026-11-26T11:00:00Z").exit_code == 2
    assert run("next-open", "--at", "2026-11-26T11:00:00Z", "--calendar", "-", "--of", "x").exit_code == 2


def test_a_calendar_that_never_opens_again_is_a_no() -> None:
    pause = "2026-01-01T00:00:00Z/2099-12-31T23:59:59Z"
    done = run("next-open", "--at", "2026-11-26T11:00:00Z", "--calendar", "-", "--pause", pause)
    assert done.exit_code == 1
    assert done.stderr

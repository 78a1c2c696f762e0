"""What cannot be learned from is refused with what to do instead."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scorecard_training.column_map import listed_map, parts_of, read_map
from scorecard_training.history import Part
from scorecard_training.preparation import Question, prepare
from scorecard_training.reading import read_rows
from scorecard_training.refusals import CannotTrain
from scorecard_training.training import Options, train
from tests.unit.scorecard_training.histories import past_leads, with_column

ROWS = past_leads(400)
UNKNOWN = ["maybe", *[row["won"] for row in ROWS[1:]]]


def changed(**values: Any) -> list[dict[str, Any]]:
    return [row | values for row in ROWS]


@pytest.mark.parametrize(
    ("sentence", "rows", "question", "told"),
    [
        ("one class", changed(won="yes"), Question("won"), "(`yes` (400)): one class teaches nothing"),
        ("none won yet", changed(won="0"), Question("won", won=("1",)), "add leads that ended otherwise"),
        ("all mean won", ROWS, Question("won", won=("yes", "no")), "name with --won only the values"),
        ("no row", [], Question("won"), "there is no row"),
        ("10 rows", ROWS[:10], Question("won"), "too few to learn from: 200 at least, 40 of them won"),
        ("an unknown outcome", ROWS, Question("wonn"), "no column `wonn`: did you mean `won`?"),
        ("an empty outcome", changed(won=""), Question("won"), "`won` is empty in every row"),
        ("some without", [*ROWS, *changed(won="")[:9]], Question("won"), "`won` is empty in 9 of 409 rows"),
        ("a third value", with_column(ROWS, "won", UNKNOWN), Question("won"), "Write --won VALUE. It has `"),
        ("a value it never has", ROWS, Question("won", won=("Won",)), "is never `Won`: write --won with"),
        ("a date that is none", ROWS, Question("won", date="timeline"), "`timeline` holds no dates (such"),
        ("an empty date", changed(came="") [:9] + ROWS, Question("won", date="came"), "`came` is"),
        ("no such date", ROWS, Question("won", date="cam"), "did you mean `came`?"),
        (
            "only constant columns",
            [{"won": row["won"], "a": "x", "b": ""} for row in ROWS],
            Question("won"),
            "no column can be learned from: `a` has one value only; `b` is empty",
        ),
        (
            "a fit column with a slip",
            ROWS,
            Question("won", said=listed_map(["employes"], [])),
            "did you mean `employees`?",
        ),
        (
            "the outcome as a column",
            ROWS,
            Question("won", said=listed_map(["won"], [])),
            "`won` is the outcome",
        ),
        (
            "two columns of one name in conditions",
            with_column(ROWS, "time-line", ["x"] * 400),
            Question("won", said=listed_map(["time-line", "time line"], [])),
            "no column `time line`",
        ),
    ],
)  # fmt: skip
def test_a_history_that_teaches_nothing_is_refused(
    sentence: str, rows: list[dict[str, Any]], question: Question, told: str
) -> None:
    with pytest.raises(CannotTrain) as refusal:
        prepare(rows, question)
    assert told in str(refusal.value), sentence


def test_two_columns_that_conditions_would_call_the_same_are_refused() -> None:
    with pytest.raises(CannotTrain, match=r"would both be read as lead\.attributes\.visits"):
        prepare(with_column(ROWS, "Visits", ["1"] * 400), Question("won"))


def test_a_column_to_keep_that_is_not_there_is_refused() -> None:
    with pytest.raises(CannotTrain, match="did you mean `timeline`"):
        train(ROWS, Question("won"), Options(keep=["time-line"]), source="x", today=date(2026, 1, 1))


def test_when_all_that_tells_is_a_leak_the_refusal_names_it() -> None:
    rows = [{"won": row["won"], "state": "A" if row["won"] == "yes" else "B"} for row in ROWS]
    with pytest.raises(CannotTrain, match=r"no column is left.*`state`: alone it tells.*--keep COLUMN"):
        train(rows, Question("won"), Options(), source="x", today=date(2026, 1, 1))


def test_an_outcome_that_is_filled_only_for_the_won_can_be_said_so() -> None:
    rows = [row | {"won": "2025-03-01" if row["won"] == "yes" else ""} for row in ROWS]
    prepared = prepare(rows, Question("won", is_filled_won=True))
    assert prepared.history.outcome.sum() == sum(row["won"] == "yes" for row in ROWS)


def test_leads_still_open_can_be_left_out() -> None:
    prepared = prepare([*ROWS, *changed(won="")[:9]], Question("won", leave_open=True))
    assert (len(prepared.history), prepared.rows_open) == (400, 9)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "spreadsheet (.xlsx)"),
        (b"a\x00b", "is not text"),
        (b"a,b\n1,2,3\n", "line 2 has 3 cells and the first line 2 names"),
        (b"a,a\n1,2\n", "has the column `a` twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    with pytest.raises(CannotTrain) as refusal:
        read_rows(file)
    assert told in str(refusal.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    for place, told in ((tmp_path / "no.csv", "there is no file"), (tmp_path, "is a folder")):
        with pytest.raises(CannotTrain, match=told):
            read_rows(place)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "name;visits\nJosé;3\n\n".encode("cp1252")),
        ("a.csv", '\ufeffname,visits\n"José",3\n'.encode()),
        ("a.csv", "name\tvisits\r\nJosé\t3\r\n".encode("utf-16")),
        ("a.jsonl", '{"name": "José", "visits": "3"}\n'.encode()),
    ],
)
def test_usual_separators_and_encodings_are_read(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert read_rows(file) == [{"name": "José", "visits": "3"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is no YAML"),
        ("City: fit", "has no `columns`"),
        ("columns: {City: fitt}", "column `City` is `fitt`: write fit, interest or leave"),
        ("columns: {City: {part: fit, read: lead.city}}", "column `City` has `read`"),
        (
            "columns: {City: {part: fit, reads: lead.town}}",
            "lead.attributes.seats for what only one form asks",
        ),
    ],
)
def test_a_column_map_with_a_slip_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "map.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(CannotTrain) as refusal:
        read_map(file)
    assert told in str(refusal.value)


def test_a_column_in_both_lists_is_refused_and_one_list_makes_the_rest_the_other() -> None:
    with pytest.raises(CannotTrain, match="`a` is listed for fit and for interest"):
        listed_map(["a", "b"], ["a"])
    columns = prepare(ROWS, Question("won")).history.columns
    parts = parts_of(columns, listed_map(["job_title"], []))
    assert parts["job_title"] is Part.FIT
    assert parts["timeline"] is Part.INTEREST
    both = parts_of(columns, listed_map(["job_title"], ["visits"]))
    assert both["timeline"] is None

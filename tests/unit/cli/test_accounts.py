"""`baton accounts`: files of CRMs read as they come, and what is unsure answered, against set answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Run, Services

BATCH = "POST /v1/accounts/batch"
QUESTION = "5f0c5c0e-3f0e-5b54-9d0a-0d1f5a3e6b57"
UNSURE: dict[str, Any] = {
    "question_id": QUESTION,
    "company": "Acme Robotics",
    "domain": None,
    "asked_at": "2026-11-26T10:00:00Z",
    "leads": 2,
    "candidates": [
        {"crm_id": "A-1", "name": "Acme Robotics S.L.", "domains": ["acme.example"], "standing": "customer"},
        {"crm_id": "A-2", "name": "Acme Foods", "domains": [], "standing": "none"},
    ],
}
ACCOUNT: dict[str, Any] = {
    "crm_id": "A-1",
    "name": "Acme",
    "domains": ["acme.example"],
    "tax_id": None,
    "owner": "ana",
    "standing": "customer",
    "line": None,
    "leads": [QUESTION],
    "changes": [
        {
            "kind": "changed",
            "at": "2026-11-26T10:00:00Z",
            "by": "olga",
            "before": {"owner": None, "name": "Acme"},
            "after": {"owner": "ana", "name": "Acme"},
        }
    ],
}


def row(number: int, outcome: str = "created", **more: Any) -> dict[str, Any]:
    return {"row": number, "crm_id": f"A-{number}", "outcome": outcome, "errors": [], "warnings": []} | more


def sent(services: Services) -> list[dict[str, Any]]:
    return [each for asked, content in services.asked if asked == BATCH for each in content["accounts"]]


TABLE = 'crm_id,name,domains\nA-1,"Peña, S.L.",pena.example\nA-2,Zeta,\n'
OTHER = "Account ID|Nombre|Website\nA-1|Peña, S.L.|pena.example\nA-2|Zeta|\n"
TWO = [
    {"crm_id": "A-1", "name": "Peña, S.L.", "domains": "pena.example"},
    {"crm_id": "A-2", "name": "Zeta", "domains": ""},
]


@pytest.mark.parametrize(
    ("why", "content"),
    [
        ("commas", TABLE.encode()),
        ("semicolons, as spreadsheets of Europe", OTHER.replace("|", ";").replace("\n", "\r\n").encode()),
        ("tabs, with a mark of UTF-16", OTHER.replace("|", "\t").encode("utf-16")),
        ("a mark of UTF-8 and blank lines", ("\ufeff\n" + OTHER.replace("\n", "\n\n")).encode()),
        ("Windows letters that can be no other", TABLE.replace("ñ", "ö").encode("cp1252")),
        ("JSON lines", "".join(json.dumps(each) + "\n" for each in TWO).encode()),
        ("a list of JSON", json.dumps(TWO).encode()),
    ],
)
def test_files_are_read_as_they_come(
    services: Services, baton: Run, tmp_path: Path, why: str, content: bytes
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(content)
    services.answer(BATCH, {"rows": [row(1), row(2, "unchanged")]})
    result = baton("accounts", "import", str(file))
    assert result.exit_code == 0, result.output
    assert [each | {"name": each["name"].replace("ö", "ñ")} for each in sent(services)] == TWO, why
    assert "1 created, 0 changed, 1 unchanged, 0 refused" in result.output


def test_refused_lines_are_named_with_what_to_write(services: Services, baton: Run, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text('crm_id,name,domains\nA-1,"Two\nlines",\nA-2,Zeta,gmail.com\nA-1,Again,\nA-3,X,y,z\n')
    fault = {"field": "domains", "detail": "anybody gets an address at gmail.com: leave it out"}
    owner = {"field": "owner", "detail": "no rep ane"}
    services.answer(BATCH, {"rows": [row(1, warnings=[owner]), row(2, "refused", errors=[fault])]})
    result = baton("accounts", "import", str(file), "--dry-run")
    assert result.exit_code == 1
    assert "Would be: 1 created, 0 changed, 0 unchanged, 3 refused. Nothing is kept." in result.output
    assert "line 4: domains: anybody gets an address" in result.output
    assert "line 5: A-1 stands in line 2 already" in result.output
    assert "line 6: has 4 cells where the header has 3" in result.output
    assert "note on line 2: owner: no rep ane" in result.output
    assert [content["dry_run"] for asked, content in services.asked if asked == BATCH] == [True]
    told = json.loads(baton("accounts", "import", str(file), "--json").stdout)
    assert [each["line"] for each in told["refused"]] == [4, 5, 6]


def test_columns_and_words_of_a_crm_can_be_named(services: Services, baton: Run, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("Record,ID,Name,Type,Notes\nR-1,7,Acme,Active Account,x\n")
    services.answer(BATCH, {"rows": [row(1)]})
    words = (
        "accounts",
        "import",
        str(file),
        "--column",
        "crm_id=record",
        "--means",
        "active account=customer",
    )
    result = baton(*words)
    assert result.exit_code == 0, result.output
    assert sent(services) == [{"crm_id": "R-1", "name": "Acme", "standing": "customer"}]
    assert "not read: ID, Notes" in result.output


@pytest.mark.parametrize(
    ("content", "more", "says"),
    [
        (b"PK\x03\x04....", (), "save it as CSV UTF-8"),
        (b"name,domains\nAcme,\n", (), "--column crm_id=HEADER"),
        (b"id,account_id,name\n1,2,Acme\n", (), "Columns 'id' and 'account_id' may both be crm_id"),
        (b"id,name\n1,Acme\n", ("--column", "crm=id"), "is no field of an account"),
        (b"id,name\n1,Acme\n", ("--column", "crm_id=Nr"), "There is no column 'Nr'"),
        (b"id,name\n1,Acme\n", ("--means", "x=hot"), "is no standing"),
        (b"id,name\n1,Acme\n", ("--means", "x"), "is no pair"),
        (b"id,name\n", (), "holds no account"),
        (b"[1", (), "is no JSON"),
        ("id,name\n1,Peña\n".encode("cp1252"), ("--encoding", "utf-8"), "Line 2"),
        (b"id,name\n1,Acme\n", ("--encoding", "klingon"), "is no encoding"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    services: Services, baton: Run, tmp_path: Path, content: bytes, more: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(content)
    result = baton("accounts", "import", str(file), *more)
    assert result.exit_code == 2
    assert says in result.output
    assert not services.asked


def test_letters_that_may_be_two_are_for_a_person_to_say(
    services: Services, baton: Run, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(TABLE.encode("cp1252"))
    result = baton("accounts", "import", str(file))
    assert result.exit_code == 2
    assert "Peña' is right" in result.output
    assert "--encoding cp1250" in result.output
    services.answer(BATCH, {"rows": [row(1), row(2)]})
    assert baton("accounts", "import", str(file), "--encoding", "cp1252").exit_code == 0
    assert sent(services) == TWO


def test_large_files_go_in_parts(services: Services, baton: Run, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("id,name\n" + "".join(f"{number},Acme {number}\n" for number in range(1000)))
    services.answer(BATCH, {"rows": [row(number) for number in range(500)]})
    result = baton("accounts", "import", str(file))
    assert "1000 created" in result.output
    assert len([asked for asked, _ in services.asked if asked == BATCH]) == 2


def test_review_asks_one_after_the_other(services: Services, baton: Run) -> None:
    other = UNSURE | {"question_id": QUESTION.replace("5f0c", "6f0c"), "company": "Zeta", "leads": 1}
    services.answer("GET /v1/accounts/unsure", {"unsure": [UNSURE, other, UNSURE]})
    for question in (UNSURE, other):
        services.answer(f"POST /v1/accounts/unsure/{question['question_id']}", {})
    result = baton("accounts", "review", stdin="7\n1\nn\nq\n")
    assert result.exit_code == 0, result.output
    assert "Acme Robotics: 2 open leads" in result.output
    assert "Zeta: 1 open lead  (" in result.output
    assert "1. Acme Robotics S.L. (A-1): customer, acme.example" in result.output
    answers = [content for asked, content in services.asked if asked.startswith("POST")]
    assert answers == [{"accept": "A-1"}, {"refuse": True}]


def test_an_answer_without_being_asked(services: Services, baton: Run) -> None:
    services.answer(f"POST /v1/accounts/unsure/{QUESTION}", {})
    assert baton("accounts", "answer", QUESTION, "--account", "A-1").exit_code == 0
    assert baton("accounts", "answer", QUESTION, "--none").exit_code == 0
    assert baton("accounts", "answer", QUESTION).exit_code == 2
    assert [content for _, content in services.asked] == [{"accept": "A-1"}, {"refuse": True}]


def test_a_question_is_named_by_the_beginning_of_its_id(services: Services, baton: Run) -> None:
    services.answer("GET /v1/accounts/unsure", {"unsure": [UNSURE | {"question_id": QUESTION}]})
    services.answer(f"POST /v1/accounts/unsure/{QUESTION}", {})
    assert baton("accounts", "answer", QUESTION[:8], "--none").exit_code == 0
    short = baton("accounts", "answer", QUESTION[:5], "--none")
    assert (short.exit_code, "its first eight characters" in short.stderr) == (2, True)
    unknown = baton("accounts", "answer", "0000000f", "--none")
    assert "no question whose id begins with 0000000f" in unknown.stderr


def test_accounts_are_shown_listed_and_deleted(services: Services, baton: Run) -> None:
    services.answer("GET /v1/accounts", {"accounts": [ACCOUNT]})
    services.answer("GET /v1/accounts/A-1", ACCOUNT)
    services.answer("DELETE /v1/accounts/A-1", {"outcome": "deleted"})
    assert "acme.example" in baton("accounts", "list", "--standing", "customer").output
    shown = baton("accounts", "show", "A-1").output
    assert "changed by olga: owner None -> 'ana'" in shown
    assert baton("accounts", "delete", "A-1", stdin="n\n").exit_code == 1
    assert "DELETE /v1/accounts/A-1" not in [asked for asked, _ in services.asked]
    assert "Deleted Acme" in baton("accounts", "delete", "A-1", "--yes").output

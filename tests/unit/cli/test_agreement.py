"""`baton agreement show` and `plan`, of a folder and of what is in force."""

import json
import shutil
from pathlib import Path

import pytest

from rulebook.loader import load_folder
from rulebook.publication import to_document
from tests.unit.cli.conftest import Run, Services

FOLDER = Path(__file__).resolve().parents[3] / "rulebook"
ASKED = ("--revenue", "10000", "--deal", "1000", "--close-rate")


def test_a_folders_agreement_is_one_page(baton: Run) -> None:
    done = baton("agreement", "show", str(FOLDER))
    assert done.exit_code == 0, done.output
    whose = f"Of the folder {FOLDER}/; what is in force: `baton agreement show published`.\n"
    assert done.stdout.startswith(f"{whose}Marketing and sales, Aurora Cloud (agreement)\n\nWhen it holds\n")
    assert "  sales: Marta Ibáñez, 2025-12-18" in done.stdout


def test_the_page_of_what_is_in_force_is_asked_of_the_stack(baton: Run, services: Services) -> None:
    document = to_document(load_folder(FOLDER)) | {"currency": "USD"}
    services.answer("GET /v1/rulebooks/active", {"version": 3, "rulebook": document})
    told = json.loads(baton("agreement", "show", "published", "--json").stdout)
    assert (told["id"], told["state"], told["others"]) == ("agreement", "active", [])
    page = baton("agreement", "show", "published").stdout
    assert page.startswith("Of the rulebook in force on the stack.\n")
    money = next(section for section in told["sections"] if section["title"] == "Money")
    assert "A warm lead is worth 30.00 USD." in money["lines"]
    assert told["agreement"]["sales"]["promises"]["warm"]["outcome_within"] == "200h"


def test_an_agreement_beside_it_is_named_and_shown_by_its_id(baton: Run, tmp_path: Path) -> None:
    folder = tmp_path / "company"
    shutil.copytree(FOLDER, folder)
    (folder / "agreements").mkdir()
    (folder / "agreements" / "next.yaml").write_text("name: Next\nstate: draft\nsales: {}\n", "utf-8")
    assert "Beside it: next (draft)." in baton("agreement", "show", str(folder)).stdout
    done = baton("agreement", "show", str(folder), "--id", "next")
    assert "\nNext (next)\n" in done.stdout
    unknown = baton("agreement", "show", str(folder), "--id", "last")
    assert (unknown.exit_code, "write agreement or next" in unknown.stderr) == (1, True)


def test_a_folder_with_errors_has_no_page(baton: Run, tmp_path: Path) -> None:
    (tmp_path / "company.yaml").write_text("", "utf-8")
    done = baton("agreement", "show", str(tmp_path))
    assert (done.exit_code, "company.yaml:1: error" in done.stderr) == (1, True)


@pytest.mark.parametrize("command", [("show",), ("plan", *ASKED, "2%")])
def test_where_no_rulebook_is_both_ways_to_name_one_are_told(
    baton: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = baton("agreement", *command, str(tmp_path / "rulebook"))
    assert done.exit_code == 1
    assert "name its folder, or write `published` for what is in force" in done.stderr
    assert ":1:" not in done.stderr


@pytest.mark.parametrize("rate", ["2%", "2 %", "0.02"])
def test_a_plan_says_customers_leads_follow_ups_and_reps(baton: Run, rate: str) -> None:
    done = baton("agreement", "plan", *ASKED, rate, str(FOLDER))
    assert done.exit_code == 0, done.output
    for part in (
        "customers   10\n",
        "leads       500 at 2.00% won",
        "follow-ups  2,334 at most",
        "reps        6: ",
    ):
        assert part in done.stdout
    assert "Marketing promises 180 leads a month by quadrant; the plan needs 500." in done.stdout
    told = json.loads(baton("agreement", "plan", *ASKED, rate, str(FOLDER), "--json").stdout)
    assert (told["customers"], told["leads"], told["follow_ups"], told["reps"]) == (10, 500, 2334, 6)
    assert told["shares"][0]["first_response_within"] == "30m"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*ASKED, "2"), "'2' is more than all; write 2% if that is meant"),
        ((*ASKED, "two"), "'two' is no share; write 2% or 0.02"),
        ((*ASKED, "0%"), "--close-rate is 0"),
        (("--revenue", "10,000", "--deal", "1", "--close-rate", "2%"), "'10,000' is no amount; write digits"),
        (("--revenue", "nan", "--deal", "1", "--close-rate", "2%"), "'nan' is no amount"),
        ((*ASKED, "2%", "--mix", "hot=1"), "'hot=1' is no part; write QUADRANT=PART with perfect"),
        ((*ASKED, "2%", "--mix", "warm=-1"), "'warm=-1' is below 0"),
        ((*ASKED, "2%", "--team", "spian"), "there is no 'spian'; write spain,"),
        ((*ASKED, "2%", "--line", "courses"), "there is no 'courses'; write main or training"),
        ((*ASKED, "2%", "--contact-takes", "soon"), "such as 15m"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_plan_of_nonsense_is_refused_with_what_to_write(
    baton: Run, words: tuple[str, ...], message: str
) -> None:
    done = baton("agreement", "plan", *words, str(FOLDER))
    assert done.exit_code == 2
    assert message in done.stderr

"""`baton check` needs one run: a slip hides no other, and none is told for what it only drags along."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check, check_folder
from rulebook.loader import load_folder
from tests.unit.rulebook.test_check import EXAMPLE, SLIPS, edit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def test_one_run_finds_what_the_types_refuse_and_what_refers_to_nothing_in_one_file(folder: Path) -> None:
    edit(folder, "forms/newsletter.yaml", "lines: [main]", "lines: main")
    edit(folder, "forms/newsletter.yaml", "source: content", "source: contnt")
    edit(folder, "forms/newsletter.yaml", "company: {", "compnay: {")
    edit(folder, "forms/newsletter.yaml", "job_title: {from: [", "job_title: 3 # ")
    assert [finding.path.removeprefix("forms.newsletter.") for finding in check_folder(folder)] == [
        "lines",
        "source",
        "fields.compnay",
        "fields.job_title",
    ]


def test_a_word_that_is_no_promise_hides_none_beside_it_that_may_not_be_paused(folder: Path) -> None:
    pauses = "  pauses:\n    holiday: [accept, nonsense, outcome]\n    none: [nonsense]\n  promises:"
    edit(folder, "agreement.yaml", "  promises:", pauses)
    found = [(each.path, each.message) for each in check_folder(folder)]
    assert found == [
        ("agreement.sales.pauses.holiday[0]", "a rep would stop the clock of their own accept"),
        ("agreement.sales.pauses.holiday[1]", "`nonsense` is no promise"),
        ("agreement.sales.pauses.none[0]", "`nonsense` is no promise"),
    ]


def test_all_slips_at_once_are_all_found_in_one_run(folder: Path) -> None:
    hides = {"a pool nobody can serve": "the roster is not what it will be while a rep is wrong"}
    made = []
    for slip in SLIPS:
        if slip[0] not in hides and slip[2] in (folder / slip[1]).read_text("utf-8"):
            edit(folder, *slip[1:4])
            made.append(slip)
    assert len(made) > 30
    told = {finding.path.replace("Preferred guide", "attributes.guide") for finding in check_folder(folder)}
    assert {slip[4].replace("Preferred guide", "attributes.guide") for slip in made} <= told


# what stands wrong, file, text, its replacement, the paths told: no more than the slip itself
SLIPS_THAT_HIDE = [
    (
        "a mapping that is none",
        "forms/newsletter.yaml",
        "job_title: {from: [",
        "job_title: 3 # ",
        ["forms.newsletter.fields.job_title"],
    ),
    ("no source", "forms/newsletter.yaml", "source: content", "", ["forms.newsletter.source"]),
    (
        "no fields",
        "forms/newsletter.yaml",
        "fields:",
        "fieldss:",
        ["forms.newsletter.fields", "forms.newsletter.fieldss"],
    ),
    (
        "required as a text",
        "forms/newsletter.yaml",
        "required: [email]",
        "required: email",
        ["forms.newsletter.required"],
    ),
    ("a short key", "forms/newsletter.yaml", "key: aurora-newsletter", "key: x", ["forms.newsletter.key"]),
    (
        "lines of a rep as a text",
        "roster.yaml",
        "lines: [training]",
        "lines: training",
        ["roster.reps.elena-navarro.lines"],
    ),
    (
        "a team that is a number",
        "roster.yaml",
        "team: portugal",
        "team: 3",
        ["roster.reps.rui-figueiredo.team"],
    ),
    (
        "no address",
        "roster.yaml",
        "email: ",
        "emial: ",
        ["roster.reps.marta-ibanez.email", "roster.reps.marta-ibanez.emial"],
    ),
    ("no pools", "routing.yaml", "pools:", "pool:", ["routing.pool", "routing.pools"]),
    ("no plans", "routing.yaml", "plans:", "plan:", ["routing.plans", "routing.plan"]),
    ("no teams", "roster.yaml", "teams:", "team:", ["roster.team", "roster.teams"]),
    ("no reps", "roster.yaml", "reps:", "rep:", ["roster.reps", "roster.rep"]),
    ("no lines", "company.yaml", "lines:", "line:", ["lines", "line"]),
    (
        "a word for points",
        "scorecards/main.yaml",
        "points: 20",
        "points: lots",
        ["scorecards.main.fit[4].points"],
    ),
    (
        "no rules of fit",
        "scorecards/main.yaml",
        "\nfit:",
        "\nfitt:",
        ["scorecards.main.fit", "scorecards.main.fitt"],
    ),
    (
        "a calendar without week",
        "calendars.yaml",
        "week:",
        "weeks:",
        ["calendars.madrid.week", "calendars.madrid.weeks"],
    ),
    (
        "a calendar without zone",
        "calendars.yaml",
        "tz: Europe/Rome",
        "zone: UTC",
        ["calendars.milan.tz", "calendars.milan.zone"],
    ),
    (
        "an agreement of one side",
        "agreement.yaml",
        "\nsales:",
        "\nsale:",
        ["agreement.sales", "agreement.sale"],
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "paths"),
    [slip[1:] for slip in SLIPS_THAT_HIDE],
    ids=[slip[0] for slip in SLIPS_THAT_HIDE],
)
def test_a_slip_that_hides_other_parts_is_told_alone(
    folder: Path, file: str, old: str, new: str, paths: list[str]
) -> None:
    edit(folder, file, old, new)
    assert [finding.path for finding in check_folder(folder)] == paths


@pytest.mark.parametrize("name", ["sources", "routing", "roster", "calendars", "agreement"])
def test_a_missing_file_hides_no_other_error(folder: Path, name: str) -> None:
    (folder / f"{name}.yaml").unlink()
    assert [finding.path for finding in check_folder(folder)] == [name]
    edit(folder, "scorecards/main.yaml", "when: asks", "when: ask")
    edit(folder, "forms/newsletter.yaml", "job_title: {", "jobtitle: {")
    told = {finding.path for finding in check_folder(folder)}
    assert told == {name, "scorecards.main.interest[0].when", "forms.newsletter.fields.jobtitle"}


@pytest.mark.parametrize("short", ["job", "[job, role]"])
def test_a_bare_path_is_short_for_a_mapping(folder: Path, short: str) -> None:
    edit(folder, "forms/newsletter.yaml", "job_title: {", f"job_title: {short} # ")
    assert check_folder(folder) == []
    assert load_folder(folder).forms["newsletter"].fields["job_title"].from_ == short.strip("[]").split(", ")


def test_of_one_file_only_its_own_findings_are_told(folder: Path) -> None:
    edit(folder, "forms/newsletter.yaml", "source: content", "source: contents")
    edit(folder, "company.yaml", "EUR", "eur")
    checked = check(folder / "forms" / "newsletter.yaml")
    assert [finding.path for finding in checked.findings] == ["forms.newsletter.source"]
    assert (checked.folder, checked.errors_elsewhere) == (folder, 1)
    clean = check(folder / "roster.yaml")
    assert (clean.findings, clean.errors_elsewhere) == ([], 2)
    assert len(check(folder).findings) == 2


def test_a_file_that_is_part_of_no_rulebook_says_so(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "form.yaml"
    alone.write_text("name: x\n", "utf-8")
    (found,) = check(alone).findings
    assert "belongs to no rulebook" in found.message
    (folder / "notes.md").write_text("x", "utf-8")
    (unread,) = check(folder / "notes.md").findings
    assert "is not read" in unread.message
    (given,) = check_folder(folder / "company.yaml")
    assert (given.file, given.message) == (str(folder / "company.yaml"), "is a file, not a rulebook's folder")

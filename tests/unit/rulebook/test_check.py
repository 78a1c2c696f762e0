"""`baton check`: every slip is found, with its file, its line and what to write instead."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Finding, RulebookInvalid, Severity, errors_in
from rulebook.loader import load_folder

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def line_of(folder: Path, file: str, text: str) -> int:
    return next(
        number
        for number, line in enumerate((folder / file).read_text("utf-8").splitlines(), 1)
        if text in line
    )


def test_the_example_company_is_clean() -> None:
    assert check_folder(EXAMPLE) == []
    assert load_folder(EXAMPLE).company == "Aurora Cloud"


# what is wrong, file, text, its replacement, path of the finding, part of the message, part of the hint
SLIPS: list[tuple[str, str, str, str, str, str, str]] = [
    (
        "a misspelt key",
        "forms/demo-request.yaml",
        "honeypot:",
        "honeypott:",
        "forms.demo-request.honeypott",
        "no key",
        "`honeypot`",
    ),
    (
        "a mapping that names nothing",
        "forms/demo-request.yaml",
        "attributes.timeline: {from: [timeline]}",
        "attributes.timeline: {lower: true}",
        "forms.demo-request.fields.attributes.timeline",
        "no field to read and no constant",
        "`default: value` alone",
    ),
    (
        "a key written twice",
        "sources.yaml",
        "courses:",
        "website:",
        "sources.website",
        "twice, first in line 2",
        "rename",
    ),
    ("a currency in small letters", "company.yaml", "EUR", "eur", "currency", "'eur' is not allowed", "EUR"),
    (
        "a currency that nobody pays in",
        "company.yaml",
        "EUR",
        "ROL",
        "currency",
        "ROL is no currency in use",
        "EUR",
    ),
    (
        "an unknown zone",
        "company.yaml",
        "Europe/Madrid",
        "Europe/Madrit",
        "time_zone",
        "no time zone",
        "Europe/Madrid",
    ),
    (
        "a word for a number",
        "roster.yaml",
        "weight: 2",
        "weight: two",
        "roster.reps.javier-otxoa.weight",
        "not a whole number",
        "a whole number",
    ),
    (
        "an unknown source",
        "forms/newsletter.yaml",
        "source: content",
        "source: contents",
        "forms.newsletter.source",
        "no source",
        "`content`",
    ),
    (
        "an unknown line",
        "forms/newsletter.yaml",
        "lines: [main]",
        "lines: [mian]",
        "forms.newsletter.lines[0]",
        "no line",
        "`main`",
    ),
    (
        "an unknown team of a pool",
        "routing.yaml",
        "team: spain",
        "team: espana",
        "routing.pools.spain.team",
        "no team",
        "`spain`",
    ),
    (
        "an unknown rep of a pool",
        "routing.yaml",
        "[luca-marchetti,",
        "[luca-marcheti,",
        "routing.pools.academy-italy.reps[0]",
        "no rep",
        "`luca-marchetti`",
    ),
    (
        "an unknown team of a rep",
        "roster.yaml",
        "team: portugal",
        "team: porto",
        "roster.reps.rui-figueiredo.team",
        "no team",
        "`portugal`",
    ),
    (
        "an unknown calendar",
        "roster.yaml",
        "calendar: lisbon",
        "calendar: lisboa",
        "roster.reps.rui-figueiredo.calendar",
        "no calendar",
        "`lisbon`",
    ),
    (
        "an unknown line of a rep",
        "roster.yaml",
        "lines: [training]",
        "lines: [trainig]",
        "roster.reps.elena-navarro.lines[0]",
        "no line",
        "`training`",
    ),
    (
        "an unknown team lead",
        "roster.yaml",
        "lead: paola-ferri",
        "lead: paolo-ferri",
        "roster.teams.italy.lead",
        "no rep",
        "`paola-ferri`",
    ),
    (
        "no address",
        "roster.yaml",
        "paola.ferri@aurora.example",
        "paola.ferri",
        "roster.reps.paola-ferri.email",
        "no e-mail",
        "ana@example.com",
    ),
    (
        "one address for two",
        "roster.yaml",
        "paola.ferri@",
        "rui.figueiredo@",
        "roster.reps.paola-ferri.email",
        "address of `rui-figueiredo`",
        "their own",
    ),
    (
        "an absence without an end",
        "roster.yaml",
        "last_day: 2027-01-06",
        "last_day: 9999-12-31",
        "roster.reps.nuria-pascual.absences[0]",
        "further than calendars reach",
        "to 2199-12-31",
    ),
    (
        "an absence backwards",
        "roster.yaml",
        "last_day: 2027-01-06",
        "last_day: 2026-01-06",
        "roster.reps.nuria-pascual.absences[0]",
        "before it starts",
        "earlier day",
    ),
    (
        "an unknown pool",
        "routing.yaml",
        "pool: romania",
        "pool: rumania",
        "routing.plans.main.rules[5].pool",
        "no pool",
        "`romania`",
    ),
    (
        "an unknown pool for customers",
        "routing.yaml",
        "customers: large-accounts",
        "customers: large-acounts",
        "routing.plans.main.customers",
        "no pool",
        "`large-accounts`",
    ),
    (
        "a pool for customers nobody can serve",
        "routing.yaml",
        "customers: large-accounts",
        "customers: academy",
        "routing.plans.main.customers",
        "nobody in pool `academy`",
        "`main` in lines",
    ),
    (
        "an account has no such field",
        "routing.yaml",
        "when: segment.large",
        "when: account.standng == 'customer'",
        "routing.plans.main.rules[0].when",
        "there is no `account.standng`",
        "standing",
    ),
    (
        "a pool nobody can serve",
        "routing.yaml",
        "fallback: academy\n",
        "fallback: spain\n",
        "routing.plans.training.fallback",
        "nobody in pool `spain`",
        "`training` in lines",
    ),
    (
        "a rule that is never reached",
        "routing.yaml",
        "when: segment.large",
        'when: "true"',
        "routing.plans.main.rules[1]",
        "never reached",
        "move it up",
    ),
    (
        "two rules of one id",
        "scorecards/main.yaml",
        "id: large",
        "id: right-size",
        "scorecards.main.fit[1].id",
        "another rule",
        "its own id",
    ),
    (
        "one key for two forms",
        "forms/newsletter.yaml",
        "key: aurora-newsletter",
        "key: aurora-demo-request",
        "forms.newsletter.key",
        "key of form `demo-request`",
        "its own key",
    ),
    (
        "an unknown field",
        "forms/newsletter.yaml",
        "job_title: {",
        "jobtitle: {",
        "forms.newsletter.fields.jobtitle",
        "no profile field",
        "`job_title`",
    ),
    (
        "a field of this form only",
        "forms/newsletter.yaml",
        "attributes.guide: {",
        "Preferred guide: {",
        "forms.newsletter.fields.Preferred guide",
        "no profile field",
        "attributes.preferred_guide",
    ),
    (
        "a requirement that cannot be met",
        "forms/newsletter.yaml",
        "required: [email]",
        "required: [phone]",
        "forms.newsletter.required[0]",
        "every submission would be refused",
        "required: [",
    ),
    (
        "a path that cannot be read",
        "forms/newsletter.yaml",
        "{from: [guide]}",
        "{from: ['guide[0']}",
        "forms.newsletter.fields.attributes.guide.from",
        "cannot be read",
        "answers[0].text",
    ),
    (
        "a time that is none",
        "calendars.yaml",
        '["14:00", "18:00"]',
        '["2pm", "18:00"]',
        "calendars.lisbon.week.mon",
        "not a time",
        "HH:MM",
    ),
    (
        "shifts that overlap",
        "calendars.yaml",
        '["14:00", "18:00"]',
        '["12:00", "18:00"]',
        "calendars.lisbon.week.mon",
        "overlap",
        "join them",
    ),
    (
        "an unknown zone of a calendar",
        "calendars.yaml",
        "Europe/Rome",
        "Europe/Roma",
        "calendars.milan.tz",
        "not a time zone",
        "Europe/Rome",
    ),
    (
        "no holidays known",
        "calendars.yaml",
        "holidays_of: PT",
        "holidays_of: XX",
        "calendars.lisbon.holidays_of",
        "no public holidays",
        "such as ES",
    ),
    (
        "an unknown quadrant",
        "agreement.yaml",
        "warm:\n      accept",
        "hot:\n      accept",
        "agreement.sales.promises.hot",
        "'hot' is not known",
        "perfect",
    ),
    (
        "a promise no rep can keep",
        "agreement.yaml",
        "accept_within: 10m",
        "accept_within: 40m",
        "agreement.sales.promises.perfect.accept_within",
        "longer than first_response_within 30m",
        "30m or less",
    ),
    (
        "no length of time",
        "agreement.yaml",
        "accept_within: 10m",
        "accept_within: ten minutes",
        "agreement.sales.promises.perfect.accept_within",
        "cannot be read",
        "15m, 1h30m",
    ),
    (
        "no time at all",
        "agreement.yaml",
        "accept_within: 10m",
        "accept_within: 0m",
        "agreement.sales.promises.perfect.accept_within",
        "no time at all",
        "15m",
    ),
    (
        "warnings that fall",
        "agreement.yaml",
        "[0.5, 0.8]",
        "[0.8, 0.5]",
        "agreement.sales.warn_at",
        "0.5 comes after 0.8",
        "rising",
    ),
    (
        "a condition that does not compile",
        "scorecards/main.yaml",
        "when: asks",
        "when: asks and true",
        "scorecards.main.interest[0].when",
        "column 6",
        "&&",
    ),
    (
        "an unknown variable",
        "scorecards/main.yaml",
        "when: asks",
        "when: ask",
        "scorecards.main.interest[0].when",
        "undeclared reference to 'ask'",
        "asks",
    ),
    (
        "an unknown field in has()",
        "scorecards/main.yaml",
        "when: has(lead.phone)",
        "when: has(lead.phne)",
        "scorecards.main.interest[4].when",
        "no `lead.phne`",
        "`phone`",
    ),
    (
        "a form that does not exist",
        "scorecards/main.yaml",
        "'demo-request'",
        "'demo-reqest'",
        "scorecards.main.interest[1].when",
        "no form `demo-reqest`",
        "`demo-request`",
    ),
    (
        "a number compared with a text",
        "scorecards/main.yaml",
        "lead.employees < 5",
        "lead.employees < '5'",
        "scorecards.main.fit[2].when",
        "`<` does not take a number and a text",
        "in quotes",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message", "hint"),
    [slip[1:] for slip in SLIPS],
    ids=[slip[0] for slip in SLIPS],
)
def test_a_slip_is_an_error_with_its_place_and_what_to_write(
    folder: Path, file: str, old: str, new: str, path: str, message: str, hint: str
) -> None:
    edit(folder, file, old, new)
    found = [finding for finding in check_folder(folder) if finding.path == path]
    assert len(found) == 1
    finding = found[0]
    assert message in finding.message
    assert hint in finding.hint
    assert finding.severity is Severity.ERROR
    assert finding.file == (folder / file).as_posix()
    assert finding.line > 1
    with pytest.raises(RulebookInvalid) as caught:
        load_folder(folder)
    assert f"{file}:{finding.line}: error: {path}" in str(caught.value)


def test_the_line_is_the_one_where_the_slip_stands(folder: Path) -> None:
    edit(folder, "roster.yaml", "calendar: milan", "calendar: turin")
    (finding,) = check_folder(folder)
    assert finding.line == line_of(folder, "roster.yaml", "calendar: turin")


DOUBTS = [
    (
        "a read nobody guards",
        "scorecards/main.yaml",
        "when: has(lead.phone)",
        "when: lead.phone != ''",
        "may be absent",
        "has(lead.phone) &&",
    ),
    (
        "an attribute nobody guards",
        "scorecards/main.yaml",
        "has(lead.attributes.timeline) && ",
        "",
        "may be absent",
        "has(lead.attributes.timeline)",
    ),
    (
        "a pool nobody uses",
        "routing.yaml",
        "    fallback: academy\n    on_error: academy",
        "    fallback: academy-italy",
        "used by no plan",
        "name it in a plan",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "hint"),
    [doubt[1:] for doubt in DOUBTS],
    ids=[doubt[0] for doubt in DOUBTS],
)
def test_a_doubt_is_a_warning_and_the_rulebook_loads(
    folder: Path, file: str, old: str, new: str, message: str, hint: str
) -> None:
    edit(folder, file, old, new)
    findings = check_folder(folder)
    assert errors_in(findings) == []
    assert any(message in finding.message and hint in finding.hint for finding in findings)
    load_folder(folder)


def test_all_slips_are_found_in_one_run(folder: Path) -> None:
    made = [
        slip
        for slip in SLIPS
        if slip[0]
        in (
            "a misspelt key",
            "a word for a number",
            "an unknown calendar",
            "no length of time",
            "a currency in small letters",
            "an unknown variable",
        )
    ]
    for _, file, old, new, *_ in made:
        edit(folder, file, old, new)
    found = {finding.path for finding in check_folder(folder)}
    assert {slip[4] for slip in made} <= found


def test_a_form_that_cannot_be_read_is_not_reported_again_where_it_is_named(folder: Path) -> None:
    edit(folder, "forms/demo-request.yaml", "honeypot:", "honeypott:")
    assert [finding.path for finding in check_folder(folder)] == ["forms.demo-request.honeypott"]


def test_a_line_without_plan_or_scorecard_is_an_error(folder: Path) -> None:
    edit(folder, "company.yaml", "  training:", "  hardware: Devices\n  training:")
    messages = [finding.message for finding in check_folder(folder) if finding.path == "lines.hardware"]
    assert messages == ["has no routing plan", "has no scorecard"]


def test_a_calendar_that_never_opens_is_an_error(folder: Path) -> None:
    text = (folder / "calendars.yaml").read_text("utf-8")
    (folder / "calendars.yaml").write_text(text + "\nnever:\n  tz: UTC\n  week: {mon: []}\n", "utf-8")
    assert [finding.path for finding in check_folder(folder)] == ["calendars.never.week"]


BROKEN = [
    ("a bracket left open", b"name: [a\n", "YAML", "close the bracket"),
    ("a tab", b"name:\n\t- a\n", "YAML", "spaces, not tabs"),
    ("a colon in a text", b"name: a: b\n", "YAML", "in quotes"),
    ("not UTF-8", b"name: Espa\xf1a\n", "not UTF-8", "save the file again"),
    ("nothing", b"", "empty", "write its keys"),
]


@pytest.mark.parametrize(
    ("content", "message", "hint"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_file_that_is_no_yaml_is_one_plain_error(
    folder: Path, content: bytes, message: str, hint: str
) -> None:
    (folder / "agreement.yaml").write_bytes(content)
    found = check_folder(folder)
    assert len(found) == 1
    assert message in found[0].message
    assert hint in found[0].hint
    assert found[0].line >= 1


def test_a_missing_file_and_a_missing_folder_are_named(folder: Path) -> None:
    (folder / "agreement.yaml").unlink()
    (finding,) = check_folder(folder)
    assert (finding.message, finding.hint) == ("the file is missing", "add agreement.yaml")
    (nowhere,) = check_folder(folder / "nowhere")
    assert str(nowhere).startswith(f"{folder / 'nowhere'}: error: rulebook: there is no such folder.")


def test_a_file_that_would_never_be_read_is_an_error(folder: Path) -> None:
    (folder / "forms" / "extra.yml").write_text("name: x\n", "utf-8")
    (folder / "pools.yaml").write_text("a: 1\n", "utf-8")
    hints = [finding.hint for finding in check_folder(folder)]
    assert any("extra.yaml" in hint for hint in hints)
    assert any("routing.yaml" in hint for hint in hints)


def test_yaml_surprises_stay_what_was_written(folder: Path) -> None:
    edit(folder, "forms/newsletter.yaml", "region: ES", "region: NO")
    assert check_folder(folder) == []
    assert load_folder(folder).forms["newsletter"].region == "NO"


def test_a_finding_reads_as_one_line() -> None:
    finding = Finding("rulebook/company.yaml", 4, "currency", "'eur' is not allowed", "write EUR")
    assert (
        str(finding) == "rulebook/company.yaml:4: error: currency: 'eur' is not allowed. Instead: write EUR"
    )

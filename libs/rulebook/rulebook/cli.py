"""What the rulebook offers to the `baton` command: check a folder, begin one, publish, compare, go back."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage, CommandFailed
from baton_cli.moments import brief, in_utc, read_moment
from baton_cli.output import print_json, print_line, print_table, progress
from baton_cli.stack import Service, Stack
from rulebook.check import check as check_place
from rulebook.countries import country_code
from rulebook.demo_hours import SPOKEN, with_demo_hours
from rulebook.diff import diff as differences
from rulebook.findings import Finding, RulebookInvalid, errors_in
from rulebook.first import Answers, FirstRep, FolderInUse, init_folder
from rulebook.loader import load_folder
from rulebook.models import Rulebook
from rulebook.novelty import said_since, same_as_newest
from rulebook.places import usual_currency, usual_zone, zones_of
from rulebook.publication import parse, to_document
from rulebook.schemas import FOLDER as SCHEMAS

Folder = Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder of YAML files.")]
Number = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="`baton rulebook list` lists them.")]
From = Annotated[
    str | None,
    typer.Option(
        "--effective-from",
        metavar="MOMENT",
        help="When it takes effect, at least 30 s ahead. [default: in 30 s]",
        show_default=False,
    ),
]
AsWritten = Annotated[
    bool,
    typer.Option(
        "--as-written", help="To the stack of `make run`: with the folder's own hours, not the demo's."
    ),
]

_USUAL = Answers(company="")
_READING_BACK_SECONDS = 3600.0
"""So long a job waits for scoring, which may read back days after a restore."""

rulebook = command_group(help="Versions of the rulebook: compare with a folder, publish, go back, list.")


class _Invalid(CommandFailed):
    """The rulebook is refused: correct what is listed."""

    exit_code = 1


def check(
    place: Annotated[
        Path, typer.Argument(metavar="[FOLDER|FILE]", help="The folder of YAML files, or one of them.")
    ] = Path("rulebook"),
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a rulebook's folder: every error with file, line and what to write instead.

    Of one file only what stands in it is told, though its whole rulebook is read. Exit code 1 when there is
    an error, with --strict also for a warning.
    """
    checked = check_place(place)
    findings, errors = checked.findings, errors_in(checked.findings)
    if as_json:
        told = [asdict(finding) for finding in findings]
        print_json({"ok": not errors, "findings": told, "errors_elsewhere": checked.errors_elsewhere})
    else:
        for finding in findings:
            print_line(str(finding))
        print_line(f"{place}: {_counted(errors, findings)}")
        if checked.errors_elsewhere:
            more = checked.errors_elsewhere
            print_line(f"Other files have {more} more: `baton check {checked.folder}` shows them.")
    if errors or (strict and findings):
        raise typer.Exit(1)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="A new or empty folder.")] = Path(
        "rulebook"
    ),
    company: Annotated[str | None, typer.Option(help="The company's name.", show_default=False)] = None,
    rep: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=E-MAIL", help="A sales rep, as Ana=ana@example.com; repeatable."),
    ] = None,
    country: Annotated[str, typer.Option(help="For holidays and phone numbers: a name or an ISO code.")] = (
        _USUAL.country
    ),
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", "--tz", help="IANA name. [default: the country's]", show_default=False),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217 code. [default: the country's]", show_default=False)
    ] = None,
    line: Annotated[str, typer.Option(help="What you sell.")] = _USUAL.line,
    opens: Annotated[str, typer.Option(metavar="HH:MM", help="When the office opens.")] = _USUAL.opens,
    closes: Annotated[str, typer.Option(metavar="HH:MM", help="When it closes.")] = _USUAL.closes,
    as_json: AsJson = False,
) -> None:
    """Write a first rulebook, small and complete; asks for company and reps where no flag names them."""
    reps = [_read_rep(text) for text in rep or []]
    where = _read_country(country)
    answers = Answers(
        company=company or _ask("Company", "--company"),
        reps=reps or _ask_reps(),
        time_zone=time_zone or _zone_in(where),
        country=where,
        currency=(currency or usual_currency(where) or _ask("Currency, such as EUR", "--currency")).upper(),
        line=line,
        opens=opens,
        closes=closes,
    )
    try:
        written = init_folder(folder, answers)
    except FolderInUse as error:
        raise BadUsage(f"{error}.") from None
    except RulebookInvalid as error:
        raise BadUsage(f"These answers make no rulebook:\n{error}") from None
    progress(
        f"Country {answers.country}, time zone {answers.time_zone}, currency {answers.currency}: "
        "--country, --time-zone and --currency choose others."
    )
    if as_json:
        print_json({"folder": folder, "files": written})
    else:
        own = [file for file in written if SCHEMAS not in file.parts]
        print_line(
            f"{len(own)} files in {folder}, and {len(written) - len(own)} for editors in its {SCHEMAS}."
        )
        print_line(f"Edit the {len(own)}, then `baton check {folder}`")
        print_line(f"and `baton rulebook publish {folder}`.")
        print_line("The agreement is on trial: measured and shown, and binding nobody until both sides sign.")


@rulebook.command()
def diff(
    folder: Folder = Path("rulebook"),
    version: Annotated[
        int | None,
        typer.Option(min=1, help="Compare with it. [default: the one in force]", show_default=False),
    ] = None,
    as_written: AsWritten = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """What publishing a folder would change; exit code 1 when there is a difference."""
    mine = _load(folder)
    with open_client(stack) as client:
        mine = _for_stack(client.stack, mine, as_written=as_written)
        published = client.get(Service.SCORING, f"/v1/rulebooks/{version or 'active'}")
    changes = differences(parse(published["rulebook"]), mine)
    if as_json:
        print_json({"version": published["version"], "changes": [asdict(change) for change in changes]})
    elif changes:
        for change in changes:
            print_line(str(change))
    else:
        print_line(f"{folder} says the same as version {published['version']}.")
    if changes:
        raise typer.Exit(1)


@rulebook.command()
def publish(
    folder: Folder = Path("rulebook"),
    effective_from: From = None,
    by: Annotated[str | None, typer.Option(help="Who publishes. [default: you]", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Also what is published already.")] = False,
    if_changed: Annotated[
        bool,
        typer.Option(
            "--if-changed",
            help="Only what nobody has published since --by did last: for jobs that run again.",
        ),
    ] = False,
    as_written: AsWritten = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a folder and publish it whole as a new version, unless the newest says the same.

    To the stack of `make run` it is published with the demo's hours, which it says. With --if-changed a
    rollback, or what was published by others, stays in force until the folder says something new; and it
    waits, for an hour at most, until scoring has read back what a restored store lacks.
    """
    if force and if_changed:
        raise BadUsage("--force and --if-changed contradict each other: leave one of them out.")
    progress(f"checking {folder} ...")
    mine = _load(folder)
    with open_client(stack) as client:
        if if_changed:
            client.await_open(Service.SCORING, at_most=_READING_BACK_SECONDS)
        document = to_document(_for_stack(client.stack, mine, as_written=as_written))
        body = {"rulebook": document, **_publication(by, effective_from)}
        same = None if force else same_as_newest(client, document, body.get("effective_from"))
        if same is None and if_changed:
            same = said_since(client, document, body["published_by"])
        if same is None:
            progress("publishing ...")
            _tell(client.post(Service.SCORING, "/v1/rulebooks", body), as_json)
        elif as_json:
            print_json(same | {"unchanged": True})
        else:
            print_line(
                f"Unchanged since version {same['version']}: nothing published. --force publishes it again."
            )


@rulebook.command()
def rollback(
    version: Number,
    effective_from: From = None,
    by: Annotated[str | None, typer.Option(help="Who publishes. [default: you]", show_default=False)] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Publish an older version's content again, under a new number."""
    with open_client(stack) as client:
        path = f"/v1/rulebooks/{version}/rollback"
        published = client.post(Service.SCORING, path, _publication(by, effective_from))
    _tell(published, as_json)


@rulebook.command("list")
def list_versions(stack: StackFile = None, as_json: AsJson = False) -> None:
    """What was published when and by whom, newest first."""
    with open_client(stack) as client:
        versions = items(client.get(Service.SCORING, "/v1/rulebooks"), "versions")
        in_force = _in_force(client) if versions else None
    if as_json:
        print_json({"versions": versions, "in_force": in_force})
        return
    rows = [
        (
            each["version"],
            "in force" if each["version"] == in_force else "",
            brief(each["published_at"]),
            brief(each["effective_from"]),
            each["published_by"],
            f"as version {each['rolled_back_to']}" if each.get("rolled_back_to") else "",
        )
        for each in versions
    ]
    print_table(["version", "", "published (UTC)", "effective from (UTC)", "by", ""], rows)


@rulebook.command()
def show(
    version: Annotated[
        str, typer.Argument(metavar="[VERSION]", help="A number, or active.", show_default=False)
    ] = "active",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """One version whole, as YAML; the one in force unless a number is named."""
    if version != "active" and not version.isdigit():
        raise BadUsage(f"{version!r} is no version; write a number, or active.")
    with open_client(stack) as client:
        found = client.get(Service.SCORING, f"/v1/rulebooks/{version}")
    if as_json:
        print_json(found)
    else:
        found["rulebook"] = _in_order(found["rulebook"])
        print_line(yaml.safe_dump(found, allow_unicode=True, sort_keys=False).rstrip())


def _load(folder: Path) -> Rulebook:
    try:
        return load_folder(folder)
    except RulebookInvalid as error:
        raise _Invalid(f"{error}\n{folder}: {_counted(errors_in(error.findings), error.findings)}") from None


def _for_stack(stack: Stack, mine: Rulebook, *, as_written: bool) -> Rulebook:
    """The rulebook as that stack is to have it: a demo keeps its hours unless told otherwise."""
    if as_written or not stack.has_demo_hours:
        return mine
    progress(
        f"This is the stack of `make run`, so it goes with the demo's hours: {SPOKEN}. "
        "--as-written keeps the folder's own."
    )
    return parse(with_demo_hours(to_document(mine)))


def _counted(errors: list[Finding], findings: list[Finding]) -> str:
    if not findings:
        return "no errors, no warnings."
    warnings = len(findings) - len(errors)
    return f"{len(errors)} error{'s' * (len(errors) != 1)}, {warnings} warning{'s' * (warnings != 1)}."


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    """The keys as the types have them, not as the store keeps them; a version these types refuse as it is."""
    try:
        return to_document(parse(document))
    except RulebookInvalid:
        return document


def _publication(by: str | None, effective_from: str | None) -> dict[str, Any]:
    body = {"published_by": by or operator_name()}
    if effective_from is not None:
        body["effective_from"] = in_utc(read_moment(effective_from, "--effective-from"))
    return body


def _in_force(client: Client) -> int:
    return int(client.get(Service.SCORING, "/v1/rulebooks/active")["version"])


def _tell(published: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(published)
        return
    for warning in published.get("warnings", []):
        progress(warning)
    number = published["version"]
    holds = (
        "holds from the beginning"
        if number == 1
        else f"takes effect {brief(published['effective_from'])} UTC"
    )
    print_line(f"Version {number} is published and {holds}.")


def _read_rep(text: str) -> FirstRep:
    name, equals, email = text.rpartition("=")
    if not (equals and name.strip() and email.strip()):
        raise BadUsage(f"--rep: {text!r} is no rep; write NAME=E-MAIL, as Ana=ana@example.com.")
    return FirstRep(name.strip(), email.strip())


def _read_country(text: str) -> str:
    code = country_code(text) or text.upper()
    if not zones_of(code):
        raise BadUsage(f"--country: {text!r} is no country; write its ISO code, such as ES.")
    return code


def _zone_in(country: str) -> str:
    """The zone of a country that has one; of several somebody has to choose."""
    found = usual_zone(country)
    if found is not None:
        return found
    zones = zones_of(country)
    shown = ", ".join(zones[:6]) + (", ..." if len(zones) > 6 else "")
    if not sys.stdin.isatty():
        raise BadUsage(f"--time-zone is missing: {country} has {len(zones)}. Write one of {shown}.")
    return _ask(f"Time zone ({country} has {shown})", "--time-zone")


def _ask(question: str, flag: str) -> str:
    """An answer from the terminal; questions go to stderr. Raises BadUsage where nobody can answer."""
    if not sys.stdin.isatty():
        raise BadUsage(f"{flag} is missing, and there is no terminal to ask.")
    return str(typer.prompt(question, err=True))


def _ask_reps() -> list[FirstRep]:
    reps = [FirstRep(_ask("First rep's name", "--rep"), _ask("Their e-mail", "--rep"))]
    while name := str(
        typer.prompt("Another rep's name (empty: no more)", default="", show_default=False, err=True)
    ):
        reps.append(FirstRep(name, _ask("Their e-mail", "--rep")))
    return reps

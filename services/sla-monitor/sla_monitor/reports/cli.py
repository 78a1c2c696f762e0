"""`baton report`: a month for both sides, and what a source delivered; over HTTP."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from sla_monitor.ledger.cli import close_month
from sla_monitor.reports.asked import THIS, check_name
from sla_monitor.reports.asking import ask, write_page
from sla_monitor.rhythm.cli import pages, weekly

TIMEOUT_SECONDS = 130.0
Month = Annotated[
    str, typer.Option(metavar="2026-11", help="The month, or `last`: the last one that is over.")
]
AsPage = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the page there; - is the terminal.")
]
AsCsv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Write it there as CSV; - is the terminal.")
]
Language = Annotated[str, typer.Option(metavar="en|es|pt|it|ro", help="Language of the page.")]

report = command_group(help="A month for both sides, what each source delivered, and the weekly page.")
report.command("weekly")(weekly)
report.command("pages")(pages)
report.command("close")(close_month)


@report.callback(invoke_without_command=True, no_args_is_help=False)
def month(
    context: typer.Context,
    month: Month = THIS,
    as_page: AsPage = None,
    as_csv: AsCsv = None,
    language: Language = "en",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """A month for both sides: what was delivered, promised, kept and won."""
    if context.invoked_subcommand is not None:
        return
    with open_client(stack, TIMEOUT_SECONDS) as client:
        path = f"/v1/reports/{_month(month)}"
        found = _asked(client, path, as_page, as_csv, language)
    if found is None:
        return
    if as_json:
        print_json(found)
    else:
        _show_month(found)


@report.command("source")
def source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source, as the rulebook names it.")],
    month: Month = THIS,
    as_page: AsPage = None,
    as_csv: AsCsv = None,
    language: Language = "en",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Each paid lead of a source: accepted, duplicate, or invalid, and whether it may be given back."""
    with open_client(stack, TIMEOUT_SECONDS) as client:
        path = f"/v1/reports/{_month(month)}/sources/{quote(name, safe='')}"
        found = _asked(client, path, as_page, as_csv, language)
    if found is None:
        return
    if as_json:
        print_json(found)
    else:
        _show_source(found)


def _month(name: str) -> str:
    """The month as the service reads it. Raises BadUsage for what is none."""
    try:
        check_name(name)
    except ValueError as error:
        raise BadUsage(str(error)) from None
    return name


def _asked(
    client: Client, path: str, as_page: Path | None, as_csv: Path | None, language: str
) -> dict[str, Any] | None:
    """Files are written as they come; without any the figures."""
    for form, target in (("html", as_page), ("csv", as_csv)):
        if target is not None:
            params = {"format": form, "language": language}
            write_page(target, ask(client, path, **params).content)
    if as_page is not None or as_csv is not None:
        return None
    figures: dict[str, Any] = ask(client, path).json()
    return figures


def _show_month(found: dict[str, Any]) -> None:
    head, works = found["head"], found["sales"]["works"]
    print_fields(
        {
            "month": f"{head['month']} ({head['state']})",
            "agreement": head["agreement_name"] or "none binds",
            "leads worked in time": f"{works['worked']} of {works['due']}",
            "revenue": _revenue(found["sources"], head["currency"]),
            "win rate": _share(found["speed"]["win_rate"]),
        }
    )
    print_line()
    print_heading("Marketing's side")
    print_table(
        ["goal", "agreed", "delivered", "taken off", "net", "share"],
        [
            (
                each["id"],
                each["goal"],
                *map(_number, (each["delivered"], each["taken_off"], each["net"])),
                _share(each["share"]),
            )
            for each in found["marketing"]["goals"]
        ],
    )
    print_line()
    print_heading("Sales' side")
    rows = [
        (
            each["kind"].replace("_", " "),
            each["kept"],
            each["broken_by_sales"],
            each["broken_in_all"] - each["broken_by_sales"],
            _share(each["share_kept"]),
        )
        for each in found["sales"]["promises"]
    ]
    print_table(["promise", "kept", "broken by sales", "by others", "kept by sales"], rows)
    progress("The whole report: --html FILE, --csv FILE, or --json")


def _show_source(found: dict[str, Any]) -> None:
    returnable = found["returnable"]
    worth = found["returnable_minor"]
    print_fields(
        {
            "source": found["name"],
            "month": found["month"],
            **found["counts"],
            "may be given back": f"{returnable}, {_money(worth, found['currency'])}" if worth else returnable,
        }
    )
    print_line()
    rows = [
        (
            each["at"][:16].replace("T", " "),
            each["lead_id"],
            each["verdict"],
            each["reason"],
            each["duplicate_of"],
            each["evidence"] or each["proof"],
            each["in_window"],
            each["is_returnable"],
        )
        for each in found["touches"]
    ]
    columns = [
        "when (UTC)",
        "lead",
        "result",
        "reason",
        "duplicate of",
        "proof",
        "in window",
        "may be given back",
    ]
    print_table(columns, rows, optional=columns[3:6])


def _revenue(sources: dict[str, Any], currency: str) -> str:
    later = sources["corrections_minor"]
    told = f", corrections {'+' if later > 0 else ''}{_money(later, currency)}" if later else ""
    return _money(sources["revenue_minor"], currency) + told


def _share(part: float | None) -> str:
    from sla_monitor.reports.words import short_of

    return "-" if part is None else f"{short_of(part):.1%}"


def _number(figure: float) -> str:
    return f"{figure:,.2f}".rstrip("0").rstrip(".")


def _money(minor: int, currency: str) -> str:
    from lead_events.money import minor_digits

    digits = minor_digits(currency)
    return f"{minor / 10**digits:,.{digits}f} {currency}"

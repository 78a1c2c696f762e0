"""`baton report`: a month for both sides, and what a source delivered; over HTTP."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.output import print_json
from sla_monitor.ledger.cli import close_month
from sla_monitor.reports.asked import THIS, check_name
from sla_monitor.reports.asking import ask, write_page
from sla_monitor.reports.terminal import show_month, show_source
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
        show_month(found)


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
        show_source(found)


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

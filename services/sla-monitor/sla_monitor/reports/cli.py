"""`baton report`: a month for both sides, and what a source delivered; over HTTP."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.output import print_json
from sla_monitor.ledger.cli import close_month
from sla_monitor.reports.asked import THIS, check_name
from sla_monitor.reports.asking import TIMEOUT_SECONDS, ask, write_page
from sla_monitor.reports.terminal import show_month, show_source
from sla_monitor.rhythm.cli import pages, weekly

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
    path = f"/v1/reports/{_month(month)}"
    _show(path, show_month, {"html": as_page, "csv": as_csv}, language, stack, as_json=as_json)


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
    path = f"/v1/reports/{_month(month)}/sources/{quote(name, safe='')}"
    _show(path, show_source, {"html": as_page, "csv": as_csv}, language, stack, as_json=as_json)


def _month(name: str) -> str:
    """The month as the service reads it. Raises BadUsage for what is none."""
    try:
        check_name(name)
    except ValueError as error:
        raise BadUsage(str(error)) from None
    return name


def _show(
    path: str,
    show: Callable[[dict[str, Any]], None],
    targets: Mapping[str, Path | None],
    language: str,
    stack: Path | None,
    *,
    as_json: bool,
) -> None:
    """Files are written as they come; without any, the figures are shown."""
    wanted = {form: target for form, target in targets.items() if target is not None}
    with open_client(stack, TIMEOUT_SECONDS) as client:
        for form, target in wanted.items():
            write_page(target, ask(client, path, format=form, language=language).content)
        if wanted:
            return
        found: dict[str, Any] = ask(client, path).json()
    if as_json:
        print_json(found)
    else:
        show(found)

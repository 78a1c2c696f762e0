"""`baton agreement review`: the next month's agreement as a diff that both sides sign."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage
from baton_cli.output import print_heading, print_json, print_line, progress
from baton_cli.stack import Service
from sla_monitor.reports.asking import TIMEOUT_SECONDS

_NOTICE = "# yaml-language-server: $schema=../.schemas/agreement.schema.json\n"


def review(
    month: Annotated[str, typer.Option(metavar="2026-12|next", help="For which month.")] = "next",
    write: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write the draft into this rulebook: agreements/MONTH.yaml."),
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose a month's agreement by the rates of the last three months, as a diff that both sides sign."""
    with open_client(stack, TIMEOUT_SECONDS) as client:
        found = client.get(Service.SLA_MONITOR, "/v1/agreement/proposal", month=month)
    if write is not None:
        progress(f"Written: {_written(write, found)}. Sign it there, set state: active, and publish.")
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    months, days = ", ".join(found["based_on"]), found["working_days"]
    print_heading(f"Agreement for {found['month']} ({days} working days), by what {months} came to")
    print_line()
    changes = items(found, "changes")
    print_line(f"--- {found['of']}")
    print_line(f"+++ agreements/{found['month']}.yaml")
    for change in changes:
        print_line(f"# {change['because']}")
        print_line(f"-{change['path']}: {_plain(change['before'])}")
        print_line(f"+{change['path']}: {_plain(change['after'])}")
    if not changes:
        print_line("# Nothing would change: what was agreed is what came.")
    for remark in found["remarks"]:
        print_line()
        print_line(f"Note: {remark}.")
    print_line()
    print_line("For marketing: ____________________   For sales: ____________________")


def _plain(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value).removesuffix(".0")


def _written(folder: Path, found: dict[str, Any]) -> Path:
    if not (folder / "company.yaml").is_file():
        raise BadUsage(f"{folder} is no rulebook: name the folder that holds company.yaml")
    place = folder / "agreements" / f"{found['month']}.yaml"
    if place.exists():
        raise BadUsage(f"{place} is there already: delete or rename it, then ask again")
    place.parent.mkdir(exist_ok=True)
    text = yaml.safe_dump(found["agreement"], sort_keys=False, allow_unicode=True)
    place.write_text(_NOTICE + text, "utf-8")
    return place

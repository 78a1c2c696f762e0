"""`baton nurturing`: who is with marketing and why, also as CSV; who has unsubscribed; what is told again."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, Cursor, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.files import Force, Out, save
from baton_cli.leads import person_in
from baton_cli.moments import brief
from baton_cli.output import print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import Quadrant

AT_ONCE = 1000
"""Unsubscribes of one request."""
SHOWN = 20
HEADERS = ("email", "mail", "emailaddress")
"""How tools head the column with the address, letters only."""
Line = Annotated[str | None, typer.Option(metavar="LINE", help="Only this product line.")]
OnlyQuadrant = Annotated[Quadrant | None, typer.Option(help="Only this quadrant.")]

nurturing = command_group(
    help="Nurturing: who is with marketing and why, the list as CSV, who has unsubscribed."
)


@nurturing.command("list")
def list_nurturing(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, newest first.")] = 50,
    line: Line = None,
    quadrant: OnlyQuadrant = None,
    only_handed: Annotated[
        bool, typer.Option("--only-handed", help="Only whom marketing's tool is told of.")
    ] = False,
    cursor: Cursor = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Who is in nurturing, why, and whether marketing's tool is told."""
    with open_client(stack) as client:
        page = client.get(
            Service.SCORING,
            "/v1/nurturing",
            limit=limit,
            line=line,
            cursor=cursor,
            quadrant=quadrant.value if quadrant else None,
            only_handed=only_handed or None,
        )
    found = items(page, "nurturing")
    if as_json:
        print_json(page)
        return
    if not found:
        print_line("Nobody is in nurturing.")
        return
    columns = ["lead", "person", "line", "quadrant", "since (UTC)", "wakes (UTC)", "told", "why"]
    print_table(columns, [_row(each) for each in found], optional=["wakes (UTC)"])
    if page.get("next"):
        progress(f"There are more: --limit, or --cursor {page['next']}")


@nurturing.command("csv")
def as_csv(
    line: Line = None,
    quadrant: OnlyQuadrant = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Also whom marketing's tool is not told of.")
    ] = False,
    out: Out = None,
    force: Force = False,
    stack: StackFile = None,
) -> None:
    """The list as the daily file has it: whoever marketing may write to, with why."""
    asked = {"line": line, "quadrant": quadrant.value if quadrant else None}
    asked |= {"only_handed": "false" if everybody else None}
    params = {name: value for name, value in asked.items() if value is not None}
    with open_client(stack) as client:

        def content() -> bytes:
            return client.request("GET", Service.SCORING, "/v1/nurturing.csv", params=params).content

        if out is None:
            print_line(content().decode().rstrip("\r\n"))
            return
        save(out, content, force=force)
    progress(f"Written to {out}. It holds personal data: pass it on safely, and delete it then.")


@nurturing.command()
def unsubscribe(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV with a column `email`, or one e-mail address a line."),
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Have everybody in a file leave nurturing for good; they may still ask for something.

    Exit code 1 when an entry could not be read; the others are taken all the same.
    """
    emails = _emails(file)
    taken, refused = 0, list[dict[str, Any]]()
    with open_client(stack) as client:
        rest = iter(emails)
        while some := list(islice(rest, AT_ONCE)):
            report = {"unsubscribes": [{"email": email} for _, email in some], "by": operator_name()}
            answer = client.post(Service.SCORING, "/v1/nurturing/unsubscribes", report)
            taken += answer["taken"]
            refused += [{"line": some[each["entry"]][0], **each} for each in answer["refused"]]
    if as_json:
        print_json({"taken": taken, "refused": refused})
    else:
        print_line(f"{taken:,} taken, {len(refused):,} could not be read.")
        for each in refused[:SHOWN]:
            print_line(f"  {file}, line {each['line']}: {each['detail']}")
    if refused:
        raise typer.Exit(1)


@nurturing.command()
def resend(stack: StackFile = None, as_json: AsJson = False) -> None:
    """Tell marketing's tool what it was not told because it did not answer for three days.

    Once the tool is mended: of everybody the newest message is tried for three days again.
    """
    with open_client(stack) as client:
        answer = client.post(Service.SCORING, "/v1/nurturing/resend", {})
    if as_json:
        print_json(answer)
    else:
        sent = answer["sent_again"]
        told = "1 message is" if sent == 1 else f"{sent:,} messages are"
        print_line(f"{told} on the way again.")


def _emails(file: Path) -> list[tuple[int, str]]:
    """Lines and e-mails. Raises BadUsage for a file that cannot be read, or has no such column."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text: save it as UTF-8"
        raise BadUsage(f"{file} cannot be read: {reason}.") from None
    found = list(_cells(file, text))
    if not found:
        raise BadUsage(f"{file} names nobody: write a column `email`, or one e-mail address a line.")
    return found


def _cells(file: Path, text: str) -> Iterator[tuple[int, str]]:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from ((reader.line_num, cell) for cell in _column(file, reader))
    except csv.Error as error:
        raise BadUsage(f"{file}, line {reader.line_num}: {error}: close its quotes.") from None


def _column(file: Path, rows: Iterable[list[str]]) -> Iterator[str]:
    place: int | None = None
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if place is None:
            head = ["".join(filter(str.isalpha, cell.lower())) for cell in row]
            place = next((number for number, name in enumerate(head) if name in HEADERS), -1)
            if place >= 0:
                continue
            if len(row) > 1:
                raise BadUsage(f"{file} has no column `email`: its first line names {', '.join(row)[:200]}.")
            place = 0
        if place < len(row) and row[place].strip():
            yield row[place].strip()


def _row(each: dict[str, Any]) -> tuple[object, ...]:
    told = "yes" if each["is_told"] else each["kept_back_because"] or "no"
    if (each["last_message"] or {}).get("state") == "given_up":
        told = "given up: baton nurturing resend"
    return (
        each["lead_id"],
        person_in(each["contact"]) or each["person_id"],
        each["line"],
        each["quadrant"],
        brief(each["since"]),
        brief(each["wake_at"]) if each["wake_at"] else None,
        told,
        each["reason"],
    )

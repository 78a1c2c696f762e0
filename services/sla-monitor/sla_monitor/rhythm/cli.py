"""`baton report weekly` and `baton report pages`: the pages that are sent by themselves, over HTTP."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from baton_cli.audit import operator_name
from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.moments import brief_utc
from baton_cli.output import print_json, print_line, print_table, progress
from baton_cli.stack import Service
from sla_monitor.reports.asked import LAST
from sla_monitor.reports.asking import TIMEOUT_SECONDS, ask, write_page

Language = Annotated[str, typer.Option(metavar="en|es|pt|it|ro", help="In which language to show it.")]
AsPage = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write the e-mail's page there; - is the terminal."),
]


def weekly(
    week: Annotated[
        str | None, typer.Option(metavar="2026-W48", help="The week. [default: the last one that is over]")
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to those named in the rulebook who were not sent it.")
    ] = False,
    language: Language = "en",
    as_page: AsPage = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """The page of a week as both sides get it on Monday: wins, lead flow, pace, what is broken, campaigns."""
    path = f"/v1/pages/weekly/{quote(week or LAST, safe='')}"
    with open_client(stack, TIMEOUT_SECONDS) as client:
        if send:
            sent = client.post(Service.SLA_MONITOR, f"{path}/send", headers={"X-Operator": operator_name()})
        elif as_page is not None:
            write_page(as_page, ask(client, f"{path}/html", language=language).content)
            return
        else:
            found = ask(client, path, language=language).json()
    if as_json:
        print_json(sent if send else found)
    elif send:
        _show_sent(sent["period"], sent["sent"], sent["sent_before"])
    else:
        print_line(found["subject"])
        print_line()
        print_line(found["text"].rstrip())


def _show_sent(period: str, sent: list[str], before: list[str]) -> None:
    print_line(f"{period} is on its way to {', '.join(sent)}." if sent else f"{period}: nobody is sent it.")
    if before:
        print_line(f"Sent before: {', '.join(before)}.")
    progress("How it fares: baton report pages")


def pages(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Which page was sent to whom, and how it fared; the newest first."""
    with open_client(stack) as client:
        answer = client.get(Service.SLA_MONITOR, "/v1/pages", limit=limit)
    found = items(answer, "pages")
    if as_json:
        print_json(answer)
        return
    if not found:
        print_line("No page has been sent. Who gets which stands in company.yaml under `pages`.")
        return
    rows = [
        (
            each["page"],
            each["period"],
            each["receiver"],
            each["language"],
            brief_utc(each["sent_at"]),
            each["state"] or "forgotten",
            None if each["state"] == "delivered" else each["detail"],
        )
        for each in found
    ]
    columns = ["page", "of", "to", "language", "sent", "state", "why"]
    print_table(columns, rows, optional=columns[-1:])

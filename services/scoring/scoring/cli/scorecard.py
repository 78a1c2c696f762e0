"""`baton scorecard rows`: ended leads of the store as rows that a scorecard is learned from."""

from typing import Annotated

import typer

from baton_cli.client import open_client
from baton_cli.commands import StackFile
from baton_cli.files import Force, Out, save
from baton_cli.output import print_line, progress
from baton_cli.stack import Service

TIMEOUT_SECONDS = 600.0
"""All leads of years come in one answer."""


def rows(
    line: Annotated[str | None, typer.Option(metavar="LINE", help="Only this product line.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only leads opened then or later: 2026-01-01T00:00:00Z."),
    ] = None,
    with_open: Annotated[
        bool, typer.Option("--with-open", help="Also open leads with an outcome so far, as a meeting.")
    ] = False,
    out: Out = None,
    force: Force = False,
    stack: StackFile = None,
) -> None:
    """Ended leads as JSON lines: what was known before sales had each, and how it ended.

    No e-mail, phone or name is in them. Learn from the file: baton scorecard train FILE --outcome won.
    """
    with open_client(stack, timeout=TIMEOUT_SECONDS) as client:
        asked = {"line": line, "since": since, "with_open": with_open or None}
        params = {name: value for name, value in asked.items() if value is not None}
        path = "/v1/scorecards/training-rows"
        if out is None:
            text = client.request("GET", Service.SCORING, path, params=params).text
            print_line(text.rstrip("\n"))
            return
        found: list[bytes] = []

        def content() -> bytes:
            found.append(client.request("GET", Service.SCORING, path, params=params).content)
            return found[0]

        save(out, content, force=force)
    count = found[0].count(b"\n")
    progress(f"{count:,} rows written to {out}.")

"""`baton imports`: files of leads that were imported, how far they are, their refused rows, over HTTP."""

import csv
import io
from typing import Annotated, Any

import typer

from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import FoundNothing
from baton_cli.files import Force, Out, save
from baton_cli.identities import IMPORT, whole_id
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service

PATH = "/v1/imports"

ImportName = Annotated[
    str,
    typer.Argument(
        metavar="IMPORT",
        help="The import's id, or the beginning of it; `baton imports list` lists them.",
        show_default=False,
    ),
]

imports = command_group(help="Files that were imported: list them, see how far one is, get its refused rows.")


@imports.command("list")
def list_imports(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, newest first.")] = 30,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Imports, newest first: which file, by which form, how many rows went out and were refused."""
    with open_client(stack) as client:
        page = client.get(Service.SCORING, PATH, limit=limit)
    found = items(page, "imports")
    if as_json:
        print_json(page)
    elif not found:
        print_line("Nothing was imported yet.")
    else:
        columns = ["import", "started (UTC)", "file", "form", "by", "state", "published", "refused"]
        keys = ("file", "form_id", "by", "state", "published", "refused")
        rows = [(each["import_id"], brief(each["started_at"]), *map(each.get, keys)) for each in found]
        print_table(columns, rows)


@imports.command()
def show(imported: ImportName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """How far an import is, and what became of its rows."""
    with open_client(stack) as client:
        found = client.get(Service.SCORING, f"{PATH}/{whole_id(client, IMPORT, imported)}")
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "import": found["import_id"],
            "file": found["file"],
            "form": found["form_id"],
            "by": found["by"],
            "started": brief_utc(found["started_at"]),
            "state": found["state"],
            "error": found.get("error"),
            "published": found["published"],
            "refused": found["refused"],
            "skipped lines": found["skipped"],
            **{name.replace("_", " "): count for name, count in found["rows_by_state"].items()},
            "repeated": found["repeated"],
            "on the way": found["on_the_way"],
        }
    )
    if found["refused"]:
        print_line(errors_hint(found["import_id"]))


@imports.command()
def errors(
    imported: ImportName,
    out: Out = None,
    force: Force = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """The rows that no lead could be made of, as CSV: number, line, what to write instead, the row itself.

    Correct them in that file, take away the first three columns, and import it by the same form.
    """
    with open_client(stack) as client:
        identity = whole_id(client, IMPORT, imported)
        if out is not None:
            save(out, lambda: _errors(client, identity), force=force)
            progress(f"Written to {out}. It holds personal data: delete it once it is dealt with.")
            return
        text = _errors(client, identity).decode("utf-8-sig")
    if as_json:
        print_json({"import_id": identity, "errors": _rows(text)})
    else:
        print_line(text.replace("\r\n", "\n").rstrip("\n"))


def errors_hint(identity: str) -> str:
    """What to do about rows that were refused."""
    return (
        "Rows refused, with what to write instead: "
        f"`baton imports errors {identity} --out errors-{identity[:8]}.csv` writes them."
    )


def _errors(client: Client, identity: str) -> bytes:
    """The file of refused rows, from the intake that took the import."""
    try:
        return client.request("GET", Service.INTAKE, f"{PATH}/{identity}/errors").content
    except FoundNothing as error:
        raise FoundNothing(
            f"{error}\n`baton imports show {identity}` tells what became of its rows."
        ) from None


def _rows(text: str) -> list[dict[str, Any]]:
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    names = header[3:]
    return [
        {"row": row[0], "line": row[1], "reason": row[2], "cells": dict(zip(names, row[3:], strict=False))}
        for row in rows
    ]

"""`baton import`: a file of leads, from its first look to the last row, over HTTP."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, Declined, FoundNothing
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from intake.cli.imports import PATH, errors_hint
from intake.imports.targets import spoken

_CHUNK = 1 << 20
_BETWEEN_LOOKS = 0.5
_BATCH = 500
_UPLOAD_SECONDS = 600.0
_LOOKS_AT_SCORING = 60
"""So often scoring is asked, twice a second, before rows that it has not read are left to themselves."""


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or TSV file of leads, as exported.")],
    form: Annotated[str, typer.Option(metavar="FORM", help="The form whose mapping reads it, by its id.")],
    mode: Annotated[
        str, typer.Option(help="What happens with the leads: nurture, now, paced or owner.")
    ] = "nurture",
    per_rep_daily: Annotated[
        int | None, typer.Option(metavar="N", help="For paced: leads a rep and day.")
    ] = None,
    owner_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="For owner: the column that names the rep.")
    ] = None,
    date_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="When the buyer acted, such as the day of the fair.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Of times without an offset, such as Europe/Madrid.")
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="day_first or month_first, for dates such as 03/09/2026.")
    ] = None,
    consent_proof: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Where these people's consent is on record.")
    ] = None,
    counts: Annotated[bool, typer.Option("--counts", help="The agreement counts these leads.")] = False,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the file does not tell, such as cp949.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option(metavar="SIGN", help="Where the file does not tell: comma, semicolon, tab.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=FIELD", help="Which field of the form a column is; may be repeated."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who imports it. [default: you]", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the rows go out.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Import a file of leads: shows how it is read and who is known, asks, then follows it to the end.

    Running it again with the same file, form and options goes on where it stopped and doubles nothing.
    """
    _check(mode, per_rep_daily, owner_column)
    wish = {
        "form": form,
        "file": file.name,
        "mode": mode,
        "per_rep_daily": per_rep_daily,
        "owner_column": owner_column,
        "date_column": date_column,
        "time_zone": time_zone,
        "date_order": date_order,
        "consent_proof": consent_proof,
        "counts": counts,
        "encoding": encoding,
        "separator": separator,
        "column": column or None,
        "by": by or operator_name(),
        "accept_proposed": True,
    }
    with open_client(stack, timeout=_UPLOAD_SECONDS) as client:
        found = Importer(client).run(file, wish, dry_run=dry_run, yes=yes, quiet=as_json)
    if as_json:
        print_json(found)


def _check(mode: str, per_rep_daily: int | None, owner_column: str | None) -> None:
    """Raise BadUsage for a mode without its number or column, or the other way round."""
    if (mode == "paced") != (per_rep_daily is not None):
        raise BadUsage("--mode paced and --per-rep-daily go together: --mode paced --per-rep-daily 10")
    if (mode == "owner") != (owner_column is not None):
        raise BadUsage(
            '--mode owner and --owner-column go together: --mode owner --owner-column "Lead Owner"'
        )


class Importer:
    """One file on its way."""

    def __init__(
        self,
        client: Client,
        *,
        pause: Callable[[float], None] = time.sleep,
        confirm: Callable[[str], bool] = lambda question: typer.confirm(question, err=True),
    ) -> None:
        self._client = client
        self._pause = pause
        self._confirm = confirm

    def run(
        self, file: Path, wish: Mapping[str, Any], *, dry_run: bool, yes: bool, quiet: bool
    ) -> dict[str, Any]:
        """What became of the file. Raises CommandFailed with what to do instead."""
        taken = self._upload(file, wish)
        if taken["dry_run"]:
            taken = self._until_over(taken)
            known = self._known(taken)
            if not quiet:
                _show_look(taken, known)
            if dry_run:
                return taken | {"check": known}
            if not yes and not self._confirm(f"Import {taken['published']} rows?"):
                raise Declined("Nothing was imported.")
            taken = self._client.post(Service.INTAKE, f"{PATH}/{taken['import_id']}/start")
        elif not quiet:
            progress("This file was sent before: going on where it stopped.")
        taken = self._until_over(taken)
        became = self._became(taken)
        if not quiet:
            _show_end(taken, became)
        return taken | {"became": became}

    def _upload(self, file: Path, wish: Mapping[str, Any]) -> dict[str, Any]:
        if not file.is_file():
            raise BadUsage(f"{file} is no file.")
        params = {name: value for name, value in wish.items() if value is not None} | {"dry_run": True}
        response = self._client.request(
            "POST",
            Service.INTAKE,
            PATH,
            params=params,
            content=_chunks(file),
            headers={"Content-Type": "text/csv", "Content-Length": str(file.stat().st_size)},
        )
        taken: dict[str, Any] = response.json()
        return taken

    def _until_over(self, taken: dict[str, Any]) -> dict[str, Any]:
        with _Bar(taken["bytes"]) as bar:
            while taken["state"] in ("queued", "reading"):
                bar.show(taken)
                self._pause(_BETWEEN_LOOKS)
                taken = self._client.get(Service.INTAKE, f"{PATH}/{taken['import_id']}")
            bar.show(taken)
        if taken["state"] == "failed":
            raise Declined(f"The file is not imported: {taken.get('error')}.")
        return taken

    def _known(self, taken: dict[str, Any]) -> dict[str, Any]:
        """Of the rows of a dry run: how many are new, known, customers, or open and with whom."""
        total = {"new": 0, "known": 0, "open": 0, "customers": 0}
        leads: list[str] = []
        for rows in self._rows(taken["import_id"]):
            answer = self._client.post(Service.SCORING, f"{PATH}/check", {"rows": rows})
            total["new"] += answer["new"]
            total["known"] += answer["known"]
            total["open"] += len(answer["open"])
            total["customers"] += len(answer["customers"])
            leads += [lead["lead_id"] for each in answer["open"] for lead in each["leads"]]
        return {**total, "open_with": self._owners(leads)}

    def _rows(self, identity: str) -> Iterator[list[list[str]]]:
        place: int | None = 0
        while place is not None:
            page = self._client.get(Service.INTAKE, f"{PATH}/{identity}/keys", offset=place, limit=_BATCH)
            if page["rows"]:
                yield page["rows"]
            place = page["next"]

    def _owners(self, leads: list[str]) -> dict[str, int]:
        """How many of these open leads each rep has; those with nobody under `nobody`."""
        found: dict[str, int] = {}
        for first in range(0, len(leads), _BATCH):
            asked = leads[first : first + _BATCH]
            answer = self._client.post(Service.ROUTER, "/v1/leads/owners", {"leads": asked})
            owners = {each["lead_id"]: each["rep_name"] for each in items(answer, "owners")}
            for lead in asked:
                name = owners.get(lead, "nobody")
                found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def _became(self, taken: dict[str, Any]) -> dict[str, Any] | None:
        """What scoring made of the rows, once it has read them all or time is up; None when it has not even
        heard of the import."""
        found: dict[str, Any] | None = None
        for _ in range(_LOOKS_AT_SCORING):
            try:
                found = self._client.get(Service.SCORING, f"{PATH}/{taken['import_id']}")
            except FoundNothing:
                found = None
            if found is not None and found["state"] == "finished" and not found["on_the_way"]:
                break
            self._pause(_BETWEEN_LOOKS)
        return found


class _Bar:
    """A progress bar in a terminal, nothing in a pipe."""

    def __init__(self, size: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,} rows"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("reading", total=None)
        self._size = size

    def __enter__(self) -> "_Bar":
        if self._bar.console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, taken: Mapping[str, Any]) -> None:
        """Show how many rows are read."""
        self._bar.update(self._task, description=taken["state"], completed=taken["rows"])


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _show_look(taken: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    layout = taken["layout"]
    print_fields(
        {
            "file": taken["file"],
            "form": taken["form"],
            "encoding": f"{layout['encoding']} ({layout['encoding_because']})",
            "separator": layout["separator"],
            "rows": taken["rows"],
            "refused": taken["refused"],
            "skipped lines": taken["skipped"],
            "repaired": taken["repaired"] or None,
            "tests": taken["tests"] or None,
        }
    )
    print_line()
    proposed, becomes = layout["proposed"], layout.get("becomes", {})
    rows = [
        (
            name,
            "" if field == name else field,
            ", ".join(map(spoken, becomes.get(name, ()))) or "not told",
            "proposed" if name in proposed else "",
        )
        for name, field in layout["columns"].items()
    ]
    print_table(["column", "is read as", "becomes", ""], rows, optional=["", "is read as"])
    for note in (*layout["notes"], *taken["notes"]):
        print_line(note)
    print_line()
    others = {name: count for name, count in known.items() if name != "open_with"}
    print_fields(others | {"open with": ", ".join(f"{who} {n}" for who, n in known["open_with"].items())})
    if taken["refused"]:
        print_line(errors_hint(taken["import_id"]))


def _show_end(taken: Mapping[str, Any], became: Mapping[str, Any] | None) -> None:
    print_fields({"import": taken["import_id"], "published": taken["published"], "refused": taken["refused"]})
    if became is not None:
        states = became["rows_by_state"] | {
            "repeated": became["repeated"],
            "on the way": became["on_the_way"],
        }
        print_fields(states)
        _say_repeats(taken, became["repeated"])
    if became is None or became["on_the_way"]:
        told = f"`baton imports show {taken['import_id']}` tells how far it is."
        print_line(f"Scoring has not read all of it yet; it goes on by itself: {told}")
    if taken["refused"]:
        print_line(errors_hint(taken["import_id"]))


def _say_repeats(taken: Mapping[str, Any], repeated: int) -> None:
    """A row that came before is the same submission: another mode does not route its lead anew."""
    if not repeated:
        return
    mode = taken["settings"]["mode"]
    if repeated < taken["published"]:
        print_line(f"{repeated} rows were imported before: nothing changed for them, mode {mode} neither.")
    else:
        print_line(
            f"Every row was imported before: nothing changed, and no lead was routed by mode {mode}. "
            "Leads stay with whoever has them; hand them over in the router."
        )

"""`baton scorecard shadow`, `promote`, `promotions`: a scorecard tried beside the real one, then made it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage
from baton_cli.leads import person_in
from baton_cli.moments import brief, in_utc, read_moment
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import Quadrant
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.models import Rulebook, Scorecard
from scoring.cli.compare import share, show_matrix

SHADOWS = "shadow-scorecards"
"""Folder of a rulebook in which scorecards are tried; `scorecards` beside it holds those that decide."""


def shadow(
    sample: Annotated[int, typer.Option(min=0, max=500, help="So many leads by name.")] = 20,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Scorecards in the shadow: who stands elsewhere by each, since when, and what was won by both.

    Exit code 1 when there is none.
    """
    with open_client(stack) as client:
        answer = client.get(Service.SCORING, "/v1/scorecards/shadow", sample=sample)
    found = items(answer, "shadows")
    if as_json:
        print_json(answer)
    for each in found if not as_json else ():
        _show(each)
    if not found:
        progress(
            "The rulebook in force has no scorecard in the shadow. Publish one in "
            f"{SHADOWS}/LINE.yaml; what was published takes effect half a minute later."
        )
        raise typer.Exit(1)


def promote(
    line: Annotated[str, typer.Argument(metavar="LINE", help="Of this product line.", show_default=False)],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept for good.", show_default=False)],
    by: Annotated[str | None, typer.Option(help="Who decides. [default: you]", show_default=False)] = None,
    effective_from: Annotated[
        str | None,
        typer.Option(
            "--effective-from",
            metavar="MOMENT",
            help="At least 30 s ahead. [default: in 30 s]",
            show_default=False,
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FOLDER", help="Move the file in this rulebook, too.", show_default=False
        ),
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a line's scorecard in the shadow the one that decides, by a new version of the rulebook.

    Open leads are scored again by it. Your folder does not know of it: --write moves the file there.
    """
    mine = _load(write, line) if write is not None else None
    decision = {"by": by or operator_name(), "why": why}
    if effective_from is not None:
        decision["effective_from"] = in_utc(read_moment(effective_from, "--effective-from"))
    with open_client(stack) as client:
        done = client.post(Service.SCORING, f"/v1/scorecards/{line}/promote", decision)
    moved = None
    if write is not None and mine is not None:
        moved = _move(write, line, mine, Scorecard.model_validate(done["scorecard"]))
    if as_json:
        told = {name: value for name, value in done.items() if name != "scorecard"}
        print_json({**told, "written": moved})
    else:
        _tell(done, line, moved)


def promotions(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the last first.")] = 20,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Which scorecards left the shadow: when, by whom, why, and how many leads stood elsewhere then."""
    with open_client(stack) as client:
        answer = client.get(Service.SCORING, "/v1/scorecards/promotions", limit=limit)
    found = items(answer, "promotions")
    if as_json:
        print_json(answer)
    elif not found:
        print_line("No scorecard was promoted yet.")
    else:
        rows = [
            (
                brief(each["at"]),
                each["line"],
                each["rulebook_version"],
                each["by"],
                each["why"],
                f"{each['differed']:,} of {each['leads']:,}",
            )
            for each in found
        ]
        print_table(["at (UTC)", "line", "version", "by", "why", "stood elsewhere"], rows)


def _show(found: dict[str, Any]) -> None:
    print_fields(
        {
            "line": found["line"],
            "rulebook version": found["rulebook_version"],
            "scored by both": f"{found['leads']:,} leads" if found["leads"] else "none yet",
            "stand elsewhere": f"{found['differ']:,}",
            "since": found["since"] and f"{brief(found['since'])} UTC",
            "with a rule in error": found["with_rule_errors"] or None,
        }
    )
    if not found["leads"]:
        print_line(
            f"Leads are scored by both as they come; `baton rescore {found['line']}` scores the open ones."
        )
        return
    names = [each.value for each in Quadrant]
    counts: dict[str, dict[str, int]] = {}
    for pair in found["pairs"]:
        row = counts.setdefault(pair["quadrant"], {})
        row[pair["shadow_quadrant"]] = row.get(pair["shadow_quadrant"], 0) + pair["leads"]
    print_line()
    print_heading("Leads by quadrant: as told down, in the shadow across")
    show_matrix(counts, names)
    won = found["conversions"]
    print_line()
    print_heading("Won so far")
    print_table(
        ["quadrant", "as told", "in the shadow"],
        [(name, share(won["real"][name]), share(won["shadow"][name])) for name in names],
    )
    _show_differing(found["differing"])


def _show_differing(leads: list[dict[str, Any]]) -> None:
    if leads:
        print_line()
        print_heading("Some that stand elsewhere, the last scored first")
        rows = [
            (
                each["lead_id"],
                person_in(each["profile"]),
                f"{each['quadrant']} {each['stage'].upper()} ({each['fit']}, {each['interest']})",
                f"{each['shadow_quadrant']} {each['shadow_stage'].upper()} "
                f"({each['shadow_fit']}, {each['shadow_interest']})",
            )
            for each in leads
        ]
        print_table(["lead", "person", "as told", "in the shadow"], rows)


def _load(folder: Path, line: str) -> Rulebook:
    """The folder to write into, before anything is published."""
    try:
        mine = load_folder(folder)
    except RulebookInvalid as error:
        raise BadUsage(f"{folder} is not valid, so nothing was promoted:\n{error}") from None
    if line not in mine.shadow_scorecards:
        raise BadUsage(f"{folder} has no {SHADOWS}/{line}.yaml to move, so nothing was promoted.")
    return mine


def _move(folder: Path, line: str, mine: Rulebook, promoted: Scorecard) -> Path | None:
    """Move the file where the folder says what was promoted; None where it says something else."""
    if mine.shadow_scorecards[line] != promoted:
        return None
    target = folder / "scorecards" / f"{line}.yaml"
    (folder / SHADOWS / f"{line}.yaml").replace(target)
    return target


def _tell(done: dict[str, Any], line: str, moved: Path | None) -> None:
    print_line(
        f"Version {done['rulebook_version']} makes the scorecard in the shadow of {line} "
        f"the one that decides, from {brief(done['effective_from'])} UTC on."
    )
    print_line(f"{done['differed']:,} of the {done['leads']:,} leads scored by both stand elsewhere by it.")
    if moved is not None:
        print_line(
            f"The file is {moved} now. Commit it. What it was is kept in the version before: "
            "`baton rulebook list`, `baton rulebook show VERSION`."
        )
        return
    print_line(
        f"Your rulebook's folder is behind now: publishing it would undo this. Move {SHADOWS}/{line}.yaml to "
        f"scorecards/{line}.yaml there (--write FOLDER does so where both say the same)."
    )

"""Submissions that a replay or a decision had to set aside: told wherever one ends, never passed over."""

from typing import Any

import typer

from baton_cli.output import print_table, progress


def tell(done: dict[str, Any]) -> None:
    """Say what was set aside and why; exits 1 when anything was, or when the whole came to an error."""
    if aside := done.get("set_aside"):
        progress("Set aside, while the others went on:")
        print_table(["submission", "why"], [(each["submission_id"], each["reason"]) for each in aside])
    if error := done.get("error"):
        progress(f"It ended before its time: {error}")
    if aside or error:
        raise typer.Exit(1)

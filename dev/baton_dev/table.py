"""The table of what became of each sample, for a terminal."""

from datetime import datetime

from rich.table import Table
from rich.text import Text

from baton_dev.journal import Row

_QUADRANT_STYLES = {"perfect": "bold green", "warm": "yellow", "curious": "cyan", "cold": "blue"}
_STATE_STYLES = {
    "assigned": "bold",
    "accepted": "green",
    "contacted": "bold green",
    "held": "magenta",
    "taken_back": "red",
    "quarantined": "red",
    "refused": "red",
    "duplicate": "dim",
    "joined": "dim",
}


def time_left(deadline: datetime | None, now: datetime) -> str:
    """Return a deadline as people read it: `in 42 s`, `12 s ago`, or its local date and time when far."""
    if deadline is None:
        return ""
    seconds = round((deadline - now).total_seconds())
    if abs(seconds) >= 3600:
        return deadline.astimezone().strftime("%a %d %b %H:%M")
    amount = f"{abs(seconds)} s" if abs(seconds) < 120 else f"{abs(seconds) // 60} min"
    return f"in {amount}" if seconds >= 0 else f"{amount} ago"


def render(rows: list[Row], now: datetime, title: str, *, in_full: bool = True) -> Table:
    """Return the table for the rows as they are at `now`; not `in_full`, each row is one line high."""
    table = Table(title=title, title_justify="left", expand=True)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    one_line = not in_full
    table.add_column("who", ratio=3, no_wrap=one_line)
    table.add_column("line", no_wrap=True)
    table.add_column("quadrant", no_wrap=True)
    table.add_column("fit/int.", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("rep", ratio=2, no_wrap=one_line)
    table.add_column("why", ratio=5, no_wrap=one_line)
    table.add_column("deadline", no_wrap=True)
    table.add_column("warnings and breaches", ratio=3, no_wrap=one_line)
    for row in rows:
        alarm = "red" if any("BREACH" in mark for mark in row.marks) else "yellow"
        done = row.state in ("contacted", "duplicate", "refused", "quarantined", "joined")
        table.add_row(
            row.label.removeprefix("#"),
            row.who,
            row.line,
            Text(row.quadrant, style=_QUADRANT_STYLES.get(row.quadrant, "")),
            row.scores,
            Text(row.state.replace("_", " "), style=_STATE_STYLES.get(row.state, "")),
            row.rep,
            row.why,
            "" if done else time_left(row.deadline, now),
            Text("; ".join(row.marks), style=alarm),
        )
    return table


def sentence(row: Row, now: datetime) -> str:
    """Return a row's news as one line of text, for an output that is no terminal.

    The first one says who it is; the following ones only say what is new, of a sample by its number.
    """
    named = [row.who, row.line] if row.sample is None else [row.line]
    who = named if row.is_told else [row.who, row.line, row.quadrant]
    if row.news:
        parts = [row.news.text, _due(row.news.due_at, now)]
    else:
        has_new_rep = row.state == "assigned"
        why = "" if row.state in ("accepted", "contacted") else row.why
        rep = f"rep {row.rep}" if row.rep and has_new_rep else ""
        parts = [row.state.replace("_", " "), rep, _without_rep(why, row.rep), _due(row.deadline, now)]
    return f"{row.label} " + " · ".join(part for part in (*who, *parts) if part)


def _without_rep(why: str, rep: str) -> str:
    """Router's reasons begin with the name of the rep, which stands before them already."""
    return why.removeprefix(f"{rep} of ") if rep else why


def _due(deadline: datetime | None, now: datetime) -> str:
    return f"due {time_left(deadline, now)}" if deadline else ""

"""What sla-monitor offers to the `baton` command: promises and what became of them, over HTTP."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, LeadName, StackFile
from baton_cli.leads import find_lead
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import Part, TimerKind
from sla_monitor.domain.firing import Outcome
from sla_monitor.domain.timers import TimerState

_COLUMNS = ["promise", "round", "rep", "opened (UTC)", "due (UTC)", "state", "ended by", "time left"]
_OPTIONAL = _COLUMNS[-2:]
_UNSAID = {
    Outcome.SKIPPED_BREACHED.value: ", not said: broken already",
    Outcome.SKIPPED_REMINDED.value: ", not said: a later one was due",
}
_RUNNING = (TimerState.PENDING.value, "paused")


def timers(
    state: Annotated[TimerState, typer.Option(help="Only those in this state.")] = TimerState.PENDING,
    team: Annotated[str | None, typer.Option(help="Only those of this team's reps, by its id.")] = None,
    rep: Annotated[str | None, typer.Option(help="Only this rep's, by their id.")] = None,
    line: Annotated[str | None, typer.Option(help="Only those of this line, by its id.")] = None,
    kind: Annotated[TimerKind | None, typer.Option(help="Only promises of this kind.")] = None,
    trial: Annotated[
        bool | None, typer.Option("--trial/--binding", help="Only those on trial, or only those that bind.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    cursor: Annotated[
        str | None, typer.Option(metavar="TEXT", help="`next_cursor` of the page before, from --json.")
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Promises to all leads, the one due first on top."""
    with open_client(stack) as client:
        page = client.get(
            Service.SLA_MONITOR,
            "/v1/timers",
            state=state.value,
            team=team,
            rep=rep,
            line=line,
            kind=kind.value if kind else None,
            trial=trial,
            limit=limit,
            cursor=cursor,
        )
    found = items(page, "timers")
    if as_json:
        print_json(page)
    elif not found:
        narrowed = any(each is not None for each in (team, rep, line, kind, trial))
        print_line(f"No {'such ' if narrowed else ''}timer is {state.value}.")
    else:
        rows = [(timer["lead_id"], *_row(timer)) for timer in found]
        print_table(["lead", *_COLUMNS], rows, optional=_OPTIONAL)
        if page.get("next_cursor"):
            progress(f"There may be more: --limit, or --cursor {page['next_cursor']}")


def sla(lead: LeadName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """The promises to one lead, what was said about them, and who had its time."""
    with open_client(stack) as client:
        identity = find_lead(client, lead)
        found = client.get(Service.SLA_MONITOR, f"/v1/leads/{identity}/timers")
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "lead": found["lead_id"],
            "line": found["line"],
            "quadrant": found["quadrant"],
            "first contact": brief_utc(found["first_contact_at"]),
            "speed to lead": _length(found["speed_to_lead_seconds"]),
        }
    )
    _show_timers(items(found, "timers"))
    _show_pauses(found["timers"])
    _show_moves(found)
    _show_firings(found)
    _show_path(found["attribution"])


def why_late(lead: LeadName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Whose minutes a lead's were, and who answers for each promise that was broken."""
    with open_client(stack) as client:
        identity = find_lead(client, lead)
        found = client.get(Service.SLA_MONITOR, f"/v1/leads/{identity}/path")
    if as_json:
        print_json(found)
        return
    if not found["stretches"]:
        print_line("Nothing has happened to it yet.")
        return
    print_heading(f"Whose time it was, {brief(found['from'])} to {brief(found['to'])} UTC")
    rows = [
        (brief(each["from"]), _spoken(each["part"]), _detail(each), *_whose(each))
        for each in found["stretches"]
    ]
    print_table(["from", "part", "", "whose", "time"], rows)
    print_line()
    print_table(["side", "time"], _sides(found["sides"]))
    if found["is_above_volume"]:
        print_line("It came above the agreed volume: the promises of speed do not hold for it.")
    for breach in found["breaches"]:
        _show_breach(breach)


def _whose(stretch: dict[str, Any]) -> tuple[str | None, str | None]:
    return _spoken(stretch["side"]), _length(stretch["microseconds"] / 1e6)


def _sides(sums: dict[str, int]) -> list[tuple[str | None, str | None]]:
    return [(_spoken(side), _length(length / 1e6)) for side, length in sums.items() if length]


def _show_breach(breach: dict[str, Any]) -> None:
    print_line()
    trial = " (on trial)" if breach["is_trial"] else ""
    print_heading(
        f"{_spoken(breach['kind'])}, round {breach['round']}, {breach['rep_id']}{trial}".capitalize()
    )
    came = (
        f"{_spoken(breach['ended_by'])}, {brief_utc(breach['ended_at'])}" if breach["ended_by"] else "nothing"
    )
    print_fields(
        {
            "promised": _length(breach["target_seconds"]),
            "from": brief_utc(breach["opened_at"]),
            "due": brief_utc(breach["due_at"]),
            "what came": came,
            "rep's own working time": _length(breach["own_working_seconds"]),
            "charged to": _charged(breach),
            "objection": _objection(breach),
            "why": None if breach["is_withdrawn"] else breach["rule"],
        }
    )
    print_table(["side, until it was due", "time"], _sides(breach["sides"]))


def _charged(breach: dict[str, Any]) -> str | None:
    if breach["is_withdrawn"]:
        return "nobody: it was withdrawn"
    by = breach.get("excused_by")
    if by is None:
        return _as_known_now(breach)
    why = f" ({breach['excused_why']})" if breach["excused_why"] else ""
    return f"nobody: excused by {by} {breach[f'{by}_id']}{why}"


def _as_known_now(breach: dict[str, Any]) -> str | None:
    charged, said = breach["charged_to"], breach.get("said_charged_to")
    if said in (None, charged):
        return _spoken(charged)
    return f"{_spoken(charged)}, by what is known now; when it was said: {_spoken(said)}"


def _objection(breach: dict[str, Any]) -> str | None:
    if breach["is_withdrawn"] or not breach.get("objection_id"):
        return None
    return f"{breach['objection_id']}, {breach['objection_verdict'] or 'open'}"


def _show_timers(found: list[dict[str, Any]]) -> None:
    if found:
        print_line()
        print_heading("Promises")
        print_table(_COLUMNS, [_row(timer) for timer in found], optional=_OPTIONAL)
    else:
        print_line("Nothing is promised to it, or it has no rep yet.")


def _show_pauses(timers: list[dict[str, Any]]) -> None:
    rows = [
        (
            _promise(timer),
            timer["round"],
            brief(pause["from"]),
            brief(pause["until"]) if pause["until"] else "until resumed",
            _spoken(pause["reason"]),
        )
        for timer in timers
        for pause in timer.get("pauses", ())
    ]
    if rows:
        print_line()
        print_heading("Pauses (UTC)")
        print_table(["promise", "round", "from", "to", "reason"], rows)


def _show_moves(found: dict[str, Any]) -> None:
    promises = {timer["id"]: timer for timer in found["timers"]}
    rows = [
        (
            brief(each["moved_at"]),
            _promise(promises[each["timer_id"]]),
            *(brief(each[name]) if each[name] else "none" for name in ("due_before", "due_after")),
            each["why"],
        )
        for each in found.get("moves", ())
    ]
    if rows:
        print_line()
        print_heading("Due times that moved (UTC)")
        print_table(["when", "promise", "from", "to", "why"], rows)


def _show_firings(found: dict[str, Any]) -> None:
    promises = {timer["id"]: timer for timer in found["timers"]}
    if not found["firings"]:
        return
    print_line()
    print_heading("Warnings and breaches (UTC)")
    rows = [_firing_row(promises[each["timer_id"]], each) for each in found["firings"]]
    print_table(["when", "promise", "round", "rep", "what"], rows)


def _firing_row(timer: dict[str, Any], fired: dict[str, Any]) -> tuple[object, ...]:
    what = _level(fired["level"]) + _UNSAID.get(fired["outcome"], "")
    return brief(fired["fired_at"]), _promise(timer), timer["round"], timer["rep_id"], what


def _level(name: str) -> str:
    """`warning:0.8` and `reminder:2` in words; a second breach and what follows from it with its number."""
    what, *numbers = name.split(":")
    if what == "warning":
        return f"warning, {float(numbers[0]):.0%} of the time gone"
    if what == "reminder":
        what = f"reminder {numbers.pop(0)}"
    if not numbers:
        return what
    return f"breach {numbers[0]}" if what == "breach" else f"{what} (of breach {numbers[0]})"


def _show_path(path: dict[str, Any]) -> None:
    if not path["parts"]:
        return
    print_line()
    print_heading(f"Who had its time, {brief(path['from'])} to {brief(path['to'])} UTC")
    order = list(Part)
    parts = sorted(path["parts"], key=lambda each: order.index(Part(each["part"])))
    rows = [(_spoken(each["part"]), _detail(each), _length(each["microseconds"] / 1e6)) for each in parts]
    print_table(["part", "", "time"], rows)


def _row(timer: dict[str, Any]) -> tuple[object, ...]:
    moments = (brief(timer["opened_at"]), brief(timer["due_at"]))
    left = _length(timer["remaining_working_seconds"]) if timer["state"] in _RUNNING else None
    return (
        _promise(timer),
        timer["round"],
        timer["rep_id"],
        *moments,
        f"{timer['state']}, excused" if timer.get("excused_by") else timer["state"],
        _spoken(timer["ended_by"]),
        left,
    )


def _promise(timer: dict[str, Any]) -> str:
    kind = str(_spoken(timer["kind"]))
    return f"{kind} (on trial)" if timer["is_trial"] else kind


def _length(seconds: float | None) -> str | None:
    """Hours, minutes and seconds; below a second exactly."""
    if seconds is None:
        return None
    return f"{seconds:.3f} s" if seconds < 1 else str(timedelta(seconds=round(seconds)))


def _detail(share: dict[str, Any]) -> str | None:
    """Of a rep's time their id, else the reason in words."""
    detail: str | None = share["detail"]
    return detail if share["part"] == Part.REP else _spoken(detail)


def _spoken(word: str | None) -> str | None:
    return word.replace("_", " ") if word else word

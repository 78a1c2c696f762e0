"""What the router offers to the `baton` command about what would be: one lead, another plan, more reps."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.files import Force, Out, check_place, save
from baton_cli.moments import brief_utc, read_moment
from baton_cli.output import Changing, print_fields, print_json, print_line, print_table
from baton_cli.stack import Service
from lead_events.money import minor_digits
from rulebook.documents import read_document
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.publication import to_document

simulate = command_group(
    help="What would be: one lead now, past leads through another plan, how many reps a promise needs."
)
TIMEOUT = 120.0
"""Seconds from one line of the answer to the next."""
USUAL = timedelta(days=90)
FEW = 50
"""Leads of a pool below which their arrivals say little."""
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Leads from then on. [default: 90 days ago]", show_default=False),
]
Until = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Leads up to then. [default: now]", show_default=False),
]


@simulate.command()
def one(
    lead: Annotated[str, typer.Argument(metavar="LEAD-JSON", help="A JSON object, a file with one, or -.")],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Show who would have a lead that came now, and why; nothing is written and nobody's turn changes.

    Fields: line, quadrant, fit, interest, profile (country, language, employees, ...), form, source,
    campaign, asks, person_id, account, purposes, expected_value.
    """
    with open_client(stack) as client:
        found = client.post(Service.ROUTER, "/v1/simulate", _lead(lead))
    if as_json:
        print_json(found)
        return
    print_line(found["why"])
    plain = ("effect", "rep", "pool", "rule", "territory", "hold_reason", "is_late", "overruled")
    moments = ("next_try_at", "accept_by", "respond_by", "answer_expected_at")
    told = {name: found.get(name) for name in plain} | {name: brief_utc(found.get(name)) for name in moments}
    print_fields({name.replace("_", " "): value for name, value in told.items()})
    rows = [
        (each["rep"], each["standing"].replace("_", " "), f"{each['open']} of {each['capacity']}")
        for each in found["candidates"]
    ]
    print_table(["rep", "standing", "in hand"], rows)


@simulate.command()
def history(
    routing: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The draft: a routing.yaml, or a rulebook's folder. [default: the plan in force]",
            show_default=False,
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same luck.")] = 1,
    out: Out = None,
    force: Force = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Replay past leads through another plan, beside the plan in force and what happened.

    With --out, all of it with charts on one HTML page.
    """
    if out is not None:
        check_place(out, force=force)
    asked = {**_period(since, until), **_draft(routing), "seed": seed}
    with open_client(stack, timeout=TIMEOUT) as client:
        result = _answer(client, "/v1/simulate/history", asked)
    if out is not None:
        save(out, lambda: _page(result, asked), force=force)
        print_line(f"Written to {out}.")
    if as_json:
        print_json(result)
    elif out is None and result["counts"]["leads"]:
        _show_history(result)
    elif out is None:
        left = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in _left_out(result).items())
        print_line(f"No lead came to be routed in that time{f' (left out: {left})' if left else ''}.")


@simulate.command()
def reps(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="The pool's id.")],
    in_time: Annotated[
        float, typer.Option(min=0.01, max=0.999, help="Share of buyers answered within the promise.")
    ] = 0.95,
    since: Since = None,
    until: Until = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """How many reps a pool needs to answer so many buyers within the promise, as leads came since then."""
    asked = {**_period(since, until), "pool": pool, "in_time": in_time}
    with open_client(stack, timeout=TIMEOUT) as client:
        result = _answer(client, "/v1/simulate/reps", asked)
    if as_json:
        print_json(result)
        return
    if not result["tried"]:
        print_line(f"{pool} had {result['leads']} leads and has {_reps(result['now'])}: nothing to work out.")
        return
    rows = [
        (
            each["reps"],
            f"{each['late']['mean']:.1%}",
            f"{each['late']['low']:.1%} to {each['late']['high']:.1%}",
            f"{each['breached']['mean']:.1%}",
        )
        for each in result["tried"]
    ]
    if result["leads"] < FEW:
        print_line(f"Only {result['leads']} leads came to {pool} in that time: too few to build on.")
    print_table(["reps", "late", "95 % interval", "broken by a rep"], rows)
    for line in _verdict(result, pool, in_time):
        print_line(line)


def _verdict(result: dict[str, Any], pool: str, in_time: float) -> list[str]:
    """How many reps it comes to, or why no number of them does."""
    needed, now = result["needed"], result["now"]
    if needed is not None:
        said = [f"{pool} needs {_reps(needed)} for {in_time:.0%} within the promise; it has {now}."]
    else:
        most = max(result["tried"], key=lambda each: each["reps"])
        said = [
            f"More reps do not keep {in_time:.0%} within the promise: with {most['reps']} nobody waits for a "
            f"free one, and {most['late']['mean']:.0%} are late all the same. What one answer takes, or the "
            f"hours in which {pool} is open, are too long for the promise. It has {_reps(now)}."
        ]
    return said


def _reps(number: int) -> str:
    return f"{number} rep" if number == 1 else f"{number} reps"


def _lead(text: str) -> Any:
    if text == "-":
        text = typer.get_text_stream("stdin").read()
    elif not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text("utf-8")
        except UnicodeDecodeError as error:
            raise BadUsage(f"{text} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from None
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or str(error)
            raise BadUsage(f"{text!r} is no JSON object and no file: {told}.") from None
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except ValueError as error:
        example = '{"profile": {"country": "ES"}}'
        raise BadUsage(f"this is no JSON: {error}; write for example {example}.") from None


def _finite(text: str) -> float:
    return float(text) if isfinite(float(text)) else _no_number(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number that JSON has")


def _period(since: str | None, until: str | None) -> dict[str, Any]:
    first = read_moment(since, "--since") if since is not None else datetime.now(UTC) - USUAL
    period = {"since": first.isoformat()}
    return period if until is None else {**period, "until": read_moment(until, "--until").isoformat()}


def _draft(routing: Path | None) -> dict[str, Any]:
    if routing is None:
        return {}
    if routing.is_dir():
        try:
            return {"rulebook": to_document(load_folder(routing))}
        except RulebookInvalid as error:
            raise BadUsage(f"{routing} cannot be used: {error}") from error
    if not routing.is_file():
        raise BadUsage(f"{routing} is no file and no folder: name a routing.yaml, or a rulebook's folder.")
    document = read_document(routing, routing.name, ("routing",))
    if document.findings or not isinstance(document.value, dict):
        told = "; ".join(str(each) for each in document.findings) or "it holds no pools and plans"
        raise BadUsage(f"{routing} cannot be used: {told}")
    return {"routing": document.value}


def _answer(client: Client, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The result; how far it is is shown meanwhile."""
    began = shown_at = monotonic()
    with Changing() as shown:
        for text in client.lines(Service.ROUTER, path, asked):
            told: dict[str, Any] = json.loads(text)
            if "result" in told:
                result: dict[str, Any] = told["result"]
                return result
            if "tried" in told:
                late = told["tried"]["late"]["mean"]
                shown.show(f"{_reps(told['tried']['reps'])}: {late:.1%} late")
            elif monotonic() - shown_at >= 1:
                shown_at = monotonic()
                shown.show(_progress(told["seen"], told["of"], shown_at - began))
    raise BadUsage("The simulation broke off: the router's log tells why. Ask again.")


def _progress(seen: int, of: int, seconds: float) -> str:
    rate = seen / seconds if seconds > 0 else 0.0
    done = "#" * round(30 * min(1.0, seen / of if of else 1.0))
    return f"[{done:<30}] {seen:,} of {of:,} leads, {rate:,.0f} leads/s"


def _page(result: dict[str, Any], asked: dict[str, Any]) -> bytes:
    from router.whatif.page import page

    until = f" until {brief_utc(asked['until'])}" if "until" in asked else ""
    period = f"Leads since {brief_utc(asked['since'])}{until}, seed {asked['seed']}."
    return page(result, period=period).encode()


def _show_history(result: dict[str, Any]) -> None:
    unit = 10 ** minor_digits(result["currency"])
    figures: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
        ("leads", lambda side: side["leads"]),
        ("promise broken by a rep", lambda side: f"{side['breached']} ({side['breach_share']:.1%})"),
        ("late for the buyer", lambda side: side["late_for_buyer"]),
        ("late answer foreseen", lambda side: side["foreseen_late"]),
        ("median wait, minutes", lambda side: _minutes(side["wait_wall"]["median"])),
        ("in working time", lambda side: _minutes(side["wait_working"]["median"])),
        ("Gini of leads", lambda side: f"{side['fairness']['gini_count']:.3f}"),
        ("gap of leads", lambda side: f"{side['fairness']['gap_count']:,.1f}"),
        ("Gini of value", lambda side: f"{side['fairness']['gini_value']:.3f}"),
        (f"gap of value, {result['currency']}", lambda side: f"{side['fairness']['gap_value'] / unit:,.0f}"),
        ("with nobody", lambda side: sum(side["with_nobody"].values())),
    ]
    sides = [result[name] for name in ("happened", "current", "draft")]
    print_table(
        ["", "happened", "plan in force", "draft"],
        [(name, *(say(side) for side in sides)) for name, say in figures],
    )
    changed = result["changed_by_plan"]
    print_line(
        f"{changed['leads']} of {changed['of']} leads would have another rep than by the plan in force."
    )


def _left_out(result: dict[str, Any]) -> dict[str, int]:
    counts = result.get("left_out", {})
    return {name: number for name, number in counts.items() if number and name != "leads"}


def _minutes(seconds: float | None) -> str | None:
    return f"{seconds / 60:.1f}" if seconds is not None else None

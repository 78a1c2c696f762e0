"""`baton leads` and `baton explain`: leads and their scores."""

from typing import Annotated, Any

import typer

from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, Cursor, LeadName, StackFile
from baton_cli.errors import BadUsage, CannotReach, CommandFailed, FoundNothing
from baton_cli.evidence import evidence
from baton_cli.grades import in_words, scorecard_of, ways_to_sql
from baton_cli.leads import find_lead, lead_id, person_in
from baton_cli.moments import brief
from baton_cli.money import spoken
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import Dimension, Quadrant
from rulebook.models import Scorecard

_LIMIT = typer.Option(min=1, max=500, help="At most so many, newest first.")
_SIGNALS = 50
_PERSON = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "job_title",
    "employees",
    "country",
)


def leads(
    limit: Annotated[int, _LIMIT] = 30,
    quadrant: Annotated[Quadrant | None, typer.Option(help="Only this quadrant.")] = None,
    line: Annotated[str | None, typer.Option(metavar="LINE", help="Only this product line.")] = None,
    cursor: Cursor = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Leads, newest first: who, which line, how good, where they stand and with whom."""
    with open_client(stack) as client:
        asked = quadrant.value if quadrant else None
        page = client.get(Service.SCORING, "/v1/leads", limit=limit, quadrant=asked, line=line, cursor=cursor)
        found = items(page, "leads")
        for lead, routed in zip(found, _routing(client, found), strict=True):
            lead["routing"] = routed
    if as_json:
        print_json(page)
    elif not found:
        print_line("No leads yet.")
    else:
        columns = [
            "id",
            "opened (UTC)",
            "person",
            "line",
            "quadrant",
            "stage",
            "fit",
            "interest",
            "state",
            "rep",
        ]
        print_table(columns, [_row(lead) for lead in found])
        if page.get("next"):
            progress(f"There are more: --limit, or --cursor {page['next']}")


def explain(lead: LeadName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Why a lead scores what it scores: every point of fit and interest, and what its person did.

    The points add up exactly; exit code 1 if ever they did not.
    """
    with open_client(stack) as client:
        identity = find_lead(client, lead)
        score = client.get(Service.SCORING, f"/v1/leads/{identity}/score")
        about = client.get(Service.SCORING, f"/v1/leads/{identity}")
        card = _scorecard(client, score, about)
        signals = _signals(client, identity)
    shown = score.get("now") or score
    adds_up = all(_adds_up(each) for each in (score, shown))
    if as_json:
        needed = {"fit": card.fit_threshold, "interest": card.interest_threshold} if card else None
        told = {"adds_up": adds_up, **score, "high_from": needed, "signals": signals.get("signals", [])}
        print_json({"lead_id": identity, **told})
    else:
        _show_score(identity, about, score, shown, card)
        _show_signals(signals)
    if not adds_up:
        progress("The contributions do not add up to the score: a fault of scoring, please report it.")
        raise typer.Exit(1)


def _routing(client: Client, found: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """What the router says of each lead; None for one it has not heard of, and for all while it is away."""
    answers: list[dict[str, Any] | None] = []
    try:
        for lead in found:
            try:
                answers.append(client.get(Service.ROUTER, f"/v1/leads/{lead_id(lead)}"))
            except FoundNothing:
                answers.append(None)
    except (CannotReach, BadUsage) as error:
        progress(f"State and rep are left out: {error}")
        return [None] * len(found)
    return answers


def _row(lead: dict[str, Any]) -> tuple[object, ...]:
    routing = lead["routing"] or {}
    opened, person = brief(lead["opened_at"]), person_in(lead["profile"])
    grade = (lead["quadrant"], lead["stage"].upper(), lead["fit"], lead["interest"])
    state = lead["state"] if lead["state"] != "open" else routing.get("state", "")
    return lead_id(lead), opened, person, lead["line"], *grade, state, _rep(routing)


def _rep(routing: dict[str, Any]) -> str:
    """Who has the lead now."""
    held = [each for each in routing.get("assignments", []) if each.get("ended_at") is None]
    return str(held[-1].get("rep_name") or held[-1]["rep_id"]) if held else ""


def _adds_up(score: dict[str, Any]) -> bool:
    return all(_points(score, each) == score[each.value] for each in Dimension)


def _points(score: dict[str, Any], dimension: Dimension) -> int:
    return sum(each["points"] for each in score["contributions"] if each["dimension"] == dimension.value)


def _scorecard(client: Client, score: dict[str, Any], about: dict[str, Any]) -> Scorecard | None:
    """The scorecard that it was scored with; None, and a note, where scoring does not tell."""
    try:
        return scorecard_of(client, score["rulebook_version"], about["line"])
    except CommandFailed as error:
        progress(f"From where fit and interest are high is left out: {error}")
        return None


def _signals(client: Client, identity: str) -> dict[str, Any]:
    """What the lead's person did beside sending forms, the newest of it."""
    try:
        page: dict[str, Any] = client.get(Service.SCORING, f"/v1/leads/{identity}/signals", limit=_SIGNALS)
    except CommandFailed as error:
        progress(f"What its person did is left out: {error}")
        return {}
    return page


def _show_signals(page: dict[str, Any]) -> None:
    found = items(page, "signals")
    if not found:
        return
    print_line()
    print_heading("What its person did (UTC)")
    rows = [
        (
            brief(each["at"]),
            each["kind"].replace("_", " "),
            each.get("url"),
            ", ".join(f"{name} {value}" for name, value in (each.get("attributes") or {}).items()),
        )
        for each in found
    ]
    print_table(["when", "signal", "page", "details"], rows, optional=["page", "details"])
    if page.get("next"):
        print_line(f"Only the newest {len(found)} are shown.")


def _show_score(
    identity: str,
    about: dict[str, Any],
    score: dict[str, Any],
    shown: dict[str, Any],
    card: Scorecard | None,
) -> None:
    """`score`: as published last; `shown`: as of now for an open lead, else the same."""
    lacks = in_words(ways_to_sql(card, shown["fit"], shown["interest"])) if card else ""
    profile = about.get("profile") or {}
    print_fields(
        {
            "lead": identity,
            "person": person_in(profile),
            "line": about["line"],
            "state": _ended(about),
            "quadrant": _grade(shown),
            "as told last": _grade(score) if _grade(score) != _grade(shown) else None,
            "stage": shown["stage"].upper(),
            "to be an SQL": lacks if shown["stage"] == "mql" else None,
            "by time alone": _moves(shown),
            "buyer's journey": shown.get("buyer_stage"),
            "worth": _worth(shown),
            "because of": f"{score['cause_kind'].replace('_', ' ')}, {brief(score['at'])} UTC",
            "rulebook version": shown["rulebook_version"],
        }
        | {f"  {name}": profile.get(name) for name in _PERSON}
        | _persona(shown)
    )
    high_from = {} if card is None else {"fit": card.fit_threshold, "interest": card.interest_threshold}
    for dimension in Dimension:
        print_line()
        high = f", high from {high_from[dimension.value]}" if high_from else ""
        print_heading(f"{dimension.value.capitalize()} {shown[dimension.value]}{high}")
        _show_points(shown, dimension, profile)


def _show_points(shown: dict[str, Any], dimension: Dimension, profile: dict[str, Any]) -> None:
    rows = [
        (
            f"{each['points']:+d}",
            each["rule"],
            each["reason"],
            evidence(each, profile),
            each.get("error") or "",
        )
        for each in shown["contributions"]
        if each["dimension"] == dimension.value
    ]
    rows.append((f"={_points(shown, dimension)}", "(sum)", "", "", ""))
    print_table(["points", "rule", "reason", "evidence", "error"], rows, optional=["evidence", "error"])


def _grade(score: dict[str, Any]) -> str:
    return f"{score['quadrant']} (fit {score['fit']}, interest {score['interest']})"


def _ended(about: dict[str, Any]) -> str | None:
    """Of a lead that is open no more: its score is that of its end."""
    if about.get("state", "open") == "open":
        return None
    into = about.get("merged_into")
    return f"merged into {into}, which `baton explain` explains" if into else "closed"


def _moves(shown: dict[str, Any]) -> str | None:
    at = shown.get("moves_at")
    return f"leaves {shown['quadrant']} on {brief(at)} UTC if nothing happens" if at else None


def _worth(shown: dict[str, Any]) -> str | None:
    expected = shown.get("expected_value")
    if not expected:
        return None
    return f"{spoken(expected)} expected, won with a probability of {shown['probability']:.0%}"


def _persona(shown: dict[str, Any]) -> dict[str, str]:
    persona = shown.get("persona")
    if not persona:
        return {}
    told = {"talks to": persona["name"]}
    for name, label in (("goals", "  wants"), ("objections", "  doubts")):
        if persona.get(name):
            told[label] = "; ".join(persona[name])
    return told

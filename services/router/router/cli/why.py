"""What the router offers to the `baton` command: why a lead went where it went, and who waits."""

from typing import Annotated, Any

import typer

from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, LeadName, StackFile
from baton_cli.errors import CommandFailed
from baton_cli.grades import in_words, scorecard_of, ways_to_sql
from baton_cli.leads import find_lead
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.money import minor_digits

_MAY_LACK = ["owed", "last lead (UTC)"]
_CANDIDATES = ["rep", "standing", "open", "capacity", "weight", *_MAY_LACK]


def why(lead: LeadName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Who got a lead and why: decisions in words, everybody considered, rounds, acts and timers."""
    with open_client(stack) as client:
        identity = find_lead(client, lead)
        found = client.get(Service.ROUTER, f"/v1/leads/{identity}")
        decisions = items(client.get(Service.ROUTER, f"/v1/leads/{identity}/decisions"), "decisions")
        timers = _timers(client, identity)
        waits_for = _waits_for(client, found)
    if as_json:
        print_json({"lead": found, "decisions": decisions, "timers": timers, "waits_for": waits_for})
        return
    _show_lead(found)
    if len(decisions) > 1:
        print_line(f"Newest decision: {decisions[-1]['why']}")
    if waits_for is not None:
        print_line(waits_for)
    for number, decision in enumerate(decisions, start=1):
        _show_decision(number, decision)
    _show_rounds(found)
    _show_acts(found)
    _show_orders(found)
    _show_asks(found)
    _show_timers(timers)


def held(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Leads that wait for a rep, first in line on top, and why; exit code 1 when there are any."""
    with open_client(stack) as client:
        waiting = items(client.get(Service.ROUTER, "/v1/held", limit=limit), "held")
    if as_json:
        print_json({"held": waiting})
    elif waiting:
        columns = ["lead", "line", "pool", "quadrant", "why", "since (UTC)", "next try (UTC)"]
        print_table(columns, [_held_row(each) for each in waiting])
    else:
        print_line("No lead is held.")
    if waiting:
        raise typer.Exit(1)


def _timers(client: Client, identity: str) -> list[dict[str, Any]]:
    """The promises to a lead, by sla-monitor; none, and a note, while it cannot say."""
    try:
        return items(client.get(Service.SLA_MONITOR, f"/v1/leads/{identity}/timers"), "timers")
    except CommandFailed as error:
        progress(f"Timers are left out: {error}")
        return []


def _waits_for(client: Client, lead: dict[str, Any]) -> str | None:
    """Of a lead that is not for sales yet: what it lacks, by the scorecard that it was scored with."""
    if lead["state"] != "nurturing":
        return None
    if (lead.get("account") or {}).get("standing") == "competitor":
        return "For no rep: its account is a competitor, and the plan names no pool for them."
    if lead["stage"] == "sql":
        return "Good enough for sales, but imported to be nurtured: it goes to a rep once its person asks."
    otherwise = "Not for sales yet: no decision is made until it becomes an SQL."
    try:
        score = client.get(Service.SCORING, f"/v1/leads/{lead['id']}/score")
        card = scorecard_of(client, score["rulebook_version"], lead["line"])
    except CommandFailed as error:
        progress(f"What it lacks is left out: {error}")
        return otherwise
    lacks = in_words(ways_to_sql(card, score["fit"], score["interest"])) if card else ""
    if not lacks:
        return otherwise
    return f"Not for sales yet, as it is no SQL: {lacks}. `baton explain {lead['id']}` lists its points."


def _show_lead(lead: dict[str, Any]) -> None:
    now = [each for each in lead["assignments"] if each.get("ended_at") is None]
    print_fields(
        {
            "lead": lead["id"],
            "line": lead["line"],
            "quadrant": f"{lead['quadrant']}, {lead['stage'].upper()}",
            "state": lead["state"],
            "account": _account(lead.get("account")),
            "with": f"{now[-1]['rep_name']}, round {now[-1]['round']}" if now else None,
            "locked": _lock(lead),
            "held because": hold_in_words(lead.get("hold_reason")),
            "next try": brief_utc(lead.get("next_try_at")),
            "closed": f"{brief_utc(lead['closed_at'])}, {_spoken(lead['close_reason'])}"
            if lead.get("closed_at")
            else None,
            "test": "yes" if lead.get("is_test") else None,
        }
    )


def _lock(lead: dict[str, Any]) -> str | None:
    """Who keeps it where it is, whatever rules say."""
    if lead.get("locked_by") is None:
        return None
    why = f": {lead['lock_reason']}" if lead.get("lock_reason") else ""
    return f"by {lead['locked_by']}, {brief_utc(lead['locked_at'])}{why}"


def _account(account: dict[str, Any] | None) -> str | None:
    """The company, what it is to us, and who looks after it."""
    if account is None:
        return None
    owner = f", owner {account['owner']}" if account.get("owner") else ""
    return f"{account['name']} ({account['crm_id']}): {_spoken(account['standing'])}{owner}"


def _show_decision(number: int, decision: dict[str, Any]) -> None:
    proof = decision.get("proof") or {}
    print_line()
    print_heading(f"{number}. {brief_utc(decision['at'])}: {_spoken(decision['kind'])}")
    print_line(decision["why"])
    print_fields(
        {
            "rule": decision.get("rule"),
            "pool": decision.get("pool_id"),
            "held because": hold_in_words(decision.get("hold_reason")),
            "next try": brief_utc(decision.get("next_try_at")),
            "chosen by": _chosen_by(decision),
            "answer expected": brief_utc(proof.get("answer_at")),
            "went past": f"{proof['overruled']}, who could not answer in time"
            if proof.get("overruled")
            else None,
            "rulebook version": decision["rulebook_version"],
        }
    )
    for error in decision["rule_errors"]:
        print_line(f"rule {error['rule']} could not be evaluated: {error['message']}")
    _show_candidates(decision)


def _show_candidates(decision: dict[str, Any]) -> None:
    """How everybody stood, and by what one of them was chosen."""
    candidates = decision["candidates"]
    if not candidates:
        return
    currency = decision.get("currency")
    rows = [_candidate_row(each, currency) for each in candidates]
    print_table(_CANDIDATES, rows, optional=_MAY_LACK)
    proof = decision.get("proof") or {}
    if proof.get("proof") == "digest":
        most_first = sorted(proof["counts"].items(), key=lambda each: (-each[1], each[0]))
        counts = ", ".join(f"{number} {_spoken(word)}" for word, number in most_first)
        print_line(
            f"of {sum(proof['counts'].values())} reps those whose turn was nearest; all of them: {counts}"
        )
    if _was_a_turn(candidates) or any(each.get("owed", each.get("credit")) for each in candidates):
        by = _OWED.get(proof.get("strategy", ""), _OWED["weighted_round_robin"])
        print_line(by.format(money=currency or "minor units of money"))


def _was_a_turn(candidates: list[dict[str, Any]]) -> bool:
    """Whether the strategy chose among several; an owner, or the only one, is chosen by nobody's turn."""
    standings = [each["standing"] for each in candidates]
    return "chosen" in standings and "available" in standings


def _chosen_by(decision: dict[str, Any]) -> object:
    proof, candidates = decision.get("proof") or {}, decision["candidates"]
    if not decision.get("rep_id") or not proof:
        return None
    if any(each["standing"] == "owner" for each in candidates):
        return "whose it is"
    return _spoken(proof.get("strategy")) if _was_a_turn(candidates) else None


_OWED = {
    "weighted_round_robin": (
        "owed: leads its share still owes a rep (+) or has given ahead of it (-) before this one;\n"
        "of those whose turn it may be, the one owed most gets the lead."
    ),
    "value_fair": (
        "owed: {money}, for each unit of weight, by which a rep is ahead of who was handed least (-);\n"
        "who is owed most gets the lead."
    ),
    "least_loaded": (
        "whoever has the fewest open leads for their weight gets the lead; of equals whoever had none\n"
        "for the longest time."
    ),
    "longest_idle": "whoever had no new lead for the longest time gets the lead.",
    "account_owner": "only the owner gets the lead.",
}


def _show_rounds(lead: dict[str, Any]) -> None:
    if not lead["assignments"]:
        return
    print_line()
    print_heading("Rounds (UTC)")
    moments = ("assigned_at", "accept_by", "respond_by", "accepted_at", "contacted_at", "ended_at")
    rows = [
        (each["round"], each["rep_name"], *(brief(each[key]) for key in moments), _spoken(each["ended_by"]))
        for each in lead["assignments"]
    ]
    columns = [key.removesuffix("_at").replace("_", " ") for key in moments]
    print_table(["round", "rep", *columns, "by"], rows, optional=[*columns, "by"])


def _show_acts(lead: dict[str, Any]) -> None:
    if not lead["acts"]:
        return
    print_line()
    print_heading("What reps did (UTC)")
    rows = [
        (brief(each["at"]), each["rep_id"], _spoken(each["kind"]), _details(each["content"]))
        for each in lead["acts"]
    ]
    print_table(["when", "rep", "act", "details"], rows)


def _show_orders(lead: dict[str, Any]) -> None:
    orders = lead.get("orders") or []
    if not orders:
        return
    print_line()
    print_heading("Ordered by hand (UTC)")
    rows = [
        (brief(each["at"]), each["ordered_by"], _spoken(each["kind"]), each["to_rep"], each["reason"])
        for each in orders
    ]
    print_table(["when", "by", "order", "then with", "reason"], rows, optional=["reason"])


def _show_asks(lead: dict[str, Any]) -> None:
    asks = lead.get("asked_again") or []
    if not asks:
        return
    print_line()
    print_heading("The buyer asked again (UTC)")
    rows = [
        (brief(each["asked_at"]), each["form_id"], each["source"], each["rep_id"], brief(each["at"]))
        for each in asks
    ]
    print_table(["when", "form", "source", "told to", "shown since"], rows)


def _show_timers(timers: list[dict[str, Any]]) -> None:
    if not timers:
        return
    print_line()
    print_heading("Timers (UTC)")
    rows = [
        (_promise(each), each["round"], each["rep_id"], brief(each["due_at"]), _spoken(each["state"]))
        for each in timers
    ]
    print_table(["promise", "round", "rep", "due", "state"], rows)


def _promise(timer: dict[str, Any]) -> str:
    kind = str(_spoken(timer["kind"]))
    return f"{kind} (on trial)" if timer["is_trial"] else kind


def _candidate_row(each: dict[str, Any], currency: str | None) -> tuple[object, ...]:
    counts = (each["open"], each["capacity"], each["weight"])
    owed = each.get("owed", each.get("credit"))  # records of before proofs were kept name a credit
    last = brief(each["last_lead_at"]) or "none yet" if "last_lead_at" in each else None
    return each["rep"], _spoken(each["standing"]), *counts, _owed(owed, currency), last


def _owed(owed: float | None, currency: str | None) -> str | None:
    """Leads, or where a currency is named an amount of it."""
    if not owed:
        return None if owed is None else "0"
    return f"{owed:+.2f}" if currency is None else f"{owed / 10 ** minor_digits(currency):+,.2f}"


def _held_row(lead: dict[str, Any]) -> tuple[object, ...]:
    why_not = hold_in_words(lead["hold_reason"])
    times = (brief(lead["held_since"]), brief(lead["next_try_at"]))
    return lead["id"], lead["line"], lead["pool_id"], lead["quadrant"], why_not, *times


_HELD = {
    "pool_empty": "nobody is left in the pool who may take it",
    "needs_unmet": "nobody of the pool has what it needs",
}


def hold_in_words(reason: object) -> object:
    """What a lead waits for, as people say it."""
    return _HELD.get(str(reason), _spoken(reason))


def _details(content: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in content.items())


def _spoken(word: object) -> object:
    return word.replace("_", " ") if isinstance(word, str) else word

"""What is wrong by the document of `baton status`, and what only wants somebody's eye."""

from typing import Any

from baton_cli.status import messages, rulebooks

NOBODY_EVER = ("pool_empty", "needs_unmet")
"""Reasons of a hold that end only when the roster, the plan or a person changes something."""
OF_NO_LEADS = ("fetch_failed",)
"""Kinds of alerts about forms whose leads do not reach us meanwhile."""
FEW = 3
"""Fewer posts refused one after another are anybody's who tries a form's address."""


def judge(document: dict[str, Any]) -> list[str]:
    """What is wrong by the figures of the document, in sentences that say where to look."""
    problems = [
        f"{hop['hop']}: {hop['unaccounted']} records unaccounted for."
        for hop in document["conservation"]["hops"]
        if hop["unaccounted"]
    ]
    problems += [lack["detail"] for form in document["served"] or () for lack in form["lacks"]]
    problems += rulebooks.lacking(document["rulebooks"], document["versions"].get("rulebook"))
    problems += messages.late(document["messages"])
    letters = document["dead_letters"]
    if letters["total"]:
        problems.append(f"{letters['total']} dead letters wait: `baton dlq list` shows them.")
    problems += [_of_form(each) for each in document["alerts"] or () if each["alert"] in OF_NO_LEADS]
    problems += [f"{stop['service']}: {stop['reason']}" for stop in letters["stopped"]]
    refused = (document["spool"] or {}).get("refused", 0)
    if refused:
        problems.append(f"{refused} spooled records were refused by Kafka: see refused/ beside the spool.")
    return problems


def notes(document: dict[str, Any]) -> list[str]:
    """What is not wrong and yet wants somebody's eye, in sentences that say where to look."""
    refused = [
        f"form {form['form']}: its last {posts} posts were refused, as they proved nothing: "
        "`baton form health` tells more."
        for form in document["served"] or ()
        if (posts := (form["unproven"] or {}).get("posts", 0)) >= FEW
    ]
    alerts = [_of_form(each) for each in document["alerts"] or () if each["alert"] not in OF_NO_LEADS]
    waiting = _waiting(document["quarantine"] or {})
    stuck = [*_stuck(document["held"] or {}), *_unowned(document["unowned"] or {})]
    news = [*rulebooks.refused(document["rulebooks"]), *messages.slow(document["messages"])]
    return [*stuck, *waiting, *refused, *alerts, *news, *_unsettled(document["agreement"])]


def _of_form(alert: dict[str, Any]) -> str:
    said, form = alert["subject"].removeprefix("[Baton] "), alert["form"]
    return f"{said}: `baton form health {form}` tells more."


def _stuck(held: dict[str, Any]) -> list[str]:
    """Leads that wait, and that no time will bring to anybody."""
    reasons = held.get("by_reason", {})
    stuck = sum(reasons.get(each, 0) for each in NOBODY_EVER)
    if not stuck:
        return []
    lead = "1 lead waits" if stuck == 1 else f"{stuck} leads wait"
    return [
        f"{lead} that nobody of the pool may take: `baton held` lists them, "
        "`baton lead assign LEAD REP --why TEXT` gives one to a rep."
    ]


_UNTOLD = {
    "breaches": ("broken promise", "broken promises"),
    "absences": ("rep who was away with open leads", "reps who were away with open leads"),
    "holds": ("lead that waits for nobody", "leads that wait for nobody"),
}


def _unowned(counts: dict[str, int]) -> list[str]:
    """What a team lead would have been told, had there been one."""
    told = [
        f"of {number} {one if number == 1 else many}"
        for what, (one, many) in _UNTOLD.items()
        if (number := counts.get(what, 0))
    ]
    if not told:
        return []
    return [
        f"nobody is named to hear {' and '.join(told)}, since the router started: "
        "`baton rep team TEAM --lead REP` names who leads a team."
    ]


def _waiting(quarantine: dict[str, Any]) -> list[str]:
    total = quarantine.get("total")
    if not total:
        return []
    reasons = ", ".join(
        f"{count} {reason.replace('_', ' ')}" for reason, count in quarantine["by_reason"].items()
    )
    waits = "submission waits" if total == 1 else "submissions wait"
    least = "at least " if quarantine["is_more"] else ""
    return [f"{least}{total} {waits} in quarantine ({reasons}): `baton quarantine list` shows them."]


def _unsettled(agreement: dict[str, Any] | None) -> list[str]:
    """What both sides have to settle: objections, and months that are over."""
    found = []
    if agreement and (objections := agreement["objections"]):
        wait = "1 objection waits" if objections == 1 else f"{objections} objections wait"
        found.append(f"{wait} for a decision: `baton agreement objections --open` shows what to decide.")
    if agreement and (months := agreement["months"]):
        wait = "1 month waits" if len(months) == 1 else f"{len(months)} months wait"
        names = "; ".join(f"{each['period']}: {', '.join(each['sides'])}" for each in months)
        first, side = months[0]["period"], months[0]["sides"][0]
        command = f"baton report close --month {first} --side {side} --name NAME"
        found.append(f"{wait} for signatures ({names}): `{command}` gives the next one.")
    return found

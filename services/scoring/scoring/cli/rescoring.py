"""`baton rescore` and `baton rescorings`: open leads scored again by the scorecard in force."""

from time import monotonic, sleep
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.moments import brief
from baton_cli.output import Changing, print_json, print_line, print_table
from baton_cli.stack import Service

WIDTH = 30
"""Characters of the bar."""


def rescore(
    line: Annotated[
        str | None,
        typer.Argument(metavar="[LINE]", help="Of this product line. [default: each]", show_default=False),
    ] = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept as audit.")] = "no reason given",
    wait: Annotated[bool, typer.Option(help="Wait until every open lead has been looked at.")] = True,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Score open leads again by the scorecard in force. A new scorecard does so by itself."""
    with open_client(stack) as client:
        lines = [line] if line else list(_in_force(client)["scorecards"])
        asked = {"by": operator_name(), "why": why}
        orders = [client.post(Service.SCORING, "/v1/rescorings", {"line": each, **asked}) for each in lines]
        if wait:
            orders = [_finished(client, each) for each in orders]
    if as_json:
        print_json({"rescorings": orders})
    else:
        for each in orders:
            _show(each)


def rescorings(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the last first.")] = 20,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Rescorings: what caused each, how far it is, and how many leads moved."""
    with open_client(stack) as client:
        answer = client.get(Service.SCORING, "/v1/rescorings", limit=limit)
    found = items(answer, "rescorings")
    if as_json:
        print_json(answer)
    elif not found:
        print_line("No rescoring yet: a new scorecard causes one, and `baton rescore`.")
    else:
        columns = ["at (UTC)", "line", "by", "why", "state", "seen", "published", "moved", "leads/s"]
        print_table(columns, [_row(each) for each in found])


def _in_force(client: Client) -> dict[str, Any]:
    rulebook: dict[str, Any] = client.get(Service.SCORING, "/v1/rulebooks/active")["rulebook"]
    return rulebook


def _finished(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    """The rescoring once every lead has been looked at; it goes on without us too. The rate is the one seen
    here, and so is the time left."""
    began, first = monotonic(), order["seen"]
    with Changing() as shown:
        while order.get("finished_at") is None:
            sleep(1)
            order = client.get(Service.SCORING, f"/v1/rescorings/{order['rescoring_id']}")
            rate = (order["seen"] - first) / (monotonic() - began)
            shown.show(bar(order["line"], order["seen"], order["leads"], rate))
    return order


def bar(line: str, seen: int, leads: int, rate: float) -> str:
    """How far it is, how fast, and how long it takes at that; of leads opened since the start nothing is
    known, so the end may come later."""
    share = min(seen / leads, 1.0) if leads else 1.0
    done = "#" * round(share * WIDTH)
    told = f"{line} [{done:<{WIDTH}}] {seen:,} of {leads:,}, {rate:,.0f} leads/s"
    if rate <= 0 or seen >= leads:
        return told
    return f"{told}, {_spoken(round((leads - seen) / rate))} left"


def _spoken(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _state(order: dict[str, Any]) -> str:
    if order.get("superseded_by"):
        return "superseded"
    return "finished" if order.get("finished_at") else "under way"


def _row(order: dict[str, Any]) -> tuple[object, ...]:
    seen = f"{order['seen']} of {order['leads']}" + (f" + {order['late']}" if order["late"] else "")
    moved = sum(order["moved"].values())
    cause = (brief(order["at"]), order["line"], order["by"], order["why"])
    return *cause, _state(order), seen, order["published"], moved, order.get("leads_a_second")


def _show(order: dict[str, Any]) -> None:
    print_line(
        f"{order['line']}: {_state(order)}, {order['seen']:,} of {order['leads']:,} open leads seen, "
        f"{order['changed']:,} with another score, {order['published']:,} published"
    )
    for moved, leads in sorted(order["moved"].items(), key=lambda each: (-each[1], each[0])):
        print_line(f"  {leads:,} {moved.replace(' > ', ' -> ')}")
    for each in order["set_aside"]:
        print_line(f"  left as it is: {each['lead_id']}: {each['reason']}")
    if not order.get("finished_at"):
        print_line(f"It goes on in the background as {order['rescoring_id']}: `baton rescorings`.")

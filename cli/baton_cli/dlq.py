"""`baton dlq`: dead letters of all services, read, sent back, and consumers let go on."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service, service_named

STORES = (Service.SCORING, Service.ROUTER, Service.SLA_MONITOR)
"""Services that keep dead letters."""

AT_ONCE = 500
"""Dead letters that one request lists or sends back, at most."""

Place = Annotated[
    str,
    typer.Argument(
        metavar="TOPIC/PARTITION/OFFSET", help="As `baton dlq list` shows it.", show_default=False
    ),
]
Only = Annotated[
    str | None, typer.Option("--service", metavar="SERVICE", help="Only scoring, router or sla-monitor.")
]

dlq = command_group(help="Dead letters: list and show them, send them back, let a stopped consumer go on.")


@dlq.command("list")
def list_letters(
    service: Only = None,
    limit: Annotated[int, typer.Option(min=1, max=AT_ONCE, help="Newest of each service, at most.")] = 50,
    waiting: Annotated[bool, typer.Option("--waiting", help="Leave out those sent back already.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Dead letters, newest first, and consumers they have stopped; exit code 1 when there are any."""
    with open_client(stack) as client:
        found = [(each, letters_of(client, each, limit)) for each in _stores(service)]
    letters = [
        {"service": each.spoken} | letter for each, answer in found for letter in answer["dead_letters"]
    ]
    letters = [each for each in letters if not (waiting and is_sent_back(each))]
    stopped = [{"service": each.spoken} | stop for each, answer in found for stop in answer["stopped"]]
    if as_json:
        print_json({"dead_letters": letters, "stopped": stopped})
    else:
        _show_list(letters, stopped)
    if letters or stopped:
        raise typer.Exit(1)


@dlq.command("show")
def show_letter(place: Place, stack: StackFile = None, as_json: AsJson = False) -> None:
    """One dead letter: where it came from, why it is here, its headers and its value."""
    topic, partition, offset = read_place(place)
    with open_client(stack) as client:
        letter = client.get(service_of(topic), f"/v1/dead-letters/{topic}/{partition}/{offset}")
    if as_json:
        print_json(letter)
        return
    headers, value = letter.pop("headers", {}), letter.pop("value", "")
    print_fields(letter)
    print_line("\nheaders")
    print_fields({f"  {name}": text for name, text in headers.items() if not name.startswith("dl_")})
    print_line(f"\nvalue\n{value}")


@dlq.command()
def replay(
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC/PARTITION/OFFSET]...", help="As `baton dlq list` shows them."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not sent back yet.")] = False,
    service: Only = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the topic they came from, with their old ids; who did so is kept."""
    if bool(places) == everything:
        raise BadUsage(
            "Name what to send back: TOPIC/PARTITION/OFFSET as `baton dlq list` shows it, or --all."
        )
    with open_client(stack) as client:
        chosen = _by_service(places or []) if places else _all_waiting(client, _stores(service))
        sent = sum(_send_back(client, each, letters) for each, letters in chosen.items())
    if as_json:
        print_json({"replayed": sent})
    else:
        print_line(f"{sent} sent back to where they came from." if sent else "Nothing waits to be sent back.")


@dlq.command()
def resume(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="scoring, router or sla-monitor.")],
    reason: Annotated[str, typer.Option(help="Kept as audit.")] = "no reason given",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the consumers of a service go on that the dead-letter limit has stopped."""
    (store,) = _stores(service)
    with open_client(stack) as client:
        answer = client.post(store, "/v1/dead-letters/resume", {"by": operator_name(), "reason": reason})
    resumed = answer["resumed"]
    if as_json:
        print_json({"service": store.spoken, "resumed": resumed})
    elif resumed:
        print_line(f"{store.spoken} goes on: {', '.join(resumed)}.")
    else:
        print_line(f"Nothing was stopped in {store.spoken}.")


def letters_of(client: Client, service: Service, limit: int = AT_ONCE) -> dict[str, list[dict[str, Any]]]:
    """The newest dead letters of a store, and its stopped consumers."""
    answer = client.get(service, "/v1/dead-letters", limit=limit)
    return {name: items(answer, name) for name in ("dead_letters", "stopped")}


def place_of(letter: dict[str, Any]) -> str:
    """TOPIC/PARTITION/OFFSET."""
    return f"{letter['topic']}/{letter['partition']}/{letter['offset']}"


def is_sent_back(letter: dict[str, Any]) -> bool:
    """Whether it was replayed; it stays on its topic until its retention ends."""
    return bool(letter.get("replayed_at"))


def read_place(text: str) -> tuple[str, int, int]:
    """Topic, partition and offset. Raises BadUsage."""
    topic, partition, offset = [*text.split("/"), "", ""][:3]
    if not (topic and partition.isdigit() and offset.isdigit()) or text.count("/") != 2:
        raise BadUsage(
            f"{text!r} is no place of a dead letter; write TOPIC/PARTITION/OFFSET as in `baton dlq list`."
        )
    return topic, int(partition), int(offset)


def service_of(topic: str) -> Service:
    """The service whose consumer wrote this dead letter topic, <topic>-<consumer>-dlq. Raises BadUsage."""
    for service in STORES:
        if topic.endswith(f"-{service.spoken}-dlq"):
            return service
    raise BadUsage(f"{topic!r} is no dead letter topic of any service; `baton dlq list` shows them.")


def _stores(name: str | None) -> tuple[Service, ...]:
    if name is None:
        return STORES
    service = service_named(name)
    if service not in STORES:
        raise BadUsage(f"{service.spoken} keeps no dead letters; name scoring, router or sla-monitor.")
    return (service,)


def _by_service(places: Iterable[str]) -> dict[Service, list[dict[str, Any]]]:
    chosen: dict[Service, list[dict[str, Any]]] = {}
    for place in places:
        topic, partition, offset = read_place(place)
        letter = {"topic": topic, "partition": partition, "offset": offset}
        chosen.setdefault(service_of(topic), []).append(letter)
    return chosen


def _all_waiting(client: Client, stores: Iterable[Service]) -> dict[Service, list[dict[str, Any]]]:
    keys = ("topic", "partition", "offset")
    waiting = {
        store: [
            {key: letter[key] for key in keys}
            for letter in letters_of(client, store)["dead_letters"]
            if not is_sent_back(letter)
        ]
        for store in stores
    }
    return {store: letters for store, letters in waiting.items() if letters}


def _send_back(client: Client, service: Service, letters: list[dict[str, Any]]) -> int:
    progress(f"{service.spoken}: sending {len(letters)} back ...")
    sent = 0
    for start in range(0, len(letters), AT_ONCE):
        body = {"letters": letters[start : start + AT_ONCE], "by": operator_name()}
        sent += int(client.post(service, "/v1/dead-letters/replay", body)["replayed"])
    return sent


def _show_list(letters: list[dict[str, Any]], stopped: list[dict[str, Any]]) -> None:
    if not letters:
        print_line("No dead letters.")
    else:
        rows = [
            (
                place_of(each),
                brief(each.get("time")),
                each["reason"],
                _fate(each),
            )
            for each in letters
        ]
        print_table(["dead letter", "when (UTC)", "reason", ""], rows)
    for stop in stopped:
        print_line(f"{stop['service']}: {stop['reason']}")


def _fate(letter: dict[str, Any]) -> str:
    return f"sent back {brief_utc(letter['replayed_at'])}" if is_sent_back(letter) else "waits"

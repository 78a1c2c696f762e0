"""A posted message whose round is over loses its buttons and says who has the lead now."""

from datetime import datetime, timedelta

from delivery.message import Channel, Message, Target
from delivery.store import enqueue
from lead_events.ids import event_id
from router.messages.kinds import WITH_BUTTONS, MessageKind
from router.store import Row, q
from service_kit.unit import Unit

_KIND = MessageKind.SETTLED.value


async def settle(unit: Unit, at_once: int, for_: timedelta) -> bool:
    """Messages in place of those of rounds that have ended; True when there may be more."""
    rounds = await unit.conn.fetch(q.rounds_with_buttons, at_once)
    if not rounds:
        return False
    reps = {str(row["id"]): row["rep_id"] for row in rounds}
    leads = list({row["lead_id"] for row in rounds})
    kinds = [kind.value for kind in WITH_BUTTONS]
    posted = await unit.conn.fetch(q.messages_with_buttons, list(reps), leads, kinds)
    made = [
        _in_place_of(row, reps[row["data"]["round"]], unit.now)
        for row in posted
        if row["data"]["to"] == reps[row["data"]["round"]]  # what a team lead was told has no buttons
    ]
    await enqueue(unit.conn, made, now=unit.now, for_=for_)
    await unit.conn.execute(q.note_buttons_gone, [row["id"] for row in rounds], unit.now)
    return len(rounds) == at_once


def _in_place_of(first: Row, rep: str, now: datetime) -> Message:
    """To where the first one went; whether that arrived is seen when this one is sent."""
    data = {"round": first["data"]["round"], "first": str(first["id"]), "kind": _KIND, "to": rep}
    identity = event_id(first["id"], f"message {_KIND}", first["lead_id"])
    return Message(
        identity, first["lead_id"], _KIND, Target(Channel.SLACK, **first["target"]), "", "", now, data
    )

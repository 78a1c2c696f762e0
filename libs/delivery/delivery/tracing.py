"""An attempt to deliver a message as a span; used only while tracing is on."""

from typing import TYPE_CHECKING

from delivery.message import Outcome, Result
from delivery.store import Claimed
from service_kit.postgres import Connection
from service_kit.tracing_kept import traces_of

if TYPE_CHECKING:
    from service_kit.tracing_spans import SpanOfOurs, Tracing

_WELL = (Outcome.DELIVERED, Outcome.STALE)


async def begin(tracing: "Tracing", conn: Connection, claimed: Claimed) -> "SpanOfOurs | None":
    """A span in the trace of what the message is about; None where that belongs to no trace."""
    message = claimed.message
    kept = await traces_of(conn, [message.about])
    channel = message.target.channel.value
    attributes: dict[str, str | int] = {
        "baton.delivery.id": str(message.id),
        "baton.delivery.kind": message.kind,
        "baton.delivery.channel": channel,
        "baton.delivery.attempt": claimed.attempts,
        "baton.subject.id": str(message.about),
    }
    return tracing.outward(f"deliver {channel}", kept.get(message.about), attributes)


def end(span: "SpanOfOurs", result: Result) -> None:
    """How it ended, in our own word; the receiver's words may be about a person."""
    span.set_attribute("baton.delivery.outcome", result.outcome.value)
    if result.outcome not in _WELL:
        from service_kit.tracing_spans import failed

        failed(span, result.outcome.value)
    span.end()

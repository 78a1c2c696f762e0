"""A round of a background part over several orders: what breaks one keeps no other from its turn."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from service_kit.errors import describe, is_transient
from service_kit.logs import logger

_log = logger(__name__)


async def each_in_turn(
    identities: Iterable[UUID], work: Callable[[UUID], Awaitable[object]], *, what: str
) -> None:
    """Work off each. One that fails is logged as `what` with its id, and raised after the others;
    an outage, which the others would meet too, is raised at once.
    """
    failed: Exception | None = None
    for identity in identities:
        try:
            await work(identity)
        except Exception as error:
            if is_transient(error):
                raise
            _log.error("failed and is tried again", what=what, id=str(identity), error=describe(error))
            failed = error
    if failed is not None:
        raise failed

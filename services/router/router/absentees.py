"""The part that looks whose absence has begun, and lets their unanswered leads go on."""

from datetime import timedelta
from functools import partial

from router.handlers.reoffer import NOTHING, Reoffered, ReofferHandler
from router.rests import Rests
from service_kit.parts import Periodic
from service_kit.runtime import Runtime

EVERY = timedelta(seconds=2)


class Absentees:
    """Looks at reps whose absence has begun. Any number of instances may run: locks of leads order them."""

    def __init__(self, runtime: Runtime, handler: ReofferHandler) -> None:
        self._runtime = runtime
        self._handler = handler
        self._rests = Rests("absent reps", runtime.clock)

    async def look(self) -> None:
        """Everybody who is due; one rep whose leads cannot be handed on keeps nobody else's waiting."""
        for rep in await self._runtime.in_transaction(self._handler.due):
            await self._rests.attempt(rep, partial(self._hand_on, rep))

    async def _hand_on(self, rep: str) -> int:
        return len((await self.reoffer(rep)).gone)

    async def reoffer(self, rep: str) -> Reoffered:
        """Whatever the rep has not answered, whether or not their turn was noted: each lead once."""
        done = NOTHING
        while True:
            more: Reoffered = await self._runtime.in_transaction(self._handler.reoffer(rep, done))
            if more == NOTHING:
                return done
            done = Reoffered(done.gone + more.gone, done.stay + more.stay)

    def part(self) -> Periodic:
        """To run beside the others."""
        return Periodic("absences", every=EVERY, work=self.look, clock=self._runtime.clock)

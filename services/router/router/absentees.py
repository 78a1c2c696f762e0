"""The part that looks whose absence has begun, and lets their unanswered leads go on."""

from datetime import timedelta

from router.handlers.reoffer import Reoffered, ReofferHandler
from service_kit.parts import Periodic
from service_kit.runtime import Runtime

EVERY = timedelta(seconds=2)


class Absentees:
    """Looks at reps whose absence has begun. Any number of instances may run: locks of leads order them."""

    def __init__(self, runtime: Runtime, handler: ReofferHandler) -> None:
        self._runtime = runtime
        self._handler = handler

    async def look(self) -> None:
        """Everybody who is due."""
        for rep in await self._runtime.in_transaction(self._handler.due):
            await self.reoffer(rep)

    async def reoffer(self, rep: str) -> Reoffered:
        """Whatever the rep has not answered, whether or not their turn was noted."""
        gone: list[Reoffered] = []
        while not gone or gone[-1].gone:
            gone.append(await self._runtime.in_transaction(self._handler.reoffer(rep)))
        return Reoffered(tuple(lead for each in gone for lead in each.gone), gone[-1].stay)

    def part(self) -> Periodic:
        """To run beside the others."""
        return Periodic("absences", every=EVERY, work=self.look, clock=self._runtime.clock)

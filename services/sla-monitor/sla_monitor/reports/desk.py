"""Makes reports in a process of their own, one at a time."""

import asyncio
from asyncio.subprocess import Process

from service_kit.problems import Problem
from service_kit.runtime import Runtime
from sla_monitor.child_process import answered, child_process
from sla_monitor.reports.asked import REFUSED, Asked, CannotBe, Question, Refusal

LONGEST_SECONDS = 120.0
RETRY_SECONDS = 5
_STATUS = {"no_rulebook": 503, "no_source": 404, "not_begun": 422, "is_over": 422, "nothing_to_go_by": 404}
_TITLE = {
    "no_rulebook": "No rulebook yet",
    "no_source": "No such source",
    "not_begun": "The month has not begun",
    "is_over": "The month is over",
    "nothing_to_go_by": "Nothing to go by",
}


class Busy(Problem):
    """One report is being made here: ask again once it is done."""

    def __init__(self) -> None:
        super().__init__(
            429,
            "A report is being made",
            f"one report at a time is made here, so that promises are looked after: ask again in "
            f"{RETRY_SECONDS} s",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )


class NotMade(Problem):
    """The process that makes reports ended without one: its log tells why; asking again may help."""

    def __init__(self, why: str) -> None:
        super().__init__(
            503,
            "The report could not be made",
            f"{why}; ask again, and look into the log of sla-monitor where it happens again",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )


class NoSuchReport(Problem):
    """What is asked for is not there."""

    def __init__(self, refusal: Refusal) -> None:
        field = {"no_source": "source", "not_begun": "period", "is_over": "month"}.get(refusal.why)
        super().__init__(_STATUS[refusal.why], _TITLE[refusal.why], refusal.detail, field=field)


class ReportDesk:
    """One of these an instance."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turn = asyncio.Lock()

    async def make(self, asked: Asked) -> bytes:
        """The report as it is sent. Raises Busy, NotMade, NoSuchReport."""
        if self._turn.locked():
            raise Busy
        async with self._turn, child_process("sla_monitor.reports.child") as process:
            settings = self._runtime.settings
            question = Question(dsn=settings.require_dsn(), schema_name=settings.store_schema, asked=asked)
            try:
                told = await answered(process, question, LONGEST_SECONDS)
            except TimeoutError:
                raise NotMade(f"it took longer than {LONGEST_SECONDS:.0f} s") from None
        return _checked(process, told)


def _checked(process: Process, told: bytes) -> bytes:
    if process.returncode == REFUSED:
        refusal = Refusal.model_validate_json(told)
        raise NoSuchReport(refusal) from CannotBe(refusal)
    if process.returncode != 0:
        raise NotMade("the process that makes it broke off")
    return told

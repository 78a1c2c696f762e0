"""Makes reports in a process of their own, one at a time."""

import asyncio
from collections.abc import Mapping

from service_kit.problems import Problem
from service_kit.runtime import Runtime
from sla_monitor.child_process import StoreQuestion, answered, child_process, why_broken_off
from sla_monitor.reports.asked import REFUSED, Asked, Question, Refusal

LONGEST_SECONDS = 120.0
RETRY_SECONDS = 5
_ANSWERS: Mapping[str, tuple[int, str, str | None]] = {
    "no_rulebook": (503, "No rulebook yet", None),
    "no_source": (404, "No such source", "source"),
    "not_begun": (422, "The month has not begun", "period"),
    "is_over": (422, "The month is over", "month"),
    "nothing_to_go_by": (404, "Nothing to go by", None),
}
"""Status, title, and the field that is wrong, by why there is no report."""


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
        status, title, field = _ANSWERS[refusal.why]
        super().__init__(status, title, refusal.detail, field=field)


class ReportDesk:
    """One of these an instance."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turn = asyncio.Lock()

    async def make(self, asked: Asked) -> bytes:
        """The report as it is sent. Raises Busy, NotMade, NoSuchReport."""
        if self._turn.locked():
            raise Busy
        settings = self._runtime.settings
        question = Question(dsn=settings.require_dsn(), schema_name=settings.store_schema, asked=asked)
        async with self._turn:
            return await made_by("sla_monitor.reports.child", question)


async def made_by(module: str, question: StoreQuestion) -> bytes:
    """What a child answers. Raises NotMade, and NoSuchReport for what it refuses."""
    async with child_process(module) as process:
        try:
            told = await answered(process, question, LONGEST_SECONDS)
        except TimeoutError:
            raise NotMade(f"it took longer than {LONGEST_SECONDS:.0f} s") from None
    if process.returncode == REFUSED:
        raise NoSuchReport(Refusal.model_validate_json(told))
    if process.returncode != 0:
        raise NotMade(why_broken_off(process))
    return told

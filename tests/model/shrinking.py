"""The smallest month that still differs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from tests.model.months import Month

Differs = Callable[[Month], Awaitable[list[str]]]


async def smallest(
    month: Month, found: list[str], differs: Differs, tries: int = 40
) -> tuple[Month, list[str]]:
    """Leave out leads, looks, then single events, as long as it still differs; `tries` runs at most."""
    shrinking = _Shrinking(differs, tries, found)
    for lead in month.leads:
        if any(str(lead) in each for each in found):
            smaller = await shrinking.attempt(month, month.only([lead]))
            if smaller is not month:
                month = smaller
                break
    month = await shrinking.keep_half(month)
    month = await shrinking.attempt(month, replace(month, looks=month.looks[-1:]))
    for each in list(month.posted):
        if each.topic != "rulebook-published":
            month = await shrinking.attempt(month, month.without(each.news.id))
    return month, shrinking.found


class _Shrinking:
    def __init__(self, differs: Differs, tries: int, found: list[str]) -> None:
        self._differs, self._tries = differs, tries
        self._places = {_place(each) for each in found}
        self.found = found

    async def attempt(self, month: Month, smaller: Month) -> Month:
        """The smaller one if it differs too, in what the whole month differs in."""
        if self._tries <= 0 or (smaller.posted, smaller.looks) == (month.posted, month.looks):
            return month
        self._tries -= 1
        found = await self._differs(smaller)
        same = [each for each in found if _place(each) in self._places]
        if not same:
            return month
        self.found = same
        return smaller

    async def keep_half(self, month: Month) -> Month:
        """Halves of the leads, down to one."""
        while len(month.leads) > 1:
            leads = month.leads
            middle = len(leads) // 2
            for half in (leads[:middle], leads[middle:]):
                smaller = await self.attempt(month, month.only(half))
                if smaller is not month:
                    month = smaller
                    break
            else:
                return month
        return month


def _place(difference: str) -> str:
    """Where the two differ, without their words for it."""
    return difference.partition(": ")[0]


def story_of(month: Month) -> str:
    """What is published in a month, a line each, in order of arrival."""
    return "\n".join(_line(month, place) for place in range(len(month.posted)))


def _line(month: Month, place: int) -> str:
    each = month.posted[place]
    said = each.news.event.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    kept: Sequence[str] = [
        f"{name}={value}" for name, value in said.items() if name not in ("why", "cause_id", "profile")
    ]
    return f"{each.at.isoformat()} {each.topic} id={each.news.id} {' '.join(kept)}"

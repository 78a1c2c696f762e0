"""What fails is left alone for longer each time, and by itself."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from router.rests import LONGEST, Rests
from service_kit.clock import ManualClock
from service_kit.errors import Transient

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


class Work:
    """Fails until told otherwise."""

    def __init__(self) -> None:
        self.tries = 0
        self.error: Exception | None = ValueError("no such quadrant")

    async def __call__(self) -> int:
        self.tries += 1
        if self.error is not None:
            raise self.error
        return 3


async def test_each_failure_doubles_the_rest_up_to_five_minutes() -> None:
    clock, work = ManualClock(NOW), Work()
    rests = Rests("pools", clock)
    tried_at = []
    for second in range(1200):
        before = work.tries
        assert await rests.attempt("north", work) == 0
        if work.tries > before:
            tried_at.append(second)
        clock.advance(1)
    waits = [after - before for before, after in pairwise(tried_at)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST, LONGEST]


async def test_it_holds_up_no_other_and_is_forgotten_once_it_goes_well() -> None:
    clock, broken, sound = ManualClock(NOW), Work(), Work()
    sound.error = None
    rests = Rests("pools", clock)
    assert await rests.attempt("north", broken) == 0
    assert await rests.attempt("south", sound) == 3
    clock.advance(1)
    broken.error = None
    assert await rests.attempt("north", broken) == 3
    broken.error = ValueError("again")
    assert await rests.attempt("north", broken) == 0
    clock.advance(1)
    assert await rests.attempt("north", broken) == 0
    assert broken.tries == 4, "one second again, as for a first failure"


async def test_an_outage_is_raised_at_once_for_it_concerns_all() -> None:
    work = Work()
    work.error = Transient("the store is away")
    with pytest.raises(Transient):
        await Rests("pools", ManualClock(NOW)).attempt("north", work)

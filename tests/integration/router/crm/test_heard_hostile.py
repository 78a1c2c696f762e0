"""What a CRM says that is odd keeps nothing else from being done, and its word holds when it changes back."""

from typing import Any
from uuid import UUID

import pytest

from router.crm.applier import CrmApplier
from service_kit.unit import Unit
from tests.integration.router.crm.conftest import CrmWorld
from tests.integration.router.crm.crms import Crm
from tests.integration.router.crm.test_heard import Handing, event, say, state


async def _said(world: CrmWorld, owner: str, id_: str) -> None:
    world.clock.advance(20)
    await say(world, event(world, "owner", owner, id=id_))
    await world.apply()
    await world.tell()


async def test_an_owner_who_is_set_back_within_a_minute_has_the_lead(known: CrmWorld) -> None:
    """Each change of ours comes back once; the third time it is somebody there who changes it."""
    await _said(known, "902", "to bea")
    await _said(known, "902", "our own, come back")
    await _said(known, "901", "to ana")
    await _said(known, "901", "our own, come back")
    await _said(known, "902", "to bea again")
    assert known.holder("ada") == "bea"
    assert [each for each, _ in await state(known)] == ["applied", "ignored", "applied", "ignored", "applied"]


class Breaking:
    """Stands for a handler with a fault of its own."""

    async def act(self, unit: Unit, rep: str, lead_id: UUID, act: Any) -> Any:
        raise KeyError("a fault of ours")


async def test_an_event_that_cannot_be_done_is_listed_and_keeps_no_other_waiting(known: CrmWorld) -> None:
    office, asked = known.wiring.crm, Handing()
    office.applier = CrmApplier(known.runtime, office.books, Breaking(), asked)
    await say(known, event(known, "stage", "talking", ago=5), event(known, "owner", "902"))
    await known.apply()
    [waits] = await known.unmatched()
    assert waits["why"].startswith("it could not be done: KeyError: at ")
    assert [each[1] for each in asked.asked] == ["bea"]


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "2044-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 1e300]
)
async def test_a_clock_far_off_there_shadows_nothing_that_is_said_later(known: CrmWorld, at: Any) -> None:
    await say(known, event(known, "stage", "talking") | {"at": at})
    await known.apply()
    known.clock.advance(1)
    await say(known, event(known, "stage", "won", amount=5, money="ZZZ"))
    await known.apply()
    assert [each.outcome.result for each in known.progressed("ada") if each.outcome] == ["opportunity", "won"]
    assert [each.outcome.value for each in known.progressed("ada") if each.outcome] == [None, None]


async def test_an_outcome_of_an_earlier_lead_that_comes_late_ends_no_newer_one(
    known: CrmWorld, crm: Crm
) -> None:
    """The contact is one for all leads of the person; the win was of the first."""
    late = event(known, "stage", "won")
    known.clock.advance(60)
    await known.act("ana", "ada", "outcome", {"result": "won"})
    known.clock.advance(3600)
    known.score("again", person="ada")
    await known.tell()
    assert known.holder("again") is not None
    known.clock.advance(600)
    await say(known, late)
    await known.apply()
    assert known.progressed("again") == []
    await say(known, event(known, "stage", "won", id="of the second"))
    await known.apply()
    assert [each.kind for each in known.progressed("again")] == ["outcome"]

"""What the pools' gauges say is what the store has."""

from prometheus_client import REGISTRY

from router import metrics
from router.books import Books
from router.pool_gauges import PoolGauges
from router.roster import RepReader
from tests.integration.router.worlds import World, rep, rulebook


async def _look(world: World) -> None:
    await PoolGauges(world.runtime.database, Books(), RepReader()).export()


def _value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"baton_pool_{name}", labels)


async def test_load_and_fairness_of_a_pool_are_told_by_pool(routing: World) -> None:
    await routing.take("one", "two", "three")
    await _look(routing)
    assert _value("open_leads", pool="north") == 3
    assert _value("unanswered_leads", pool="north") == 3
    assert _value("capacity_leads", pool="north") == 4
    assert _value("fullest_rep_ratio", pool="north") == 1.0
    assert _value("reps", pool="north", place="full") == 1
    assert _value("reps", pool="north", place="free") == 1
    assert _value("owed_leads", pool="north", to="least") == -0.5
    assert _value("owed_leads", pool="north", to="most") == 0.5


async def test_a_contact_takes_a_lead_off_those_unanswered(routing: World) -> None:
    await routing.take("one")
    holder = routing.holder("one")
    assert holder is not None
    await routing.act(holder, "one", "contacted", {"channel": "phone", "result": "reached"})
    await _look(routing)
    assert (_value("open_leads", pool="north"), _value("unanswered_leads", pool="north")) == (1, 0)


async def test_a_pool_that_is_no_more_is_not_told_of(routing: World) -> None:
    await _look(routing)
    assert _value("open_leads", pool="spare") == 0
    document = rulebook()
    pools = document["routing"]["pools"]
    del pools["spare"], document["routing"]["plans"]["main"]["rules"]
    await routing.publish_rulebook(document, version=2)
    await _look(routing)
    assert _value("open_leads", pool="spare") is None
    assert _value("open_leads", pool="north") == 0


async def test_a_pool_that_goes_by_value_owes_no_leads(world: World) -> None:
    document = rulebook({"ana": rep("Ana")})
    document["routing"]["pools"] = {"north": {"name": "N", "team": "north", "strategy": "value_fair"}}
    document["routing"]["plans"] = {line: {"fallback": "north"} for line in ("main", "training")}
    await world.publish_rulebook(document)
    await world.take("one")
    await _look(world)
    assert _value("open_leads", pool="north") == 1
    assert _value("owed_leads", pool="north", to="most") is None


async def test_a_pool_counts_from_nought(world: World) -> None:
    """A counter that begins with its first case hides it from every rate."""
    document = rulebook()
    document["routing"]["pools"]["fresh"] = {"name": "Fresh", "reps": ["ana"]}
    await world.publish_rulebook(document)
    await world.take("one")
    for name in ("late_answers_expected", "turns_overruled", "misrouted"):
        assert REGISTRY.get_sample_value(f"baton_{name}_total", {"pool": "fresh"}) == 0


async def test_before_the_first_rulebook_nothing_is_told(world: World) -> None:
    metrics.show_owed("north", -1, 1)
    await _look(world)
    assert _value("owed_leads", pool="north", to="most") is None

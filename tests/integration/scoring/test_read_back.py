"""What scoring makes of its own topics after its store was restored to an earlier moment, or lost."""

from scoring.persons import Named
from scoring.read_back import Forgotten, stages
from tests.integration.scoring.conftest import World
from tests.integration.scoring.test_persons import EVA, KEYS, erase, everything, keyed
from tests.integration.stores import empty, read_back

__all__ = ["keyed"]


async def lose(world: World) -> None:
    """The store is empty; scoring starts and reads back."""
    await world.stop()
    empty(world.runtime.settings.require_dsn(), "scoring")
    await read_back(world.runtime, stages(Forgotten(KEYS)))


async def test_a_lead_opened_again_counts_on_from_what_others_were_told_of_it(world: World) -> None:
    world.submit({"email": "eva@example.com"}, key="one", partition=0)
    await world.settle()
    (told,) = world.scored()
    await world.stop()
    world.send(told.model_copy(update={"seq": 7}), "lead-scored", key=told.lead_id)  # as time tells of it
    world.submit({"email": "eva@example.com", "job_title": "CEO"}, key="two", partition=0)
    await lose(world)
    await world.settle()
    first, _, again, news = world.scored()
    assert (again.cause.id, again.lead_id) == (first.cause.id, first.lead_id)
    assert news.lead_id == told.lead_id
    assert (again.seq, news.seq) == (8, 9), "what is new is newer than all that others know"
    (row,) = await world.fetch("SELECT seq FROM leads")
    assert row["seq"] == 9


async def test_who_was_erased_stays_so_known_or_not(keyed: World) -> None:
    late = {"email": "leo@example.com"}
    keyed.submit(EVA)
    await keyed.settle()
    await erase(keyed)
    await erase(keyed, Named(key=("email", late["email"])))
    keyed.submit(late)
    await lose(keyed)
    await keyed.settle()
    assert set((await keyed.states()).values()) == {"erased"}
    everywhere = await everything(keyed)
    assert not any(email in everywhere for email in ("eva@example.com", late["email"]))


async def test_versions_of_the_rulebook_come_back_from_their_topic(world: World) -> None:
    await world.publish_rulebook({**world.document, "company": "Borealis"})
    await lose(world)
    rows = await world.fetch("SELECT version FROM rulebook_versions ORDER BY version")
    assert [row["version"] for row in rows] == [1, 2]

"""What scoring tells of an import while its rows are still coming."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from lead_events import ImportedRow, ImportProgressed
from scoring.store import imports
from service_kit.postgres import Connection
from tests.integration.scoring.conftest import START

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World


def row(world: "World", identity: UUID, number: int, email: str, content: str | None = None) -> None:
    """Another row with the same content is the same submission."""
    content = content or email
    world.submit(
        {"email": email},
        topic="lead-imported",
        event_id=uuid4(),
        key=content,
        key_origin="header",
        imported=ImportedRow(import_id=identity, row=number),
        receipt=world.receipt(f"import-{identity}"),
    )


async def note(world: "World", identity: UUID, published: int, state: str = "finished", seq: int = 1) -> None:
    told: dict[str, Any] = {
        "import_id": identity,
        "seq": seq,
        "state": state,
        "form_id": "demo",
        "file": "fair.csv",
        "by": "ana",
        "started_at": START,
        "at": START,
        "settings": {},
        "rows": published,
        "published": published,
        "refused": 0,
    }
    async with world.database.transaction() as conn:
        await imports.note(conn, [ImportProgressed.model_validate(told)])


async def look(world: "World", identity: UUID) -> tuple[Any, ...]:
    async with world.database.acquire() as conn:
        found = await imports.one(conn, identity)
    assert found is not None
    return found["repeated"], found["on_the_way"], found["is_settled"]


async def test_how_many_rows_came_before_is_told_once_all_have_arrived(world: "World") -> None:
    identity = uuid4()
    await note(world, identity, 3, "reading")
    for number, email in ((1, "a@example.com"), (2, "a@example.com"), (3, "b@example.com")):
        row(world, identity, number, email)
    await world.settle()
    assert await look(world, identity) == (None, 0, False), "intake is still reading the file"
    await note(world, identity, 4, seq=2)
    assert await look(world, identity) == (None, 1, False)
    row(world, identity, 4, "c@example.com")
    await world.settle()
    assert await look(world, identity) == (1, 0, True)


class Interrupted:
    """A connection behind whose back something commits after the rows were counted."""

    def __init__(self, conn: Connection, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._conn = conn
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)

    async def fetch(self, *query: Any) -> Any:
        found = await self._conn.fetch(*query)
        await self._meanwhile()
        return found


async def test_what_commits_between_two_looks_makes_no_false_number(world: "World") -> None:
    identity = uuid4()
    await note(world, identity, 8)
    row(world, identity, 1, "p1@example.com")
    await world.settle()

    async def the_rest_arrives() -> None:
        for number in range(2, 9):
            row(world, identity, number, f"p{number}@example.com")
        await world.settle()

    async with world.database.acquire() as conn:
        found = await imports.one(cast("Connection", Interrupted(conn, the_rest_arrives)), identity)
    assert found is not None
    assert (found["rows_by_state"], found["repeated"], found["on_the_way"]) == ({"opened": 1}, None, 7)
    assert await look(world, identity) == (0, 0, True)

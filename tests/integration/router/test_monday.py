"""Monday, five to nine: somebody is ill, one country has a holiday, 300 leads came over the weekend, one in a
language nobody speaks. What each person saw."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from lead_events.words import HoldReason, Quadrant
from tests.integration.router.worlds import WEEK, World, lead_id, rep, rulebook

FRIDAY = datetime(2026, 5, 29, 9, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 5, 30, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 6, 1, 6, 55, tzinfo=UTC)
"""08:55 in Madrid and Milan, 07:55 in Lisbon. In Romania it is Whit Monday."""
NINE_IN_MADRID, NINE_IN_LISBON = MONDAY.replace(hour=7, minute=0), MONDAY.replace(hour=8, minute=0)
TUESDAY_IN_BUCHAREST = datetime(2026, 6, 2, 6, 0, tzinfo=UTC)
WEEKEND = {"es": 120, "it": 90, "pt": 50, "ro": 39}
FINNISH = "aino"


def calendar(zone: str, country: str) -> dict[str, Any]:
    return {"tz": zone, "week": WEEK, "holidays_of": country}


def company() -> dict[str, Any]:
    reps = {
        "ana": rep("Ana", team="spain", calendar="madrid", languages=["es"], capacity=30),
        "ben": rep("Ben", team="spain", calendar="madrid", languages=["es"], capacity=30),
        "rui": rep("Rui", team="portugal", calendar="lisbon", languages=["pt"], capacity=30),
        "paola": rep("Paola", team="italy", calendar="milan", languages=["it"], capacity=30),
        "mihai": rep("Mihai", team="romania", calendar="bucharest", languages=["ro"], capacity=30),
        "eva": rep("Eva", team="spain", calendar="madrid", languages=["en"], capacity=5),
    }
    document = rulebook(reps)
    document["calendars"] = {
        "madrid": calendar("Europe/Madrid", "ES"),
        "lisbon": calendar("Europe/Lisbon", "PT"),
        "milan": calendar("Europe/Rome", "IT"),
        "bucharest": calendar("Europe/Bucharest", "RO"),
    }
    document["roster"]["teams"] = {
        name: {"name": name.title()} for name in ("spain", "portugal", "italy", "romania")
    }
    document["roster"]["teams"]["spain"]["lead"] = "eva"
    document["routing"] = {
        "pools": {
            "all": {
                "name": "Everybody",
                "reps": ["ana", "ben", "mihai", "paola", "rui"],
                "language": "required",
                "deadline_aware": True,
            },
            "english": {"name": "In English", "reps": ["eva"]},
        },
        "plans": {
            "main": {"fallback": "all", "unspoken": "english"},
            "training": {"fallback": "english"},
        },
    }
    return document


async def until(world: World, moment: datetime) -> None:
    world.clock.advance((moment - world.clock.now()).total_seconds())
    await world.hand_out()


async def the_weekend(world: World) -> None:
    """Every third lead is perfect, the others warm."""
    number = 0
    for language, leads in WEEKEND.items():
        for each in range(leads):
            quadrant = Quadrant.PERFECT if each % 3 == 0 else Quadrant.WARM
            world.score(f"{language}-{each}", quadrant=quadrant, language=language)
            number += 1
    await world.read()
    await world.take(FINNISH, language="fi")
    assert number + 1 == 300


async def test_monday_five_to_nine(world: World) -> None:
    await world.publish_rulebook(company())
    await until(world, FRIDAY)
    await world.take("friday-1", "friday-2", language="es")
    for name in ("friday-1", "friday-2"):
        holder = world.holder(name)
        assert holder in ("ana", "ben")
        answered = await world.act(holder, name, "accept")
        assert answered.status_code == 200
    await until(world, SATURDAY)
    await the_weekend(world)

    await until(world, MONDAY)
    await _what_the_operator_saw_before_nine(world)
    await _what_happened_when_ana_fell_ill(world)

    await until(world, NINE_IN_MADRID)
    await _what_reps_saw_at_nine(world)
    await _what_the_buyer_who_came_now_met(world)

    await until(world, NINE_IN_LISBON)
    assert len(await world.mine("rui")) == 30
    await until(world, TUESDAY_IN_BUCHAREST)
    assert len(await world.mine("mihai")) == 30


async def _what_the_operator_saw_before_nine(world: World) -> None:
    """Everything waits, with its reason and its next try; nobody has been given anything in bed."""
    held = (await world.operate("GET", "/v1/held", params={"limit": 1000})).json()["held"]
    assert len(held) == 300
    assert Counter(each["hold_reason"] for each in held) == {HoldReason.NOBODY_OPEN.value: 300}
    first_try = {each["next_try_at"] for each in held}
    assert first_try == {
        moment.isoformat().replace("+00:00", "Z")
        for moment in (NINE_IN_MADRID, NINE_IN_LISBON, TUESDAY_IN_BUCHAREST)
    }
    assert [each["quadrant"] for each in held if each["pool_id"] == "all"] == ["perfect"] * 100 + [
        "warm"
    ] * 199


async def _what_happened_when_ana_fell_ill(world: World) -> None:
    """She says so herself; her answered lead is the team lead's to decide, and nothing new comes to her."""
    headers = {"Authorization": f"Bearer {await world.token('ana')}"}
    async with world.client() as client:
        said = await client.post(
            "/v1/me/absences", headers=headers, json={"until": "2026-06-02", "reason": "flu"}
        )
    assert said.status_code == 201, said.text
    hers = [name for name in ("friday-1", "friday-2") if world.holder(name) == "ana"]
    assert hers, "each of two has one of the two of Friday"
    assert await _what_eva_decides_on(world) == [str(lead_id(name)) for name in hers]


async def _what_eva_decides_on(world: World) -> list[str]:
    """She leads the team, and looks with her own token."""
    made = await world.operate("POST", "/v1/tokens", json={"name": "eva", "role": "team_lead", "rep": "eva"})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    async with world.client() as client:
        told = await client.get("/v1/teams/spain/unattended", headers=headers)
    assert told.status_code == 200, told.text
    return [each["lead_id"] for each in told.json()["leads"]]


async def _what_reps_saw_at_nine(world: World) -> None:
    """Best leads first, as many as each has places; in a language of theirs; Ana and Romania nothing."""
    ben, paola = await world.mine("ben"), await world.mine("paola")
    new = [each for each in ben if each["profile"]["language"] == "es" and each["round"] == 1]
    assert len(ben) == len(paola) == 30
    assert {each["profile"]["language"] for each in paola} == {"it"}
    assert Counter(each["quadrant"] for each in paola) == {"perfect": 30}
    late = [each for each in paola if "a late answer is expected" in each["why"]]
    assert len(late) == 24, "in the hour that is promised six are answered, at ten minutes each"
    assert len(new) == 30
    assert len(await world.mine("ana")) == len(
        [n for n in ("friday-1", "friday-2") if world.holder(n) == "ana"]
    )
    assert await world.mine("mihai") == await world.mine("rui") == []
    eva = await world.mine("eva")
    assert [each["lead_id"] for each in eva] == [str(lead_id(FINNISH))]
    assert "waited since Sat 2026-05-30 12:00 UTC; nobody of the pool first chosen speaks" in eva[0]["why"]


async def _what_the_buyer_who_came_now_met(world: World) -> None:
    """A place in the queue, said so; and it goes before the warm ones of the weekend."""
    await world.take("live", language="es")
    last = world.routed("live")[-1]
    assert last.hold_reason is HoldReason.NO_CAPACITY
    assert "everybody at work who could take it is at capacity" in last.why
    assert "1 away" in last.why
    perfect = [f"es-{n}" for n in range(0, 120, 3)]
    waiting = sorted((name for name in perfect if world.holder(name) is None), key=lead_id)
    assert len(waiting) == 11
    for name in [*waiting, "live"]:
        assert world.holder(name) is None
        await world.end(next(each for each in perfect if world.holder(each) == "ben"))
        await world.drain()
        assert world.holder(name) == "ben", "perfect leads of the weekend first"
    assert all(world.holder(f"es-{n}") is None for n in range(120) if n % 3), (
        "then the live one, then the warm ones"
    )

"""The calendar that both teams subscribe to, read back by the library that a subscriber might use."""

from datetime import UTC, date, datetime

import recurring_ical_events
from icalendar import Calendar

from tests.integration.router.worlds import World, rulebook


async def fetch(world: World, token: str, **headers: str) -> tuple[int, bytes, str]:
    async with world.client() as client:
        response = await client.get("/v1/calendar.ics", params={"token": token}, headers=headers)
    return response.status_code, response.content, response.headers.get("etag", "")


async def token_of(world: World, name: str) -> str:
    response = await world.operate("POST", "/v1/calendar-tokens", json={"name": name})
    assert response.status_code == 201, response.text
    assert response.json()["path"].endswith(response.json()["token"])
    return str(response.json()["token"])


def events(content: bytes) -> dict[str, tuple[object, object]]:
    found = recurring_ical_events.of(Calendar.from_ical(content)).between(date(2026, 1, 1), date(2028, 1, 1))
    return {str(each["SUMMARY"]): (each.start, each.end) for each in found}


def uids(content: bytes) -> dict[str, str]:
    return {str(each["SUMMARY"]): str(each["UID"]) for each in Calendar.from_ical(content).walk("VEVENT")}


async def test_absences_holidays_and_campaigns_stand_in_one_calendar(world: World) -> None:
    spring = {"name": "Spring fair", "first_day": "2026-03-16", "last_day": "2026-03-20"}
    await world.publish_rulebook(rulebook(campaigns={"spring": spring}))
    days = {"from": "2026-03-09", "until": "2026-03-10", "reason": "surgery"}
    await world.operate("POST", "/v1/reps/ana/absences", json=days)
    hours = {"from": "2026-03-11T14:00", "until": "2026-03-11T16:00"}
    await world.operate("POST", "/v1/reps/bea/absences", json=hours)
    await world.operate("POST", "/v1/reps/carla/absences", json=days)
    await world.operate("POST", "/v1/reps/carla/left")
    status, content, _ = await fetch(world, await token_of(world, "marketing"))
    assert status == 200
    assert b"surgery" not in content
    found = events(content)
    assert found["Ana: away"] == (date(2026, 3, 9), date(2026, 3, 11))
    assert found["Bea: away"] == (
        datetime(2026, 3, 11, 13, tzinfo=UTC),
        datetime(2026, 3, 11, 15, tzinfo=UTC),
    )
    assert found["Campaign: Spring fair"] == (date(2026, 3, 16), date(2026, 3, 21))
    assert found["Public holiday: office"] == (date(2027, 3, 26), date(2027, 3, 27)), "the last of many"
    assert "Carla: away" not in found


async def test_whole_days_stay_whole_where_the_clock_goes_forward_at_midnight(world: World) -> None:
    """Santiago de Chile, 2026-09-06: after 23:59 comes 01:00."""
    book = rulebook()
    book["calendars"]["office"]["tz"] = "America/Santiago"
    await world.publish_rulebook(book)
    world.clock.advance(86_400 * 170)
    days = {"from": "2026-09-06", "until": "2026-09-08"}
    await world.operate("POST", "/v1/reps/ana/absences", json=days)
    _, content, _ = await fetch(world, await token_of(world, "marketing"))
    assert events(content)["Ana: away"] == (date(2026, 9, 6), date(2026, 9, 9))


async def test_names_with_commas_breaks_and_emoji_are_read_back_as_they_are(routing: World) -> None:
    name = "Ana; \U0001f600, María-José \\ \n" + "Ñandú " * 20
    response = await routing.operate("PATCH", "/v1/reps/ana", json={"name": name.strip()})
    assert response.status_code == 200, response.text
    await routing.operate("POST", "/v1/reps/ana/absences", json={"from": "2026-03-09", "until": "2026-03-10"})
    _, content, _ = await fetch(routing, await token_of(routing, "marketing"))
    assert f"{name.strip()}: away" in events(content)
    assert max(map(len, content.split(b"\r\n"))) <= 75, "long lines are folded, in octets"


async def test_a_campaign_without_an_end_is_in_the_calendar_and_stops_nothing(world: World) -> None:
    always = {"name": "Always on", "first_day": "2026-03-01", "last_day": "9999-12-31"}
    await world.publish_rulebook(rulebook(campaigns={"always": always}))
    status, content, _ = await fetch(world, await token_of(world, "marketing"))
    assert status == 200
    assert b"DTSTART;VALUE=DATE:20260301" in content


async def test_what_stays_keeps_its_uid_and_what_is_as_it_was_is_not_sent_again(routing: World) -> None:
    await routing.operate("POST", "/v1/reps/ana/absences", json={"from": "2026-03-09", "until": "2026-03-10"})
    token = await token_of(routing, "marketing")
    _, first, etag = await fetch(routing, token)
    assert await fetch(routing, token, **{"If-None-Match": etag}) == (304, b"", etag)
    longer = {"absences": [{"first_day": "2026-03-09", "last_day": "2026-03-12"}]}
    await routing.operate("PATCH", "/v1/reps/ana", json=longer)
    _, second, changed = await fetch(routing, token, **{"If-None-Match": etag})
    assert changed != etag
    assert uids(first) == uids(second)
    assert events(second)["Ana: away"] == (date(2026, 3, 9), date(2026, 3, 13))


async def test_a_calendar_token_reads_the_calendar_and_nothing_else(routing: World) -> None:
    older = await token_of(routing, "sales")
    other = await token_of(routing, "marketing")
    newer = await token_of(routing, "sales")
    told = [(await fetch(routing, each))[0] for each in (older, other, newer, "wrong", "operator-token")]
    assert told == [401, 200, 200, 401, 401]
    async with routing.client() as client:
        headers = {"Authorization": f"Bearer {newer}"}
        assert (await client.get("/v1/reps", headers=headers)).status_code == 401
        assert (await client.get("/v1/me/assignments", headers=headers)).status_code == 401
    async with routing.runtime.database.acquire() as conn:
        kept = [row["t"] for row in await conn.fetch("SELECT t::text FROM calendar_tokens t")]
    assert not any(newer in row for row in kept)

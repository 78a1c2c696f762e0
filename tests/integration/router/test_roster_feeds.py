"""Absences by subscribed iCalendar feeds, read from a real server on this machine."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from delivery.addresses import Allowed
from router.feed_fetch import MOST_BYTES, FeedFailed, FeedFetcher
from router.feeds import READ_EVERY, Feeds, read_apart
from service_kit.secrets import Secrets
from tests.integration.router.worlds import TUESDAY_10, World, rulebook
from tests.patience import HANGS_AFTER

TITLE = "Surgery of the knee"


def ics(*days: str) -> bytes:
    events = [
        f"BEGIN:VEVENT\r\nUID:{day}\r\nSUMMARY:{TITLE}\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n"
        for day in days
    ]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


@dataclass
class Publisher:
    """A web server that publishes calendars by path."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    asked: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        sent = dict(line.split(": ", 1) for line in rest if line)
        self.asked.append({name.lower(): value for name, value in sent.items()})
        body = self.files.get(first.split()[1], b"")
        etag = f'"{hash(body)}"'
        status = "304 Not Modified" if self.asked[-1].get("if-none-match") == etag else self.status
        body = b"" if status.startswith("304") else body
        head = [f"HTTP/1.1 {status}", f"ETag: {etag}", f"Content-Length: {len(body)}", *self.headers]
        writer.write(("\r\n".join([*head, "Connection: close"]) + "\r\n\r\n").encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    publisher = Publisher()
    server = await asyncio.start_server(publisher.answer, "127.0.0.1", 0)
    publisher.port = server.sockets[0].getsockname()[1]
    async with server:
        yield publisher


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as running:
        yield running


def feeds(world: World, publisher: Publisher, allowed: str = "127.0.0.0/8", **urls: str) -> Feeds:
    secrets = {f"BATON_SECRET_{name.upper()}": url for name, url in urls.items()}
    if not urls:
        secrets = {"BATON_SECRET_ANA-ABSENCES".replace("-", "_"): url_of(publisher)}
    return Feeds(
        world.runtime,
        world.wiring.reps,
        Secrets(environ=secrets),
        FeedFetcher(Allowed.parse(allowed)),
        world.wiring.drainer.wake,
    )


def url_of(publisher: Publisher, path: str = "/ana.ics") -> str:
    return f"http://127.0.0.1:{publisher.port}{path}"


async def subscribe(world: World, *names: str) -> None:
    response = await world.operate("PATCH", "/v1/reps/ana", json={"absence_feeds": list(names)})
    assert response.status_code == 200, response.text


async def look(world: World, feeds: Feeds) -> None:
    await feeds.look()
    await world.runtime.published()


def absences(world: World) -> list[str]:
    told = [event for event in world.availability() if event.rep_id == "ana"][-1].calendar
    return [start[:10] for start, _ in told.get("absences", [])]


async def ana(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.operate("GET", "/v1/reps/ana")).json()
    return found


async def test_a_feed_makes_absences_and_its_next_reading_replaces_only_its_own(
    routing: World, publisher: Publisher
) -> None:
    await routing.operate("POST", "/v1/reps/ana/absences", json={"from": "2026-05-04", "until": "2026-05-04"})
    publisher.files = {"/ana.ics": ics("20260304"), "/more.ics": ics("20260420")}
    reading = feeds(routing, publisher, ana_absences=url_of(publisher), more=url_of(publisher, "/more.ics"))
    await subscribe(routing, "ana-absences", "more")
    await look(routing, reading)
    assert absences(routing) == ["2026-03-03", "2026-04-19", "2026-05-04"], "of feeds in UTC"
    publisher.files["/ana.ics"] = ics("20260311")
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    assert absences(routing) == ["2026-03-10", "2026-04-19", "2026-05-04"]
    await subscribe(routing, "more")
    assert absences(routing) == ["2026-04-19", "2026-05-04"], "a feed that is named no more is forgotten"


async def test_a_feed_is_asked_every_ten_minutes_and_only_for_what_is_new(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260304")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    for _ in range(3):
        await look(routing, reading)
    assert len(publisher.asked) == 1
    revision = (await ana(routing))["revision"]
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    assert "if-none-match" in publisher.asked[1]
    assert (await ana(routing))["revision"] == revision
    routing.clock.advance(24 * 3600)
    await look(routing, reading)
    assert "if-none-match" not in publisher.asked[2], "each day it is read anew: the days ahead moved on"


async def test_a_feed_is_read_anew_where_its_whole_days_are_others(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260304")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    await look(routing, reading)
    moved = rulebook()
    moved["calendars"]["office"]["tz"] = "Asia/Tokyo"
    await routing.publish_rulebook(moved, version=2)
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    told = [event for event in routing.availability() if event.rep_id == "ana"][-1].calendar
    assert told["absences"] == [["2026-03-03T15:00:00+00:00", "2026-03-04T15:00:00+00:00"]]


async def test_the_audit_says_what_a_feed_and_an_early_return_changed(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260303", "20260304")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    await look(routing, reading)
    await routing.operate("POST", "/v1/reps/ana/back")
    changes = (await routing.operate("GET", "/v1/reps/ana/changes")).json()["changes"]
    back, read = changes[:2]
    span = ["2026-03-02T23:00:00+00:00", "2026-03-04T23:00:00+00:00"]
    assert (read["changed_by"], read["before"], read["after"]) == (
        "feed ana-absences",
        {"away": []},
        {"away": [span]},
    )
    assert back["before"] == {"returned": []}
    assert back["after"] == {"returned": [["2026-03-03T09:00:00+00:00", span[1]]]}


async def test_a_feed_that_is_down_leaves_what_is_known_and_a_warning(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260304")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    await look(routing, reading)
    for status, content in (("503 Busy", b""), ("200 OK", b"<html>Sign in</html>")):
        publisher.status, publisher.files["/ana.ics"] = status, content
        routing.clock.advance(READ_EVERY.total_seconds())
        await look(routing, reading)
        (shown,) = (await ana(routing))["feeds"]
        assert shown["problem"] in ("it answered 503", "it is no iCalendar file that can be read")
        assert shown["failing_since"] is not None
        assert absences(routing) == ["2026-03-03"]
    publisher.files["/ana.ics"] = ics()
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    (shown,) = (await ana(routing))["feeds"]
    assert (shown["problem"], shown["failing_since"]) == (None, None)
    assert absences(routing) == []


async def test_a_feed_that_says_away_now_lets_unanswered_leads_go_on(
    routing: World, publisher: Publisher
) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("ada")
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    publisher.files["/ana.ics"] = ics("20260303")
    await subscribe(routing, "ana-absences")
    await look(routing, feeds(routing, publisher))
    await routing.wiring.absentees.look()
    await routing.runtime.published()
    assert routing.holder("ada") == "bea"


async def test_who_is_back_is_at_work_although_the_feed_says_away(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260303", "20260304")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    await look(routing, reading)
    assert (await ana(routing))["away_until"] == "2026-03-04T23:00:00Z"
    assert (await routing.operate("POST", "/v1/reps/ana/back")).json()["away_until"] is None
    publisher.files["/ana.ics"] = ics("20260303", "20260304", "20260401")
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    assert (await ana(routing))["away_until"] is None
    assert absences(routing)[-1] == "2026-03-31"


async def test_days_at_work_in_the_middle_of_what_a_feed_says_stay_at_work(
    routing: World, publisher: Publisher
) -> None:
    publisher.files["/ana.ics"] = ics("20260309", "20260310", "20260311")
    reading = feeds(routing, publisher)
    await subscribe(routing, "ana-absences")
    await look(routing, reading)
    body = {"from": "2026-03-10", "until": "2026-03-10"}
    response = await routing.operate("POST", "/v1/reps/ana/back", json=body)
    assert response.status_code == 200, response.text
    publisher.files["/ana.ics"] += b"\r\n"
    routing.clock.advance(READ_EVERY.total_seconds())
    await look(routing, reading)
    assert absences(routing) == ["2026-03-08", "2026-03-10"]


@pytest.mark.parametrize(
    ("allowed", "answers", "says"),
    [
        ("", {}, "allow 127.0.0.1:"),
        ("10.0.0.0/8", {}, "allow 127.0.0.1:"),
        ("127.0.0.0/8", {"status": "302 Found"}, "a redirect, which is not followed"),
        ("127.0.0.0/8", {"headers": ("Content-Encoding: gzip",)}, "compressed"),
        ("127.0.0.0/8", {"files": {"/ana.ics": b"x" * (MOST_BYTES + 1)}}, "larger than 5 MB"),
    ],
)
async def test_a_feed_that_leads_inside_or_harms_is_not_read(
    routing: World, publisher: Publisher, allowed: str, answers: Mapping[str, Any], says: str
) -> None:
    publisher.files["/ana.ics"] = ics("20260304")
    for name, value in answers.items():
        setattr(publisher, name, value)
    await subscribe(routing, "ana-absences")
    await look(routing, feeds(routing, publisher, allowed))
    (shown,) = (await ana(routing))["feeds"]
    assert says in shown["problem"]
    assert absences(routing) == []
    assert bool(publisher.asked) == (allowed == "127.0.0.0/8")


async def test_a_server_that_never_ends_its_answer_is_left_after_a_while(routing: World) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n")
        await writer.drain()
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/private"
    reading = Feeds(
        routing.runtime,
        routing.wiring.reps,
        Secrets(environ={"BATON_SECRET_HR": url}),
        FeedFetcher(Allowed.parse("127.0.0.0/8"), seconds=0.2),
        routing.wiring.drainer.wake,
    )
    await subscribe(routing, "hr")
    await look(routing, reading)
    (shown,) = (await ana(routing))["feeds"]
    assert shown["problem"] == "no answer within 0.2 s"
    gone.set()
    server.close()


async def test_a_feed_without_its_secret_says_where_to_write_it(routing: World, publisher: Publisher) -> None:
    await subscribe(routing, "nowhere")
    await look(routing, feeds(routing, publisher))
    (shown,) = (await ana(routing))["feeds"]
    assert "BATON_SECRET_NOWHERE" in shown["problem"]


async def test_neither_titles_nor_addresses_of_feeds_are_kept_or_logged(
    routing: World, publisher: Publisher, capfd: pytest.CaptureFixture[str]
) -> None:
    publisher.files["/secret-path.ics"] = ics("20260304")
    await subscribe(routing, "one", "two")
    one, two = url_of(publisher, "/secret-path.ics"), "http://127.0.0.1:1/secret-path.ics"
    await look(routing, feeds(routing, publisher, one=one, two=two))
    async with routing.runtime.database.acquire() as conn:
        kept = [
            str(row)
            for table in ("absence_feeds", "reps", "rep_changes", "outbox")
            for row in await conn.fetch(f"SELECT t::text FROM {table} t")
        ]
    told = "".join(capfd.readouterr()) + " ".join(kept)
    assert "two" in told
    assert TITLE not in told
    assert "secret-path" not in told


async def test_a_file_that_takes_too_long_to_read_ends_its_own_process_only() -> None:
    with pytest.raises(FeedFailed, match="too long"):
        await read_apart(ics("20260304"), "Europe/Madrid", TUESDAY_10, seconds=0.001)
    assert (await read_apart(ics("20260304"), "Europe/Madrid", TUESDAY_10))["unread"] == 0


async def test_the_running_parts_bring_a_feed_s_absence_to_the_leads(
    routing: World, publisher: Publisher
) -> None:
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await routing.take("ada")
    await routing.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    publisher.files["/ana.ics"] = ics("20260303")
    await subscribe(routing, "ana-absences")
    parts = [feeds(routing, publisher).part(), routing.wiring.absentees.part()]
    running = {asyncio.create_task(part.run()) for part in parts}
    async with asyncio.timeout(HANGS_AFTER):
        while routing.holder("ada") != "bea":
            ended, _ = await asyncio.wait(running, timeout=0.02)
            assert not ended
    for part in parts:
        part.stop()
    await asyncio.gather(*running)

"""Files of leads over HTTP, read by a process of its own, on a real Kafka and PostgreSQL."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton_dev.kafka import KafkaServer
from lead_events import LeadSubmitted
from lead_events.catalog import topic
from lead_events.codec import decode
from service_kit.kafka import KafkaBroker
from service_kit.spreadsheets import shown
from service_kit.topics import create_topics
from tests.integration.intake.running import FORMS, Harness, Running, eventually, publication, rulebook

pytestmark = pytest.mark.stack
HEADERS = {"Authorization": "Bearer secret"}
TOPICS = ("lead-submitted", "lead-imported", "import-progressed", "rulebook-published")


def rows(count: int, first: int = 1) -> bytes:
    lines = [
        f"Ana {number},ana{number}@example.com,+3460000{number:04d}" for number in range(first, first + count)
    ]
    return ("name,email,phone\r\n" + "\r\n".join(lines) + "\r\n").encode()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Any:
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def intake(kafka: KafkaServer, tmp_path: Path) -> AsyncIterator[Running]:
    await create_topics(kafka.bootstrap, [topic(name) for name in TOPICS])
    broker = KafkaBroker(kafka.bootstrap, publish_deadline=2)
    publisher = broker.publisher()
    await publisher.start()
    await publisher.publish([publication(1, rulebook(FORMS))])
    await publisher.stop()
    async with Harness(tmp_path).start(broker=broker, kafka=kafka.bootstrap) as running:
        yield running


async def send(intake: Running, body: bytes, **params: Any) -> dict[str, Any]:
    answer = await intake.client.post(
        "/v1/imports", params={"form": "demo", **params}, content=body, headers=HEADERS
    )
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def show(intake: Running, identity: str, what: str = "") -> httpx.Response:
    return await intake.client.get(f"/v1/imports/{identity}{what}", headers=HEADERS)


async def over(intake: Running, identity: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            told: dict[str, Any] = (await show(intake, identity)).json()
            if told["state"] not in ("queued", "reading"):
                return told
            await asyncio.sleep(0.02)


async def published(kafka: KafkaServer, identity: str) -> list[LeadSubmitted]:
    """Rows of that import on their topic, each record of it."""
    client = KafkaBroker(kafka.bootstrap).consumer(f"reader-{identity}", ["lead-imported"])
    await client.start()
    found = []
    try:
        await eventually(lambda: bool(client.assignment().partitions), 30)
        places = client.assignment().partitions
        left = sum((await client.end_offsets(places)).values())
        while left > 0:
            records = await client.take(places, max_records=1000, timeout=1.0)
            left -= len(records)
            for record in records:
                _, event = decode(record.topic, record.headers, record.value)
                assert isinstance(event, LeadSubmitted)
                if event.imported is not None and str(event.imported.import_id) == identity:
                    found.append(event)
    finally:
        await client.stop()
    return found


async def test_nobody_else_on_the_machine_reads_a_list_of_people(intake: Running, tmp_path: Path) -> None:
    told = await send(intake, rows(3), dry_run=True)
    (folder,) = list(tmp_path.rglob(told["import_id"]))  # noqa: ASYNC240 - of a test
    assert (folder / "file").is_file()
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_800_rows_go_out_once_and_the_same_file_again_changes_nothing(
    intake: Running, kafka: KafkaServer
) -> None:
    body = rows(800)
    told = await send(
        intake, body, file="fair.csv", mode="paced", per_rep_daily=5, consent_proof="badge scan", counts=True
    )
    done = await over(intake, told["import_id"])
    assert (done["state"], done["rows"], done["published"], done["refused"]) == ("finished", 800, 800, 0)
    again = await send(
        intake, body, file="fair.csv", mode="paced", per_rep_daily=5, consent_proof="badge scan", counts=True
    )
    assert (again["import_id"], again["state"], again["is_new"]) == (told["import_id"], "finished", False)
    found = await published(kafka, told["import_id"])
    assert len({event.submission_id for event in found}) == len(found) == 800
    assert sorted(event.receipt.number for event in found) == list(range(1, 801))
    first = min(found, key=lambda event: event.receipt.number)
    assert first.imported is not None
    assert (first.imported.mode, first.imported.per_rep_daily, first.imported.counts) == ("paced", 5, True)
    assert first.consent is not None
    assert (first.consent.given, first.consent.proof) == (True, "badge scan")


async def test_a_worker_killed_in_the_middle_goes_on_and_doubles_no_number(
    intake: Running, kafka: KafkaServer
) -> None:
    told = await send(intake, rows(6_000, first=1_000_000), file="long.csv")
    deaths = 0
    async with asyncio.timeout(120):
        while deaths < 2:
            state = (await show(intake, told["import_id"])).json()
            pid = intake.wiring.imports.worker_pid
            if state["rows"] >= 1_000 * (1 + 2 * deaths) and pid is not None:
                os.kill(pid, signal.SIGKILL)
                deaths += 1
            assert state["state"] != "finished", "it was read before it could be killed"
            await asyncio.sleep(0.01)
    done = await over(intake, told["import_id"])
    assert (done["state"], done["rows"], done["published"]) == ("finished", 6_000, 6_000)
    found = await published(kafka, told["import_id"])
    assert len({event.submission_id for event in found}) == 6_000
    numbers = {event.submission_id: event.receipt.number for event in found}
    assert sorted(numbers.values()) == list(range(1, 6_001))
    assert all(numbers[event.submission_id] == event.receipt.number for event in found)


async def test_refused_rows_are_in_a_file_with_the_reason_and_formulas_escaped(intake: Running) -> None:
    body = b'name,email\r\n"=HYPERLINK(1)",nobody\r\n-Ben,ben@example.com\r\nEva,\r\n'
    done = await over(intake, (await send(intake, body))["import_id"])
    assert (done["published"], done["refused"]) == (1, 2)
    answer = await show(intake, done["import_id"], "/errors")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,line,reason,name,email"
    assert lines[1].startswith("1,2,")
    assert "'=HYPERLINK(1)" in lines[1]
    assert "write one of them" in lines[2]
    assert shown("+34600000001") == "'+34600000001"


async def test_a_dry_run_publishes_nothing_until_it_is_started(intake: Running, kafka: KafkaServer) -> None:
    body = "Correo;Nombre\r\nana@example.com;Ana 🌸\r\n".encode("utf-8-sig")
    dry = await over(intake, (await send(intake, body, dry_run=True))["import_id"])
    assert dry["state"] == "failed"
    assert dry["proposed"] == {"Correo": "email", "Nombre": "name"}
    told = await send(intake, body, dry_run=True, accept_proposed=True)
    dry = await over(intake, told["import_id"])
    assert (dry["state"], dry["layout"]["separator"]) == ("checked", "semicolon")
    keys = (await show(intake, told["import_id"], "/keys")).json()
    assert keys == {"rows": [["email:ana@example.com"]], "next": None}
    assert await published(kafka, told["import_id"]) == []
    await intake.client.post(f"/v1/imports/{told['import_id']}/start", headers=HEADERS)
    assert (await over(intake, told["import_id"]))["state"] == "finished"
    (event,) = await published(kafka, told["import_id"])
    assert event.profile.name == "Ana 🌸"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("이름,email\n김하나,a@example.com\n".encode("cp949"), "--encoding"),
        (b"PK\x03\x04" + bytes(50), "CSV UTF-8"),
        (b"name,email\n", "no row"),
        (b"colour,size\nred,2\n", "COLUMN=FIELD"),
    ],
)
async def test_a_file_that_cannot_be_read_fails_with_what_to_do(
    intake: Running, body: bytes, told: str
) -> None:
    done = await over(intake, (await send(intake, body))["import_id"])
    assert (done["state"], done["published"]) == ("failed", 0)
    assert told in done["error"]


async def test_a_utf16_file_with_tabs_is_read(intake: Running, kafka: KafkaServer) -> None:
    body = "name\temail\r\nZoë\tzoe@example.com\r\n".encode("utf-16")
    done = await over(intake, (await send(intake, body))["import_id"])
    (event,) = await published(kafka, done["import_id"])
    assert (event.profile.name, done["layout"]["encoding"]) == ("Zoë", "UTF-16-LE")


@pytest.mark.parametrize(
    ("params", "status", "told"),
    [
        ({"form": "nobody"}, 404, "nobody"),
        ({"form": "old"}, 409, "another form"),
        ({"mode": "paced"}, 422, "per_rep_daily=10"),
        ({"mode": "owner"}, 422, "owner_column"),
        ({"time_zone": "Mars/Olympus"}, 422, "Europe/Madrid"),
        ({"column": "Correo"}, 422, "column=COLUMN=FIELD"),
        ({"mode": "later"}, 422, ""),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused_at_once(
    intake: Running, params: dict[str, Any], status: int, told: str
) -> None:
    asked = {"form": "demo", **params}
    answer = await intake.client.post("/v1/imports", params=asked, content=b"email\na@b.c\n", headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told in answer.json()["detail"]


async def test_a_file_is_not_held_to_the_limit_of_bodies_but_to_its_own(intake: Running) -> None:
    big = b"email\n" + b"x" * 10 * 1024 * 1024
    answer = await intake.client.post("/v1/imports?form=demo", content=big, headers=HEADERS)
    assert answer.status_code == 202
    assert (await intake.client.post("/v1/imports?form=demo", content=big)).status_code == 401
    intake.wiring.imports._settings = intake.wiring.settings.model_copy(update={"import_max_bytes": 100})
    answer = await intake.client.post("/v1/imports?form=demo", content=big, headers=HEADERS)
    assert answer.status_code == 413
    assert "split it" in answer.json()["detail"]

"""Nurturing as a place: who is there, what marketing's tool is told, who unsubscribes, who wakes."""

import asyncio
import base64
import copy
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from delivery.addresses import Allowed
from delivery.message import Channel
from delivery.sender import Sender
from delivery.signing import is_signed, signed_headers
from delivery.webhook import Webhooks
from lead_events import Consent, Outcome
from lead_events.ids import lead_id
from lead_events.words import CauseKind, ImportMode, ProgressKind, Quadrant, Stage
from scoring.api import scoring_router
from scoring.api.nurturing import unsubscribe_router
from scoring.domain.erasure import ErasureKeys
from scoring.domain.nurturing import contact_id
from scoring.nurturing import NurturingBook
from scoring.nurturing_list import NurturingFile
from scoring.persons import Named, Order, PersonDesk
from scoring.waking import WakeUps
from service_kit.clock import ManualClock, ManualTransactionClock, SystemClock
from service_kit.problems import install_problems
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import Receiver
from tests.integration.scoring.test_feedback import assigned, heard, said

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
YES = Consent(given=True, text="Write to me", text_version="2026-01", at=START)
EVA = {"email": "eva@example.com", "first_name": "Eva", "company": "Aurora"}
COLD = {"explicit_ask": False, "consent": YES}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


def document(world: "World", **nurturing: Any) -> dict[str, Any]:
    return copy.deepcopy(world.document) | {"nurturing": nurturing}


@pytest.fixture
async def told(bare_world: "World", receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> "World":
    """Scoring whose rulebook hands nurturing to a tool that listens."""
    monkeypatch.setenv("BATON_SECRET_TOOL", SECRET)
    monkeypatch.setenv("BATON_SECRET_BACK", SECRET)
    webhook = {"url": f"http://127.0.0.1:{receiver.port}/in", "secret": "tool"}
    await bare_world.publish_rulebook(document(bare_world, webhook=webhook, unsubscribes_secret="back"))
    return bare_world


@pytest.fixture
async def client(bare_world: "World") -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(bare_world.runtime))
    app.include_router(unsubscribe_router(bare_world.runtime))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://scoring") as found:
        yield found


def listing(folder: Path) -> list[tuple[str, int]]:
    """Names and modes of the files in a folder."""
    return sorted((each.name, each.stat().st_mode & 0o777) for each in folder.iterdir())


def rows_in(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def operator(world: "World") -> dict[str, str]:
    return {"Authorization": f"Bearer {world.runtime.settings.operator_token.get_secret_value()}"}


async def looked(world: "World") -> None:
    await NurturingBook(world.runtime, chunk=2).work()


async def deliver(world: "World") -> None:
    webhooks = Webhooks(Secrets(), allowed=Allowed.parse("127.0.0.1/32"))
    await Sender(world.database, {Channel.WEBHOOK: webhooks}, SystemClock()).work()


async def here(world: "World") -> dict[str, dict[str, Any]]:
    await looked(world)
    rows = await world.fetch(
        "SELECT n.*, p.profile->>'email' AS email FROM nurturing n LEFT JOIN persons p ON p.id = n.person_id"
        " WHERE left_at IS NULL"
    )
    return {row["email"]: row for row in rows}


def heard_by(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    bodies = [json.loads(body) for _, body in receiver.got]
    return [(body["type"], body["data"]) for body in bodies]


async def submitted(world: "World", profile: dict[str, Any] | None = None, **given: Any) -> UUID:
    event = world.submit(profile or EVA, **COLD | given)
    await world.settle()
    return lead_id(event.submission_id, event.lines[0])


async def recycled(world: "World", lead: UUID, wake_at: datetime, **given: Any) -> UUID:
    values = {"reason": "no budget before spring", "wake_at": wake_at, "at": START + timedelta(hours=3)}
    event = said(world, lead, ProgressKind.RECYCLED, **values | given)
    await heard(world)
    return event


async def test_a_lead_that_is_no_sql_is_handed_to_the_tool_signed_with_why(
    told: "World", receiver: Receiver
) -> None:
    lead = await submitted(told)
    (row,) = (await here(told)).values()
    assert (row["lead_id"], row["why"], row["kept_back"], row["is_told"]) == (lead, "not_sql", None, True)
    await deliver(told)
    ((headers, body),) = receiver.got
    now = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert is_signed(headers, body, [SECRET], now)
    ((kind, data),) = heard_by(receiver)
    assert kind == "nurturing.entered"
    assert data["contact"] == {"email": "eva@example.com", "first_name": "Eva", "company": "Aurora"}
    assert data["contact_id"] == str(contact_id(row["person_id"], "main"))
    assert (data["revision"], data["quadrant"], data["reason"]) == (
        1,
        "cold",
        "Not for sales yet: fits us less, and shows little interest yet (cold)",
    )
    await looked(told)
    await deliver(told)
    assert len(receiver.got) == 1


async def test_who_becomes_a_sql_leaves_and_the_tool_is_told(told: "World", receiver: Receiver) -> None:
    await submitted(told)
    await looked(told)
    await submitted(told, EVA | {"employees": 90, "job_title": "CEO"}, received_at=START + timedelta(hours=1))
    assert await here(told) == {}
    await deliver(told)
    (entered, _), (left, data) = sorted(heard_by(receiver), key=lambda each: each[1]["revision"])
    assert (entered, left) == ("nurturing.entered", "nurturing.left")
    assert (data["because"], data["revision"]) == ("sales", 2)


async def test_a_lead_with_a_rep_is_not_in_nurturing_though_its_score_falls(told: "World") -> None:
    lead = await submitted(told, EVA | {"employees": 90})
    assigned(told, lead, START + timedelta(hours=1))
    await heard(told)
    async with told.database.acquire() as conn:
        await conn.execute("UPDATE leads SET stage = 'mql', quadrant = 'curious' WHERE id = $1", lead)
    assert await here(told) == {}
    said(told, lead, ProgressKind.OUTCOME, outcome=Outcome(result="lost"))
    await heard(told)
    assert await here(told) == {}


async def test_only_who_agreed_is_handed_over_and_the_others_are_there_with_why_not(
    told: "World", receiver: Receiver
) -> None:
    await submitted(told, {"email": "silent@example.com"}, consent=None)
    await submitted(told, {"email": "no@example.com"}, consent=Consent(given=False))
    await submitted(told, {"email": "test@example.com"}, is_test=True)
    found = await here(told)
    assert {email: row["kept_back"] for email, row in found.items()} == {
        "silent@example.com": "no_consent",
        "no@example.com": "no_consent",
    }
    await deliver(told)
    assert receiver.got == []


async def test_another_policy_is_applied_to_everybody_and_another_address_told_anew(
    told: "World", receiver: Receiver
) -> None:
    await submitted(told)
    await looked(told)
    webhook = {"url": f"http://127.0.0.1:{receiver.port}/other", "secret": "tool"}
    async with told.database.acquire() as conn:  # in force at once, as after its thirty seconds
        await conn.execute("UPDATE rulebook_versions SET rulebook = $1", document(told, webhook=webhook))
    again = NurturingBook(told.runtime)
    await again.work()
    await deliver(told)
    assert [kind for kind, _ in heard_by(receiver)] == ["nurturing.entered"] * 2
    async with told.database.acquire() as conn:
        await conn.execute(
            "UPDATE rulebook_versions SET rulebook = $1", document(told, webhook=webhook, quadrants=["warm"])
        )
    await NurturingBook(told.runtime).work()
    await deliver(told)
    kind, data = heard_by(receiver)[-1]
    assert (kind, data["because"]) == ("nurturing.left", "kept_back")
    (row,) = (await here(told)).values()
    assert (row["kept_back"], row["is_told"]) == ("quadrant", False)


async def test_a_tool_that_is_down_is_told_later_and_once(told: "World", receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"]
    await submitted(told)
    await looked(told)
    await deliver(told)
    receiver.answers = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    async with told.database.acquire() as conn:
        await conn.execute("UPDATE deliveries SET due_at = now()")
    await deliver(told)
    await deliver(told)
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_a_recycled_lead_waits_in_nurturing_with_its_day_and_the_reps_reason(
    told: "World", receiver: Receiver
) -> None:
    lead = await submitted(told, EVA | {"employees": 90})
    assigned(told, lead, START + timedelta(hours=1))
    await recycled(told, lead, datetime(2099, 4, 1, 8, tzinfo=UTC))
    (row,) = (await here(told)).values()
    assert (row["why"], row["wake_at"]) == ("recycled", datetime(2099, 4, 1, 8, tzinfo=UTC))
    await deliver(told)
    ((_, data),) = heard_by(receiver)
    assert data["reason"] == "Sales gave it back until 2099-04-01: no budget before spring"
    assert data["wake_at"].startswith("2099-04-01")
    await WakeUps(told.runtime).work()
    assert len(await told.fetch("SELECT 1 FROM leads")) == 1


async def test_on_its_day_a_recycled_lead_opens_a_new_one_that_goes_the_normal_way(told: "World") -> None:
    old = await submitted(told, EVA | {"employees": 90, "job_title": "CEO"}, explicit_ask=True)
    assigned(told, old, START + timedelta(hours=1))
    event = await recycled(told, old, START + timedelta(days=2))
    await looked(told)
    await WakeUps(told.runtime).work()
    await WakeUps(told.runtime).work()
    await told.runtime.published()
    (woken,) = told.published("lead-scored-bulk")
    assert woken.lead_id == lead_id(event, "main")
    assert (woken.cause.kind, woken.cause.id) == (CauseKind.WAKE_UP, event)
    assert woken.cause.at == START + timedelta(days=2)
    assert woken.seq == 1
    assert (woken.stage, woken.quadrant) == (Stage.SQL, Quadrant.WARM)  # the ask of before was answered
    assert woken.journey.released_at is not None
    assert woken.form_id == "demo"
    assert woken.handling is None
    assert await told.fetch("SELECT became FROM wake_ups") == [{"became": "opened"}]
    assert await here(told) == {}
    await submitted(told, received_at=START + timedelta(days=3))
    assert told.scored()[-1].lead_id == woken.lead_id


async def test_one_that_is_no_sql_when_it_wakes_stays_in_nurturing_by_the_new_lead(told: "World") -> None:
    old = await submitted(told)
    await recycled(told, old, START + timedelta(days=2))
    before = (await here(told))["eva@example.com"]
    await WakeUps(told.runtime).work()
    after = (await here(told))["eva@example.com"]
    assert (before["lead_id"], after["why"], after["wake_at"]) == (old, "not_sql", None)
    assert after["lead_id"] not in (old, None)
    assert after["since"] == before["since"]


async def test_who_came_back_by_themselves_or_is_to_be_left_alone_is_not_woken(told: "World") -> None:
    eva, leo = await submitted(told), await submitted(told, {"email": "leo@example.com"})
    await recycled(told, eva, START + timedelta(days=2))
    await recycled(told, leo, START + timedelta(days=2))
    await submitted(told, received_at=START + timedelta(days=1))
    desk = PersonDesk(told.runtime, ErasureKeys())
    await desk.suppress(Named(key=("email", "leo@example.com")), Order("ops", "t1"))
    assert list(await here(told)) == ["eva@example.com"]
    await WakeUps(told.runtime, chunk=1).work()
    became = {
        row["lead_id"]: row["became"] for row in await told.fetch("SELECT lead_id, became FROM wake_ups")
    }
    assert became == {eva: "overtaken", leo: "left_alone"}
    assert told.published("lead-scored-bulk") == []


async def test_many_instances_wake_each_lead_once(told: "World") -> None:
    leads = [await submitted(told, {"email": f"p{number}@example.com"}) for number in range(12)]
    for lead in leads:
        said(told, lead, ProgressKind.RECYCLED, reason="later", wake_at=START + timedelta(days=1), at=START)
    await heard(told)
    await asyncio.gather(*(WakeUps(told.runtime, chunk=5).work() for _ in range(4)))
    await told.runtime.published()
    woken = told.published("lead-scored-bulk")
    assert len(woken) == len({each.lead_id for each in woken}) == 12
    assert await told.fetch("SELECT state, count(*)::int AS n FROM leads GROUP BY state ORDER BY state") == [
        {"state": "closed", "n": 12},
        {"state": "open", "n": 12},
    ]


async def test_the_tool_unsubscribes_by_a_signed_webhook_and_nobody_else_does(
    told: "World", client: httpx.AsyncClient, receiver: Receiver
) -> None:
    await submitted(told)
    await submitted(told, {"email": "leo@example.com"})
    contact = (await here(told))["leo@example.com"]["contact_id"]
    body = json.dumps(
        {"unsubscribes": [{"email": "EVA@Example.com"}, {"contact_id": str(contact)}, {"email": "nobody"}]}
    ).encode()
    now = datetime.now(UTC)
    good = signed_headers("msg_1", now, body, [SECRET]) | {"Content-Type": "application/json"}
    stale = signed_headers("msg_1", now - timedelta(minutes=10), body, [SECRET])
    other = signed_headers("msg_1", now, body, ["whsec_" + base64.b64encode(b"x" * 32).decode()])
    for bad in (stale, other, {"webhook-signature": "v1,abc"}, {}):
        headers = good | bad if bad else {"Content-Type": "application/json"}
        refused = await client.post("/v1/nurturing/unsubscribes", content=body, headers=headers)
        assert refused.status_code == 401, refused.text
        assert refused.json()["detail"]
    for _ in range(2):
        taken = await client.post("/v1/nurturing/unsubscribes", content=body, headers=good)
        assert taken.status_code == 200, taken.text
        assert (taken.json()["taken"], [each["entry"] for each in taken.json()["refused"]]) == (2, [2])
    assert await here(told) == {}
    await deliver(told)
    assert {data["because"] for kind, data in heard_by(receiver) if kind == "nurturing.left"} == {
        "unsubscribed"
    }
    await submitted(
        told, {"email": "eva@example.com", "employees": 90}, received_at=START + timedelta(hours=1)
    )
    assert told.scored()[-1].stage is Stage.SQL
    assert not told.scored()[-1].do_not_contact
    await submitted(
        told, {"email": "eva@example.com"}, lines=["training"], received_at=START + timedelta(hours=2)
    )
    assert await here(told) == {}


async def test_whoever_unsubscribes_hears_nothing_of_a_secret_that_is_missing(
    told: "World", client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATON_SECRET_BACK")
    body = {"unsubscribes": [{"email": "eva@example.com"}]}
    answer = await client.post(
        "/v1/nurturing/unsubscribes", json=body, headers={"webhook-signature": "v1,abc"}
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert not [word for word in ("back", "BATON_SECRET", "/") if word in answer.json()["detail"]]


async def test_the_operator_reports_unsubscribes_of_people_who_come_later(
    told: "World", client: httpx.AsyncClient
) -> None:
    report = {"unsubscribes": [{"email": "late@example.com"}], "by": "ana"}
    answer = await client.post("/v1/nurturing/unsubscribes", json=report, headers=operator(told))
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "new_keys": 1, "refused": []})
    await submitted(told, {"email": "late@example.com"})
    assert await here(told) == {}
    many: list[dict[str, Any]] = [{"unsubscribes": []}, {"unsubscribes": [{}]}, {"by": "ana"}, {}]
    for wrong in [*many, {"unsubscribes": [{"mail": "a@b.co"}]}]:
        refused = await client.post("/v1/nurturing/unsubscribes", json=wrong, headers=operator(told))
        assert refused.status_code == 422, wrong


async def test_an_erasure_tells_the_tool_to_let_go_and_leaves_nothing_of_the_person(
    told: "World", receiver: Receiver, client: httpx.AsyncClient
) -> None:
    lead = await submitted(told)
    await recycled(told, lead, datetime(2099, 4, 1, tzinfo=UTC), reason="Eva is on leave")
    report = {"unsubscribes": [{"email": "eva@example.com"}]}
    await looked(told)
    await client.post("/v1/nurturing/unsubscribes", json=report, headers=operator(told))
    desk = PersonDesk(told.runtime, ErasureKeys.of("a long secret"))
    exported = (await desk.export(Named(key=("email", "eva@example.com")), Order("ops", "t1")))[1]
    assert exported["nurturing"][0]["reason"].endswith("Eva is on leave")
    assert [each["value"] for each in exported["unsubscribes"]] == ["eva@example.com"]
    await desk.erase(Named(key=("email", "eva@example.com")), Order("ops", "t1"))
    assert await here(told) == {}
    await deliver(told)
    (kind, data) = heard_by(receiver)[-1]
    assert (kind, data["because"], data["contact"]) == ("nurturing.left", "erased", {})
    assert exported["leads"][0]["feedback"][0]["kind"] == "recycled"
    for table in ("nurturing", "deliveries", "unsubscribes", "feedback", "wake_ups"):
        text = json.dumps(await told.fetch(f"SELECT * FROM {table}"), default=str).lower()
        assert "eva" not in text, table


async def test_persons_that_turn_out_to_be_one_are_one_contact(told: "World", receiver: Receiver) -> None:
    await submitted(told, {"email": "eva@example.com"})
    await submitted(told, {"phone": "+34600111222"}, received_at=START + timedelta(minutes=1))
    await looked(told)
    await submitted(
        told, {"email": "eva@example.com", "phone": "+34600111222"}, received_at=START + timedelta(minutes=2)
    )
    found = await here(told)
    assert len(found) == 1
    await deliver(told)
    gone = [data for kind, data in heard_by(receiver) if kind == "nurturing.left"]
    assert [data["because"] for data in gone] == ["merged"]


async def test_an_import_to_be_nurtured_is_there_until_its_person_asks(told: "World") -> None:
    imported = {"import_id": uuid4(), "row": 1, "mode": ImportMode.NURTURE}
    profile = EVA | {"employees": 90}
    await submitted(told, profile, imported=imported, topic="lead-imported", occurred_at=START)
    (row,) = (await here(told)).values()
    assert (row["why"], row["stage"]) == ("imported", "sql")
    await submitted(told, EVA, explicit_ask=True, received_at=START + timedelta(hours=1))
    assert await here(told) == {}


@pytest.mark.parametrize("path", ["/v1/nurturing", "/v1/nurturing.csv", "/v1/scorecards/training-rows"])
async def test_a_line_that_never_was_is_refused_with_the_one_meant(
    told: "World", client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, params={"line": "mian"}, headers=operator(told))
    assert answer.status_code == 422
    assert answer.json()["detail"] == "the rulebook has no line 'mian': did you mean `main`?"
    assert (await client.get(path, params={"line": "main"}, headers=operator(told))).status_code == 200


async def test_the_list_is_paged_and_comes_as_csv_that_no_spreadsheet_runs(
    told: "World", client: httpx.AsyncClient
) -> None:
    for number in range(5):
        company = "=cmd|' /C calc'!A0" if number == 0 else "Aurora"
        await submitted(told, {"email": f"p{number}@example.com", "company": company})
    await submitted(told, {"email": "silent@example.com"}, consent=None)
    await looked(told)
    assert (await client.get("/v1/nurturing")).status_code == 401
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked: dict[str, str | int] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/nurturing", params=asked, headers=operator(told))).json()
        seen += page["nurturing"]
        cursor = page.get("next")
        if cursor is None:
            break
    assert len({each["contact_id"] for each in seen}) == 6
    (kept,) = [each for each in seen if each["kept_back"]]
    assert kept["kept_back_because"] == "no consent that allows marketing"
    assert {each["last_message"]["kind"] for each in seen if each["last_message"]} == {"nurturing.entered"}
    answer = await client.get("/v1/nurturing.csv", headers=operator(told))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["email"] for row in rows} == {f"p{number}@example.com" for number in range(5)}
    assert {row["company"] for row in rows} == {"Aurora", "'=cmd|' /C calc'!A0"}
    whole = await client.get("/v1/nurturing.csv", params={"only_handed": False}, headers=operator(told))
    assert len(whole.text.splitlines()) == 7


async def test_the_daily_file_is_written_once_its_hour_has_come_with_who_left_since(
    bare_world: "World", tmp_path: Path
) -> None:
    world = bare_world
    await world.publish_rulebook(document(world, csv={"hour": 6}))
    await submitted(world)
    await submitted(world, {"email": "leo@example.com"})
    await looked(world)
    clock = ManualClock(datetime(2026, 11, 29, 4, 30, tzinfo=UTC))  # 05:30 in Madrid
    world.database.clock = ManualTransactionClock(clock)
    await NurturingFile(world.runtime, tmp_path / "lists").work()
    assert listing(tmp_path) == []
    clock.advance(31 * 60)
    for _ in range(2):
        await NurturingFile(world.runtime, tmp_path / "lists").work()
    assert listing(tmp_path / "lists") == [("nurturing-2026-11-29.csv", 0o600)]
    rows = rows_in(tmp_path / "lists" / "nurturing-2026-11-29.csv")
    assert {(row["email"], row["state"]) for row in rows} == {
        ("eva@example.com", "in"),
        ("leo@example.com", "in"),
    }
    (tmp_path / "lists" / "nurturing-2026-11-01.csv").write_text("old")
    clock.advance(7 * 3600)
    await PersonDesk(world.runtime, ErasureKeys()).suppress(
        Named(key=("email", "leo@example.com")), Order("ops", "t1")
    )
    await looked(world)
    clock.advance(18 * 3600)
    await NurturingFile(world.runtime, tmp_path / "lists").work()
    assert [name for name, _ in listing(tmp_path / "lists")] == [
        "nurturing-2026-11-29.csv",
        "nurturing-2026-11-30.csv",
    ]
    rows = rows_in(tmp_path / "lists" / "nurturing-2026-11-30.csv")
    assert [(row["state"], row["email"], row["reason"]) for row in rows if row["state"] == "left"] == [
        ("left", "", "asked not to be contacted")
    ]
    assert await world.fetch("SELECT day::text, rows FROM nurturing_files ORDER BY day") == [
        {"day": "2026-11-29", "rows": 2},
        {"day": "2026-11-30", "rows": 2},
    ]

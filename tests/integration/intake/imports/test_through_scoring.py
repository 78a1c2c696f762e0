"""Files of leads on their whole way: intake, its worker, Kafka, scoring and router, and `baton import`."""

import asyncio
import json
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from baton_cli.app import app
from baton_dev.stack import Stack
from lead_events import LeadScored
from lead_events.codec import decode
from service_kit.kafka import KafkaBroker
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack
FORM = "demo-request"
HEADER = "email,phone,name,company,job_title"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("imports"), company_round_the_clock(), fsync=False)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def baton(stack: Stack) -> Iterator[Installation]:
    installation = Installation(stack)
    yield installation
    installation.close()


def people(count: int) -> list[str]:
    """Addresses that no other test has."""
    of = uuid.uuid4().hex[:8]
    return [f"{of}.{number}@example.com" for number in range(count)]


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *rows, "")).encode()


def send(baton: Installation, body: bytes, **wish: Any) -> dict[str, Any]:
    """Send a file; what intake says of it once it is read."""
    at, headers = baton.at["intake"], {"Authorization": f"Bearer {baton.at['operator_token']}"}
    params = {"form": FORM, "file": "fair.csv", **wish}
    answer = httpx.post(f"{at}/v1/imports", params=params, content=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text
    path = f"/v1/imports/{answer.json()['import_id']}"
    found: dict[str, Any] = baton.eventually(
        lambda: baton.ask("intake", path),
        lambda told: told["state"] not in ("queued", "reading"),
        "the end of an import",
    )
    return found | {"is_new": answer.json()["is_new"]}


def became(baton: Installation, identity: str) -> dict[str, Any]:
    """What scoring made of an import's rows, once it has read them all."""
    found: dict[str, Any] = baton.eventually(
        lambda: baton.ask("scoring", f"/v1/imports/{identity}", or_none=True),
        lambda told: told is not None and told["state"] == "finished" and not told["on_the_way"],
        "scoring's view of an import",
    )
    return found


async def read(stack: Stack, topic: str, wanted: set[str], seconds: float = 20.0) -> dict[str, LeadScored]:
    """What scoring has said last of the people with these addresses."""
    client = KafkaBroker(stack.kafka.bootstrap).consumer(f"reader-{uuid.uuid4()}", [topic])
    await client.start()
    found: dict[str, LeadScored] = {}
    try:
        async with asyncio.timeout(seconds):
            while not wanted <= found.keys():
                places = client.assignment().partitions
                for record in await client.take(places, max_records=1000, timeout=0.5):
                    _, event = decode(record.topic, record.headers, record.value)
                    if isinstance(event, LeadScored) and event.profile.email:
                        found[event.profile.email] = event
                if not places:
                    await asyncio.sleep(0.01)
    finally:
        await client.stop()
    return found


def scored(stack: Stack, emails: list[str], topic: str = "lead-scored-bulk") -> list[LeadScored]:
    found = asyncio.run(read(stack, topic, set(emails)))
    return [found[email] for email in emails]


def test_rows_by_state_add_up_and_the_same_file_again_doubles_nothing(baton: Installation) -> None:
    new = people(40)
    rows = [f"{email},,Ana,," for email in new]
    again = [f"{email},+3460000000{place},Ana,," for place, email in enumerate(new[:3])]
    body = csv(*rows, *again, rows[5], rows[6], ",,Nobody,,", "not an address,,Ben,,")
    done = send(baton, body)
    assert (done["rows"], done["published"], done["refused"]) == (47, 45, 2)
    found = became(baton, done["import_id"])
    assert found["rows_by_state"] == {"joined": 3, "opened": 40}
    assert (found["repeated"], found["refused"], found["published"]) == (2, 2, 45)
    assert (found["file"], found["by"], found["form_id"]) == ("fair.csv", "operator", FORM)
    assert found["settings"]["mode"] == "nurture"

    assert send(baton, body)["is_new"] is False
    other = send(baton, body, mode="now")
    assert other["is_new"] is True
    repeated = became(baton, other["import_id"])
    assert (repeated["rows_by_state"], repeated["repeated"]) == ({}, 45)
    assert became(baton, done["import_id"]) == found
    newest = [each["import_id"] for each in baton.ask("scoring", "/v1/imports?limit=2")["imports"]]
    assert newest == [other["import_id"], done["import_id"]]
    assert baton.unaccounted() == 0


def test_a_killed_worker_goes_on_and_scoring_has_each_row_once(baton: Installation, stack: Stack) -> None:
    new = people(2_500)
    body = csv(*(f"{email},,Ana,," for email in new))
    at, headers = baton.at["intake"], {"Authorization": f"Bearer {baton.at['operator_token']}"}
    params = {"form": FORM, "mode": "nurture"}
    answer = httpx.post(f"{at}/v1/imports", params=params, content=body, headers=headers, trust_env=False)
    path = f"/v1/imports/{answer.json()['import_id']}"
    baton.eventually(lambda: baton.ask("intake", path), lambda told: told["rows"] >= 1_000, "a first batch")
    intake = psutil.Process(stack.services["intake"].pid)
    (worker,) = [each for each in intake.children(recursive=True) if "intake.imports" in each.cmdline()]
    os.kill(worker.pid, signal.SIGKILL)
    done = baton.eventually(
        lambda: baton.ask("intake", path), lambda told: told["state"] == "finished", "the end"
    )
    assert (done["rows"], done["published"]) == (2_500, 2_500)
    found = became(baton, done["import_id"])
    assert (found["rows_by_state"], found["repeated"]) == ({"opened": 2_500}, 0)
    assert baton.unaccounted() == 0


def test_what_the_import_asks_for_stands_on_each_lead(baton: Installation, stack: Stack) -> None:
    nurture, now, paced, owned, unowned = people(5)
    header = f"{HEADER},Lead Owner"
    sent = {
        "nurture": send(baton, csv(f"{nurture},,,,")),
        "now": send(baton, csv(f"{now},,,,"), mode="now", counts=True),
        "paced": send(
            baton, csv(f"{paced},,,,"), mode="paced", per_rep_daily=7, consent_proof="list of the fair"
        ),
        "owner": send(
            baton,
            csv(f"{owned},,,,, lena@aurora.example ", f"{unowned},,,,,", header=header),
            mode="owner",
            owner_column="lead owner",
        ),
    }
    found = scored(stack, [nurture, now, paced, owned, unowned])
    told = [
        (each.handling.mode, each.handling.per_rep_daily, each.handling.owner, each.handling.counts)
        for each in found
        if each.handling is not None
    ]
    assert told == [
        ("nurture", None, None, False),
        ("now", None, None, True),
        ("paced", 7, None, False),
        ("owner", None, "lena@aurora.example", False),
        ("owner", None, None, False),
    ]
    assert found[2].consent is not None
    assert (found[2].consent.given, found[2].consent.proof) == (True, "list of the fair")
    imports = [each.handling.import_id for each in found if each.handling is not None]
    assert [str(each) for each in imports[:4]] == [done["import_id"] for done in sent.values()]


def test_consent_has_its_proof_and_the_day_of_the_fair_is_when_it_happened(
    baton: Installation, stack: Stack
) -> None:
    agreed, silent = people(2)
    header = f"{HEADER},privacy,visited"
    body = csv(f"{agreed},,,,,yes,2026-03-09 10:30", f"{silent},,,,,,", header=header)
    done = send(
        baton, body, date_column="Visited", time_zone="Europe/Madrid", consent_proof="badge scan, stand 12"
    )
    assert done["state"] == "finished", done
    first, second = scored(stack, [agreed, silent])
    assert first.consent is not None
    assert (first.consent.given, first.consent.proof) == (True, "badge scan, stand 12")
    assert second.consent is None or not second.consent.given, "its own column says no"
    dated, undated = (
        baton.ask("scoring", f"/v1/submissions/{each.cause.id}")["event"] for each in (first, second)
    )
    assert dated["occurred_at"].startswith("2026-03-09T09:30:00")
    assert "occurred_at" not in undated or undated["occurred_at"] is None
    assert dated["consent"]["at"] == dated["occurred_at"]


def test_a_blank_cell_takes_nothing_away(baton: Installation, stack: Stack) -> None:
    (email,) = people(1)
    posted = baton.post(
        FORM, {"email": email, "company": "Talleres Ebro", "job_title": "CEO", "phone": "+34600000001"}
    )
    (lead,) = baton.leads_of(posted)
    done = send(baton, csv(f"{email},,Lucía Ibáñez,  ,Director"), mode="nurture")
    assert became(baton, done["import_id"])["rows_by_state"] == {"joined": 1}
    profile = baton.ask("scoring", f"/v1/leads/{lead}")["profile"]
    assert (profile["company"], profile["phone"]) == ("Talleres Ebro", "+34600000001")
    assert (profile["name"], profile["job_title"]) == ("Lucía Ibáñez", "Director")


def test_the_dry_run_says_who_is_new_open_with_whom_or_a_customer(
    baton: Installation, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, opened, won, lost, also_new = people(5)
    (open_lead,) = baton.leads_of(baton.post(FORM, somebody(email=opened)))
    baton.act(open_lead, rep := baton.assigned(open_lead)["rep_id"], "accept")  # and so stays with them
    for email, outcome in ((won, "won"), (lost, "lost")):
        (lead,) = baton.leads_of(baton.post(FORM, somebody(email=email)))
        _closed(baton, lead, outcome)
    file = tmp_path / "list.csv"
    file.write_bytes(csv(*(f"{email},,,," for email in (new, opened, won, lost, also_new))))
    monkeypatch.setenv("BATON_STACK", str(stack.home / "stack.json"))
    words = ["import", str(file), "--form", FORM, "--dry-run"]
    told = CliRunner().invoke(app, [*words, "--json"])
    assert told.exit_code == 0, told.output
    names = {each["id"]: each["name"] for each in baton.ask("router", "/v1/reps")["reps"]}
    check = json.loads(told.stdout)["check"]
    assert check == {"new": 2, "known": 1, "open": 1, "customers": 1, "open_with": {names[rep]: 1}}
    shown = CliRunner().invoke(app, words)
    assert f"{names[rep]} 1" in shown.stdout
    assert baton.ask("scoring", f"/v1/imports/{json.loads(told.stdout)['import_id']}", or_none=True) is None


def _closed(baton: Installation, lead: uuid.UUID, outcome: str) -> None:
    """The lead accepted by its rep and closed so."""
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "accept")
    baton.act(lead, rep, "outcome", {"result": outcome})
    baton.eventually(
        lambda: baton.ask("scoring", f"/v1/leads/{lead}"), lambda found: found["state"] == "closed", outcome
    )

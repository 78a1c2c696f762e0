"""The commands on a running installation: real Kafka, PostgreSQL and the four services as processes."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from baton_cli.app import app
from baton_dev.stack import Stack
from baton_dev.waiting import wait_until
from rulebook.demo_hours import with_demo_hours
from rulebook.loader import load_folder

FOLDER = Path(__file__).resolve().parents[3] / "rulebook"
SECONDS = 30

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The example company, with offices that never close."""
    company = load_folder(FOLDER).model_dump(mode="json", by_alias=True)
    company["calendars"] = with_demo_hours(company)["calendars"]
    stack = Stack(tmp_path_factory.mktemp("stack"), company, fsync=False)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def baton(running: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("BATON_STACK", str(running.home / "stack.json"))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


@pytest.fixture
def told(baton: Callable[..., Result]) -> Callable[..., Any]:
    """The JSON that a command prints when all is well."""

    def ask(*words: str) -> Any:
        done = baton(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return ask


def test_a_test_submission_is_followed_explained_and_counted(
    baton: Callable[..., Result], told: Callable[..., Any]
) -> None:
    sent = told("form", "send-test", "google-ads", "--wait")
    (lead,) = sent["leads"]
    assert sent["state"] == "opened"
    assert lead["state"] == "assigned"
    assert {timer["kind"] for timer in lead["timers"]} == {"accept", "first_response", "outcome"}

    submission = told("submission", sent["submission_id"])
    assert submission["event"]["is_test"] is True
    email = submission["event"]["profile"]["email"]
    for named in (lead["lead_id"], lead["lead_id"][:8], email):
        why = told("why", named)
        assert why["lead"]["id"] == lead["lead_id"]
        assert why["decisions"][0]["kind"] == "assigned"
        assert why["timers"]
    explained = told("explain", email)
    assert explained["adds_up"] is True
    assert explained["quadrant"] == why["lead"]["quadrant"]

    (listed,) = [each for each in told("leads")["leads"] if each["lead_id"] == lead["lead_id"]]
    assert listed["routing"]["assignments"][0]["rep_name"] == lead["rep"]
    assert told("sla", email)["lead_id"] == lead["lead_id"]
    assert told("timers", "--state", "pending")["timers"]

    for words in (
        ["why", email],
        ["explain", email],
        ["sla", email],
        ["leads"],
        ["timers"],
        ["rep", "list"],
    ):
        done = baton(*words)
        assert done.exit_code == 0, done.output

    rep = why["decisions"][0]["rep_id"]
    mine = told("rep", "assignments", rep)["assignments"]
    assert lead["lead_id"] in {each["lead_id"] for each in mine}
    status = told("status")
    assert status["ok"] is True
    assert status["conservation"]["unaccounted"] == 0
    assert set(status["spool"]) >= {"pending", "refused", "written"}


def test_an_unreadable_record_becomes_a_dead_letter_that_can_be_shown_and_sent_back(
    running: Stack, baton: Callable[..., Result]
) -> None:
    asyncio.run(send(running.kafka.bootstrap, "lead-submitted", b"torn"))

    def letters() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(baton("dlq", "list", "--json").stdout)["dead_letters"]
        return found

    wait_until(lambda: bool(letters()), SECONDS, "the dead letter")
    (letter,) = letters()
    place = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
    assert "torn" in baton("dlq", "show", place).stdout
    assert baton("dlq", "list").exit_code == 1
    told = baton("status", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["dead_letters"]["by_service"]["scoring"] == 1

    assert json.loads(baton("dlq", "replay", place, "--json").stdout) == {"replayed": 1}
    wait_until(lambda: len(letters()) == 2, SECONDS, "the same record, unreadable once more")
    waiting = json.loads(baton("dlq", "list", "--waiting", "--json").stdout)["dead_letters"]
    (again,) = waiting
    assert (again["partition"], again["offset"]) != (letter["partition"], letter["offset"])
    assert json.loads(baton("status", "--json").stdout)["dead_letters"]["total"] == 1
    assert "sent back" in baton("dlq", "list").stdout
    assert baton("dlq", "resume", "scoring").exit_code == 0


async def send(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


def test_a_rulebook_is_compared_published_and_taken_back(
    baton: Callable[..., Result], told: Callable[..., Any]
) -> None:
    before = told("rulebook", "list")
    changed = baton("rulebook", "diff", str(FOLDER), "--json")
    assert changed.exit_code == 1
    assert json.loads(changed.stdout)["changes"]
    published = told("rulebook", "publish", str(FOLDER))
    assert published["version"] == len(before["versions"]) + 1
    assert told("rulebook", "diff", str(FOLDER), "--version", str(published["version"]))["changes"] == []
    again = told("rulebook", "publish", str(FOLDER))
    assert (again["version"], again["unchanged"]) == (published["version"], True)
    assert len(told("rulebook", "list")["versions"]) == published["version"]
    back = told("rulebook", "rollback", "1")
    assert back["rolled_back_to"] == 1
    assert (
        told("rulebook", "show", str(back["version"]))["rulebook"]
        == told("rulebook", "show", "1")["rulebook"]
    )
    assert baton("rulebook", "show", "99").exit_code == 1


def test_a_form_with_a_renamed_field_shows_in_the_status(
    running: Stack, baton: Callable[..., Result], told: Callable[..., Any]
) -> None:
    intake = json.loads((running.home / "stack.json").read_text("utf-8"))["intake"]
    key = load_folder(FOLDER).forms["newsletter"].key
    sent = httpx.post(f"{intake}/v1/forms/{key}/submissions", json={"mail": "ana@example.com"})
    assert sent.status_code == 202
    submission = sent.json()["submission_id"]

    def is_put_aside() -> bool:
        return submission in baton("quarantine", "list", "--json").stdout

    wait_until(is_put_aside, SECONDS, "the submission in quarantine")
    status = json.loads(baton("status", "--json").stdout)
    assert status["quarantine"]["total"] == 1
    assert "1 submission waits in quarantine" in status["notes"][0]
    assert set(status["forms"]) == set(load_folder(FOLDER).forms)
    named = baton("why", submission)
    assert named.exit_code == 1
    assert f"`baton submission {submission}` tells" in named.stderr


def test_a_reps_share_and_token_are_changed(baton: Callable[..., Result], told: Callable[..., Any]) -> None:
    rep = told("rep", "list")["reps"][0]
    assert told("rep", "set", rep["id"], "--weight", "7")["weight"] == 7
    token = told("rep", "token", rep["id"])["token"]
    assert baton("rep", "assignments", rep["id"], "--token", token).exit_code == 0
    assert baton("rep", "token", "nobody").exit_code == 1
    assert baton("rep", "assignments", rep["id"], "--token", "wrong").exit_code == 2


def test_the_page_of_last_week_is_looked_at_and_sent_once(
    baton: Callable[..., Result], told: Callable[..., Any]
) -> None:
    """This stack has no mail server: what it would send waits, and says what it lacks."""

    def is_known() -> bool:
        return baton("report", "weekly", "--json").exit_code == 0

    wait_until(is_known, SECONDS, "the rulebook at sla-monitor")
    page = told("report", "weekly", "--language", "it")
    assert page["subject"].startswith("Settimana ")
    sent = [told("report", "weekly", "--send")["sent"] for _ in range(2)]
    assert sent == [["email:marketing@aurora.example", "email:sales@aurora.example"], []]

    def is_tried() -> bool:
        listed = told("report", "pages")["pages"]
        return {row["detail"] for row in listed} == {"e-mail needs BATON_SMTP_URL and BATON_SMTP_FROM"}

    wait_until(is_tried, SECONDS, "a first attempt of each message")

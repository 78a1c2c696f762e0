"""The weekly page and management's as they run: made when they are due, sent once, whoever runs and dies."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from baton_dev.databases import with_database
from baton_dev.testing import Servers
from service_kit import failpoints
from sla_monitor.main import build_app
from sla_monitor.settings import Settings
from tests.integration.listening import mail_server, stream_server
from tests.integration.sla_monitor.towns import Mailbox, SlackServer, Town
from tests.integration.sla_monitor.worlds import MONDAY_9, TOKEN, World, a_lead

NEXT_MONDAY = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
"""Eight in Madrid, a week after the rulebook was published: the page of week 10 is due."""
SALES, BOSS = {"channel": "email", "to": "sales@example.com"}, {"channel": "email", "to": "boss@example.com"}
IN_SLACK = {"channel": "slack", "to": "C42"}


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    made = Mailbox()
    async with mail_server(made) as made.port:
        yield made


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    made = SlackServer()
    async with stream_server(made.talk) as made.port:
        yield made


@pytest.fixture
async def town(stack: Servers, world: World, mailbox: Mailbox, slack: SlackServer, tmp_path: Path) -> Town:
    (tmp_path / "slack-token").write_text("xoxb-1")
    (row,) = await world.query("SELECT current_database() AS name")
    settings = Settings(
        **{
            **world.settings.model_dump(),
            "dsn": with_database(stack.postgres_dsn, row["name"]),
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}?starttls=never"),
            "smtp_from": "baton@example.com",
            "secrets_dir": tmp_path,
            "slack_api": f"http://127.0.0.1:{slack.port}/",
        }
    )
    world.settings = world.runtime.settings = settings
    return Town(world, settings, mailbox, slack)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").replace("\xa0", " ")


async def test_on_monday_everybody_named_gets_the_page_once_whatever_number_of_monitors_run(
    town: Town,
) -> None:
    before = REGISTRY.get_sample_value("baton_pages_sent_total", {"page": "weekly"}) or 0
    await town.publish({"weekly": {"to": [SALES, BOSS, IN_SLACK], "language": "es"}})
    await town.come_to(NEXT_MONDAY - timedelta(seconds=1))
    async with town.running(3):
        await town.tell()
    assert town.mailbox.letters == [], "not a second before"
    await town.come_to(NEXT_MONDAY)
    for _ in range(3):
        async with town.running(3):
            await town.world.eventually(lambda: _told(town, letters=2, posts=1))
    assert town.mailbox.receivers == ["boss@example.com", "sales@example.com"]
    assert town.mailbox.letters[0]["Subject"] == "Semana 10: 0 ventas, 0 SQL"
    page = town.mailbox.letters[0].get_body(("html",))
    assert page is not None
    assert 'lang="es"' in page.get_content()
    (post,) = town.slack.posted
    assert post["channel"] == "C42"
    assert "Semana 10" in str(post["blocks"])
    assert REGISTRY.get_sample_value("baton_pages_sent_total", {"page": "weekly"}) == before + 3


async def _told(town: Town, *, letters: int, posts: int) -> bool:
    rows = await town.world.query("SELECT count(*) AS n FROM deliveries WHERE state = 'pending'")
    return (len(town.mailbox.letters), len(town.slack.posted), rows[0]["n"]) == (letters, posts, 0)


async def test_the_page_says_what_happened_in_the_week(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}}, campaigns=CAMPAIGNS)
    kept, late = a_lead(), a_lead()
    async with town.world.reading() as consumer:
        for lead in (kept, late):
            town.world.scored(lead)
            town.world.assigned(lead)
        town.world.acted(kept, "contacted", at=MONDAY_9 + timedelta(minutes=5))
        town.world.acted(
            kept,
            "outcome",
            at=MONDAY_9 + timedelta(hours=1),
            outcome={"result": "won", "value": {"minor": 120_000, "currency": "EUR"}},
        )
        await town.world.read_all(consumer)
        town.world.at(NEXT_MONDAY)
        await town.world.read_all(consumer)
        while await town.world.fire():
            await town.world.read_all(consumer)
    await town.tell()
    (letter,) = town.mailbox.letters
    assert letter["Subject"] == "Week 10: 1 win, 2 SQLs"
    text = text_of(letter)
    for line in (
        "Website  €1,200  rep-marta",
        "Received                   2            0      +2",
        "Median, working time of the rep      5 min            –",
        "Within the promise                   50.0%            –",
        "BROKEN AND STILL UNANSWERED NOW: 2",
        f"{str(late)[:8]}  accept          rep-marta  2 Mar, 10:15",
        "- Spring fair (begins 9 March, until 13 March)",
    ):
        assert line in text, text
    assert str(kept) not in text


CAMPAIGNS = {"fair": {"name": "Spring fair", "first_day": "2026-03-09", "last_day": "2026-03-13"}}


async def test_monitors_that_were_down_on_monday_send_it_late_and_once(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    await town.come_to(NEXT_MONDAY + timedelta(days=2, hours=14))
    async with town.running(2):
        await town.world.eventually(lambda: _told(town, letters=1, posts=0))
    await town.tell()
    assert await town.sent() == [("weekly", "2026-W10", "email:sales@example.com")]
    assert len(town.mailbox.letters) == 1


@pytest.mark.parametrize(("place", "kept"), [("unit.before_commit", 0), ("unit.after_commit", 1)])
async def test_a_monitor_that_dies_while_it_makes_a_page_costs_nobody_theirs(
    town: Town, place: str, kept: int
) -> None:
    """The first unit looks what is due, the second makes it."""
    await town.publish({"weekly": {"to": [SALES]}})
    await town.come_to(NEXT_MONDAY)
    failpoints.activate(f"{place}=crash@2")
    try:
        with pytest.raises(failpoints.Crash):
            await town.tell()
    finally:
        failpoints.clear()
    assert (len(await town.sent()), town.mailbox.letters) == (kept, [])
    await town.tell()
    await town.tell()
    assert town.mailbox.receivers == ["sales@example.com"]


async def test_a_monitor_that_comes_up_after_an_outage_tells_the_whole_week(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    town.world.scored(a_lead())
    town.world.at(NEXT_MONDAY + timedelta(hours=2))
    await town.tell()
    assert await town.sent() == [], "there is news of the week that is not read"
    await town.come_to(NEXT_MONDAY + timedelta(hours=2, minutes=1))
    await town.tell()
    assert town.mailbox.letters[0]["Subject"] == "Week 10: 0 wins, 1 SQL"


async def test_a_page_waits_ten_minutes_for_news_that_does_not_come(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    town.world.at(NEXT_MONDAY)
    office = town.office()
    for minutes, sent in ((0, 0), (9.99, 0), (10, 1)):
        town.world.at(NEXT_MONDAY + timedelta(minutes=minutes))
        await office.maker.make()
        assert len(await town.sent()) == sent


async def test_what_is_three_days_late_is_no_news_any_more(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    await town.come_to(NEXT_MONDAY + timedelta(days=3, seconds=1))
    await town.tell()
    assert await town.sent() == []
    await town.come_to(NEXT_MONDAY + timedelta(days=7))
    await town.tell()
    assert await town.sent() == [("weekly", "2026-W11", "email:sales@example.com")]


async def test_a_receiver_added_later_gets_the_next_and_one_taken_off_gets_none(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES, IN_SLACK]}})
    await town.come_to(NEXT_MONDAY + timedelta(days=1))
    await town.publish({"weekly": {"to": [SALES, BOSS]}}, version=2)
    await town.tell()
    assert await town.sent() == [("weekly", "2026-W10", "email:sales@example.com")]
    await town.come_to(NEXT_MONDAY + timedelta(days=7))
    await town.tell()
    assert [each[1:] for each in await town.sent()] == [
        ("2026-W10", "email:sales@example.com"),
        ("2026-W11", "email:boss@example.com"),
        ("2026-W11", "email:sales@example.com"),
    ]


async def test_an_installation_of_today_says_nothing_of_the_week_before_it(town: Town) -> None:
    """Its first rulebook holds from the beginning of time, and so do the receivers in it."""
    await town.publish({"weekly": {"to": [SALES]}, "monthly": {"to": [BOSS]}})
    await town.come_to(MONDAY_9 + timedelta(hours=1))
    await town.tell()
    assert await town.sent() == []


async def test_nobody_named_is_nothing_made(town: Town) -> None:
    await town.publish(None)
    await town.come_to(NEXT_MONDAY)
    await town.tell()
    assert await town.world.query("SELECT * FROM pages") == []


async def test_a_mail_server_that_is_away_gets_the_same_page_later(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    await town.come_to(NEXT_MONDAY)
    town.mailbox.is_away = True
    await town.tell()
    lead = a_lead()
    async with town.world.reading() as consumer:
        town.world.scored(lead)
        await town.world.read_all(consumer)
    town.mailbox.is_away = False
    await town.come_to(NEXT_MONDAY + timedelta(minutes=1))
    await town.tell()
    (letter,) = town.mailbox.letters
    assert letter["Subject"] == "Week 10: 0 wins, 0 SQLs", "as it stood when it was made"


async def test_management_gets_the_month_on_its_first_working_day_and_once_it_is_closed(town: Town) -> None:
    await town.publish({"monthly": {"to": [BOSS, IN_SLACK], "language": "it", "at": "09:00"}})
    await town.come_to(datetime(2026, 4, 1, 7, 0, tzinfo=UTC))
    await town.tell()
    await town.tell()
    (letter,) = town.mailbox.letters
    assert letter["Subject"] == "Direzione, marzo 2026: 0 €"
    (report,) = letter.iter_attachments()
    assert (report.get_filename(), report.get_content_type()) == ("2026-03.html", "text/html")
    assert "<html" in str(report.get_payload(decode=True))
    assert "allegato come 2026-03.html" in text_of(letter)
    assert "baton report --month 2026-03" in str(town.slack.posted[0]["blocks"]), "Slack has no file"
    closed = datetime(2026, 4, 7, 10, 0, tzinfo=UTC)
    await close_march(town, closed)
    await town.come_to(closed)
    async with town.running(2):
        await town.world.eventually(lambda: _told(town, letters=2, posts=2))
    assert "chiuso da entrambe le parti" in str(town.mailbox.letters[1]["Subject"])


async def close_march(town: Town, at: datetime) -> None:
    async with town.world.database.transaction() as conn:
        await conn.execute(
            """INSERT INTO months (period, starts_at, ends_at, marketing_name, marketing_by, marketing_at,
                sales_name, sales_by, sales_at, closed_at)
            VALUES ('2026-03', $1, $2, 'Irene', 'irene', $3, 'Marta', 'marta', $3, $3)""",
            datetime(2026, 2, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 31, 22, tzinfo=UTC),
            at,
        )


@pytest.fixture
async def api(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    application = build_app(town.settings, runtime=town.world.runtime)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://sla-monitor",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


async def test_a_page_is_looked_at_before_anybody_is_sent_it(town: Town, api: httpx.AsyncClient) -> None:
    await town.publish(None)
    looked = await api.get("/v1/pages/weekly/2026-W10", params={"language": "ro"})
    assert looked.status_code == 200, looked.text
    assert looked.json()["subject"] == "Săptămâna 10: 0 vânzări, 0 SQL"
    last = (await api.get("/v1/pages/weekly/last")).json()
    assert (last["period"], last["figures"]["week"]) == ("2026-W09", "2026-W09")
    html = await api.get("/v1/pages/monthly/last/html")
    assert html.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in html.headers["content-security-policy"]
    assert "February 2026" in html.text
    assert await town.sent() == []


async def test_a_week_that_lies_ahead_has_no_page(town: Town, api: httpx.AsyncClient) -> None:
    await town.publish(None)
    for path in ("/v1/pages/weekly/2026-W11", "/v1/pages/monthly/2026-04/html"):
        answer = await api.get(path)
        assert (answer.status_code, "has not begun" in answer.text) == (422, True)


async def test_what_was_sent_by_hand_is_sent_once_and_listed(town: Town, api: httpx.AsyncClient) -> None:
    hook = {"channel": "webhook", "to": "https://hooks.example.com/path-of-a-secret", "secret": "hook"}
    await town.publish({"weekly": {"to": [SALES, hook]}})
    answers = await asyncio.gather(*(api.post("/v1/pages/weekly/last/send") for _ in range(6)))
    assert [each.status_code for each in answers] == [200] * 6
    everybody = ["email:sales@example.com", "webhook:hooks.example.com"]
    assert sorted(each.json()["sent"] for each in answers) == [[]] * 5 + [everybody]
    await town.office().sender.work()
    listed = (await api.get("/v1/pages")).json()["pages"]
    found = {(row["page"], row["period"], row["receiver"]): row["state"] for row in listed}
    assert found["weekly", "2026-W09", "email:sales@example.com"] == "delivered"
    assert found["weekly", "2026-W09", "webhook:hooks.example.com"] == "pending"
    assert "path-of-a-secret" not in str(listed)
    assert len((await api.get("/v1/deliveries")).json()["deliveries"]) == 2


REFUSED = [
    ("a week that is none", "weekly", "2026-48", 422, "write a week as 2026-W48"),
    ("a month that is none", "monthly", "2026-13", 422, "write a month"),
    ("a week that still runs", "weekly", "2026-W10", 409, "still runs"),
    ("a week that lies ahead", "weekly", "2027-W01", 422, "ask for 2026-W10 or one before"),
    ("a month that lies ahead", "monthly", "2027-01", 422, "ask for 2026-03 or one before"),
    ("a month that nobody closed", "closed", "2026-02", 409, "baton report close"),
]


@pytest.mark.parametrize(
    ("sentence", "page", "period", "status", "hint"), REFUSED, ids=[row[0] for row in REFUSED]
)
async def test_what_cannot_be_sent_is_refused_with_what_to_do(
    town: Town, api: httpx.AsyncClient, sentence: str, page: str, period: str, status: int, hint: str
) -> None:
    await town.publish({"weekly": {"to": [SALES]}, "monthly": {"to": [BOSS]}})
    answer = await api.post(f"/v1/pages/{page}/{period}/send")
    assert answer.status_code == status, answer.text
    assert hint in answer.json()["detail"], sentence
    assert await town.sent() == []


async def test_a_page_that_nobody_gets_is_refused_with_what_to_write(
    town: Town, api: httpx.AsyncClient
) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    answer = await api.post("/v1/pages/monthly/2026-02/send")
    assert (answer.status_code, "pages: {monthly: {to: [...]}}" in answer.json()["detail"]) == (409, True)


async def test_a_lead_of_a_test_breaks_no_promise_that_is_shown(town: Town) -> None:
    await town.publish({"weekly": {"to": [SALES]}})
    async with town.world.reading() as consumer:
        lead = a_lead()
        town.world.scored(lead, is_test=True)
        town.world.assigned(lead, is_test=True, cause_id=uuid4())
        await town.world.read_all(consumer)
        town.world.at(NEXT_MONDAY)
        await town.world.read_all(consumer)
        while await town.world.fire():
            await town.world.read_all(consumer)
    await town.tell()
    assert "BROKEN AND STILL UNANSWERED NOW: 0" in text_of(town.mailbox.letters[0])

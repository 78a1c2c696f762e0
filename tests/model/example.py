"""A plausible month of the example company, told by the rulebook of this repository.

`python -m tests.model.example DSN`: writes docs/examples/month by a monitor on the PostgreSQL server at DSN.
"""

import asyncio
import gzip
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from baton_dev.databases import create_database, drop_database
from lead_events import RulebookPublished
from rulebook.calendars import calendar_document
from rulebook.loader import load_folder
from rulebook.models import Calendar, Rulebook
from service_kit.migrate import migrate
from sla_monitor.main import PACKAGES, build_app
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.page.month import month_page
from tests.integration.sla_monitor.worlds import TOKEN, World
from tests.model.books import read_book
from tests.model.company import Company, Salesperson, an_id
from tests.model.disputes import _object
from tests.model.driver import a_world, live
from tests.model.everyone import everyone
from tests.model.history import History, Incident, News, Objected
from tests.model.hours import open_spans, reached
from tests.model.month import Scene
from tests.model.months import Month, Posted
from tests.model.of_sales import Sales
from tests.model.recompute import exported
from tests.model.stories import Story

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/examples/month"
SOURCES = {
    "website": 30,
    "google-ads": 24,
    "social": 12,
    "comparison-portal": 14,
    "content": 9,
    "referral": 7,
}
TEAMS = {"spain": 40, "portugal": 20, "italy": 22, "romania": 12}
LEADS = 260


class BuyerStory(Story):
    """One buyer of the example company, from the first submission to whatever sales made of it."""

    def __init__(self, rng: random.Random, company: Company) -> None:
        super().__init__(rng, company)
        self._flags, self._is_own = {"is_test": False}, rng.random() < 0.03
        self._line = "training" if rng.random() < 0.12 else "main"
        self._quadrant = "perfect" if rng.random() < 0.35 else "warm"
        self._source = rng.choices(list(SOURCES), list(SOURCES.values()))[0]
        day = company.start + timedelta(days=rng.randrange(-3, 30))
        if day.weekday() > 4 and rng.random() < 0.7:
            day += timedelta(days=2)
        self.now = (day + timedelta(hours=rng.triangular(7, 22, 11))).astimezone(UTC)
        team = "academy" if self._line == "training" else rng.choices(list(TEAMS), list(TEAMS.values()))[0]
        self._mine = [rep for rep in company.reps if rep.team == team]

    def tell(self) -> list[tuple[str, str, News]]:
        rng = self._rng
        if not self._become_sql():
            return self.news
        self._pass(1, 20)
        self._hand_over()
        if rng.random() < 0.05:
            self._work(rng.uniform(2, 30))
            self._acted("declined", code="no_time")
            self._pass(1, 20)
            self._hand_over()
        self._work(rng.choice((1, 3, 6, 8, 9, 14, 45, 90)) * rng.random())
        if rng.random() < 0.08:
            self._end("rejected", code=rng.choice(("wrong_data", "out_of_profile")))
            return self.news
        self._acted("accepted")
        self._answer()
        return self.news

    def _scored(self, *told: Any, **more: Any) -> None:
        if self._source not in SOURCES:
            self._source = "content"
        super()._scored(*told, **more)

    def _hand_over(self) -> None:
        self._round += 1
        self._rep = self._rng.choice(self._mine)
        self._handed = self.now
        self._routed("assigned", rep=self._rep.at(self.now))

    def _work(self, minutes: float) -> None:
        """Let so much of the rep's working time go by."""
        assert self._rep is not None
        spans = open_spans(self._rep.calendar, self.now, self.now + timedelta(days=60))
        at = reached(spans, self.now, timedelta(minutes=minutes))
        assert at is not None
        self.now = at + timedelta(milliseconds=self._rng.randrange(1, 999))

    def _answer(self) -> None:
        rng = self._rng
        self._work(rng.choice((0.5, 4, 9, 14, 22, 30, 120)) * rng.random())
        for _ in range(rng.choices((0, 1, 2, 3), (50, 25, 15, 10))[0]):
            self._acted("contacted", contact="attempt", channel="phone")
            self._work(rng.uniform(60, 900))
        fate = rng.random()
        if fate < 0.13:
            code = rng.choices(("wrong_data", "out_of_profile", "duplicate"), (5, 4, 2))[0]
            self._end("rejected", code=code)
        elif fate < 0.24:
            self._end(
                "recycled", code=rng.choice(("not_now", "no_answer")), wake_at=self.now + timedelta(days=60)
            )
        else:
            self._acted("contacted", contact="conversation", channel="phone")
            self._decide()

    def _decide(self) -> None:
        rng = self._rng
        self._work(rng.uniform(120, 2400))
        fate = rng.random()
        if fate < 0.5:
            self._acted("outcome", outcome={"result": "meeting"})
            self._work(rng.uniform(500, 4000))
        if fate < 0.38:
            self._acted("outcome", outcome={"result": "opportunity"})
            self._work(rng.uniform(500, 4500))
        if fate < 0.2:
            currency = rng.choices(("EUR", "USD", "GBP"), (88, 7, 5))[0]
            money = {"minor": rng.randrange(600, 4800) * 100, "currency": currency}
            self._end("outcome", as_="won", outcome={"result": "won", "value": money})
        elif fate < 0.33:
            code = rng.choice(("price", "competitor", "no_budget"))
            self._end("outcome", as_="lost", code=code, outcome={"result": "lost"})

    def _end(self, kind: str, as_: str | None = None, **more: Any) -> None:
        self._acted(kind, **more)
        self._routed("closed", close_reason=as_ or kind)


def the_month() -> Month:
    """The month of the example company, always the same."""
    rng = random.Random(2026_11)
    rulebook = load_folder(ROOT / "rulebook")
    company = _company(rulebook)
    posted = [_published(rng, company)]
    now = datetime(2026, 12, 2, 9, tzinfo=UTC)
    for _ in range(LEADS):
        story = BuyerStory(rng, company)
        for topic, key, news in story.tell():
            event: Any = news.event
            at = event.journey.scored_at if topic.startswith("lead-scored") else event.at
            if at < now:
                posted.append(Posted(topic, key, news, at, story.lead))
    posted.sort(key=lambda each: each.at)
    days = [company.start.astimezone(UTC) + timedelta(days=n) for n in range(31)]
    return Month(0, company, tuple(posted), (*days, now), is_prompt=True)


def _company(rulebook: Rulebook) -> Company:
    document = rulebook.model_dump(mode="json", exclude_none=True, by_alias=True)
    quicker = json.loads(json.dumps(document["agreement"]))
    quicker["sales"]["promises"]["perfect"]["accept_within"] = "5m"
    trial = {"name": "Accepted within five minutes", "state": "trial", "trial_teams": ["italy"]}
    document["agreements"] = {"quicker": quicker | trial}
    zone = ZoneInfo(rulebook.time_zone)
    start, end = datetime(2026, 11, 1, tzinfo=zone), datetime(2026, 12, 1, tzinfo=zone)
    calendars = {name: _written_out(each) for name, each in rulebook.calendars.items()}
    reps = [Salesperson(n, rep.team, calendars[rep.calendar]) for n, rep in rulebook.roster.reps.items()]
    return Company(start, end, {1: (start - timedelta(days=60), document)}, reps)


def _written_out(calendar: Calendar) -> dict[str, Any]:
    """With the public holidays of these weeks by their days."""
    document = calendar_document(calendar)
    return document | {"holidays": [day for day in document["holidays"] if "2026-10" <= day < "2027-02"]}


def _published(rng: random.Random, company: Company) -> Posted:
    since, document = company.rulebooks[1]
    event = RulebookPublished(
        version=1,
        effective_from=since,
        published_at=since,
        published_by="ops",
        checksum="c1",
        rulebook=document,
    )
    return Posted("rulebook-published", "1", News(an_id(rng), event), since.astimezone(UTC))


async def monitored(dsn: str, template: str, month: Month) -> tuple[MonthReport, list[str]]:
    """The month's report by the real monitor, and the lines of its export."""
    lines = [exported(each.topic, each.news) for each in month.posted]
    async with a_world(dsn, template, month.looks[0] - timedelta(days=90)) as world:
        await live(world, month)
        objected, incident = await _disputed(world, month)
        report = month_report(await read_book(world, month))
    for each in objected:
        verdict = "excused" if each.is_excused else "upheld"
        lines.append(json.dumps({"objection": {"subject": str(each.subject), "verdict": verdict}}))
    window = {"from": incident.start.isoformat(), "until": incident.end.isoformat()}
    return report, [*lines, json.dumps({"incident": window})]


async def _disputed(world: World, month: Month) -> tuple[list[Objected], Incident]:
    history = History.of(month.news)
    scene = Scene.of(history, 2026, 11, month.now)
    sales = Sales(scene)
    recent = month.now - timedelta(hours=119)
    broken = [k.id for k in sales.due(sales.binding) if sales.counts(k) and k.due and k.due > recent][:3]
    back = [
        e.back.id
        for e in everyone(history)
        if e.back and e.back.kind == "rejected" and recent < e.back.at < scene.end
    ][:2]
    asked = [("breach", each) for each in broken] + [("rejection", each) for each in back]
    start = datetime(2026, 11, 17, 14, tzinfo=UTC)
    incident = Incident(start, start + timedelta(hours=3))
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "carla"}
    transport = httpx.ASGITransport(build_app(world.settings, runtime=world.runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla-monitor", headers=headers) as api:
        found = [await _object(api, about, each, n % 2 == 0) for n, (about, each) in enumerate(asked)]
        window = {
            "from": start.isoformat(),
            "until": incident.end.isoformat(),
            "why": "the exchange was down",
        }
        (await api.post("/v1/incidents", json=window)).raise_for_status()
    return [each for each in found if each is not None], incident


async def _write(dsn: str) -> None:
    template = f"sla_example_{uuid4().hex[:8]}"
    migrate(create_database(dsn, template), schema="sla_monitor", packages=PACKAGES)
    try:
        report, lines = await monitored(dsn, template, the_month())
    finally:
        drop_database(dsn, template)
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines).encode()
    (FOLDER / "events.jsonl.gz").write_bytes(gzip.compress(text, mtime=0))
    (FOLDER / "report.json").write_text(report.model_dump_json(indent=1) + "\n")
    (ROOT / "docs/month.html").write_text(month_page(report, "en"))


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))

"""The story of one lead, as scoring and router could have published it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lead_events import EventModel, LeadMerged, LeadProgressed, LeadRouted, LeadScored, PersonErased
from tests.model.company import LINES, SQLS, Company, Salesperson, an_id
from tests.model.history import News
from tests.model.hours import open_spans, reached

LENGTHS = (10, 30, 60, 120, 180, 240, 300, 600, 1200)
"""Minutes that agreements promise, so that acts fall around their due times."""
SOURCES = ("website", "website", "fair", "ads")
MICROSECOND = timedelta(microseconds=1)
STEPS = {
    "accepted": 5,
    "try": 8,
    "talk": 6,
    "paused": 4,
    "resumed": 3,
    "asked_again": 8,
    "rated": 1,
    "declined": 2,
    "taken_back": 2,
    "meeting": 1,
    "rescored": 1,
    "rejected": 1,
    "recycled": 1,
    "won": 1,
    "lost": 1,
    "ended": 0.7,
}


class Story:
    """Tells one lead's story; `news` holds topic, key and event in the order they were published."""

    def __init__(self, rng: random.Random, company: Company) -> None:
        self._rng = rng
        self._company = company
        self.lead, self._person = an_id(rng), an_id(rng)
        span = company.end - company.start
        self.now = (company.start - timedelta(days=4) + rng.random() * (span + timedelta(days=4))).astimezone(
            UTC
        )
        self._line = rng.choice(LINES)
        self._quadrant = rng.choice(SQLS)
        self._source = rng.choice(SOURCES)
        self._flags = {"is_test": rng.random() < 0.06}
        self._is_own = rng.random() < 0.06
        self._seq = {"router": 0, "acts": 0, "scoring": 0}
        self._round = 0
        self._rep: Salesperson | None = None
        self._handed = self.now
        self.news: list[tuple[str, str, News]] = []

    def tell(self) -> list[tuple[str, str, News]]:
        """The whole story, until it ends or the month is over by some days."""
        if not self._become_sql():
            return self.news
        self._pass(0.001, 3)
        if self._rng.random() < 0.3:
            self._held()
        self._assigned()
        names, weights = list(STEPS), list(STEPS.values())
        for _ in range(self._rng.randrange(14)):
            self._wait()
            step = self._rng.choices(names, weights)[0]
            if self.now > self._company.end + timedelta(days=3) or not self._step(step):
                break
        return self.news

    # -- time ------------------------------------------------------------------------------------------------

    def _pass(self, least: float, most: float) -> None:
        """Let some seconds go by."""
        self.now += timedelta(microseconds=int(self._rng.uniform(least, most) * 10**6) + 1)

    def _wait(self) -> None:
        edge = self._edge() if self._rng.random() < 0.15 else None
        if edge is not None and edge > self.now:
            self.now = edge
            return
        longest = self._rng.choice((60, 60, 1800, 1800, 7200, 40_000, 300_000))
        self._pass(0.5, longest)

    def _edge(self) -> datetime | None:
        """Where a promise of the handoff may be due: there, or a microsecond beside it."""
        if self._rep is None:
            return None
        spans = open_spans(self._rep.at(self._handed)["calendar"], self._handed, self._handed + timedelta(40))
        due = reached(spans, self._handed, timedelta(minutes=self._rng.choice(LENGTHS)))
        return due + self._rng.choice((-1, 0, 1)) * MICROSECOND if due else None

    # -- scoring ---------------------------------------------------------------------------------------------

    def _become_sql(self) -> bool:
        """Scored, at once as SQL, later by a signal, or never."""
        rng, act = self._rng, self.now
        journey = self._journey()
        fate = rng.random()
        if fate < 0.08:
            self._scored("curious", "mql", act, journey, None)
            return False
        if fate < 0.25:
            self._scored("curious", "mql", act, journey, None)
            self._pass(600, 400_000)
            act = self.now
            self._pass(0.01, 2)
            journey = journey | {"scored_at": self.now}
            kind = rng.choice(("signal", "submission"))
            self._source = rng.choice(SOURCES) if kind == "submission" else self._source
            self._scored(self._quadrant, "sql", act, journey, act, kind=kind)
            return True
        self._scored(self._quadrant, "sql", act, journey, act)
        return True

    def _journey(self) -> dict[str, Any]:
        rng = self._rng
        journey = {}
        if rng.random() < 0.2:
            journey["occurred_at"] = self.now
            self._pass(1, 4000)
        journey["received_at"] = self.now
        if rng.random() < 0.1:
            self._pass(0.001, 1)
            journey["spooled_at"] = self.now
            self._pass(1, 5000)
        self._pass(0.001, 0.5)
        journey["durable_at"] = self.now
        if rng.random() < 0.12:
            self._pass(60, 90_000)
            journey["released_at"] = self.now
        self._pass(0.001, 2)
        return journey | {"scored_at": self.now}

    def _scored(
        self,
        quadrant: str,
        stage: str,
        act: datetime,
        journey: dict[str, Any],
        sql_at: datetime | None,
        kind: str = "submission",
    ) -> None:
        self._base = journey
        self._sql_at = sql_at
        cause = {"id": an_id(self._rng), "kind": kind, "at": act}
        if kind == "submission":
            cause["source"] = self._source
        said: dict[str, Any] = {
            "lead_id": self.lead,
            "person_id": self._person,
            "line": self._line,
            "seq": self._next("scoring"),
            "cause": cause,
            "profile": {"employees": self._of_lead(50, 5000)},
            "form_id": "+own" if self._is_own else "demo",
            "source": "own" if self._is_own else self._source,
            "score": {"fit": 80, "interest": 80},
            "quadrant": quadrant,
            "stage": stage,
            "sql_at": sql_at,
            "journey": journey,
            "submissions": 1,
            "rulebook_version": self._company.version(act),
        }
        standing = (
            (("none", "none", "customer", "open_deal")[self.lead.int % 4]) if self._of_lead(0, 1) else None
        )
        if standing and self.lead.int % 3 == 0:
            said["account"] = {"id": self._person, "crm_id": "7", "name": "Iris", "standing": standing}
        self._say("lead-scored", LeadScored.model_validate(said | self._flags))

    def _of_lead(self, one: int, other: int) -> int:
        return (one, other)[self.lead.int // 7 % 2]

    # -- router ----------------------------------------------------------------------------------------------

    def _routed(self, kind: str, **more: Any) -> None:
        said = {
            "lead_id": self.lead,
            "line": self._line,
            "seq": self._next("router"),
            "kind": kind,
            "at": self.now,
            "cause_id": an_id(self._rng),
            "round": self._round,
            "quadrant": self._quadrant,
            "why": "because",
            "is_own": self._is_own,
            "rulebook_version": self._company.version(self.now),
        }
        self._say("lead-routed", LeadRouted.model_validate(said | self._flags | more))

    def _held(self) -> None:
        self._routed("held", hold_reason=self._rng.choice(("nobody_open", "no_capacity")))
        self._pass(5, self._rng.choice((600, 60_000)))

    def _assigned(self) -> None:
        self._round += 1
        self._rep = self._rng.choice(self._company.reps)
        self._handed = self.now
        self._routed("assigned", rep=self._rep.at(self.now))

    def _acted(self, kind: str, **more: Any) -> None:
        assert self._rep is not None
        said = {
            "lead_id": self.lead,
            "line": self._line,
            "seq": self._next("acts"),
            "kind": kind,
            "at": self.now,
            "round": self._round,
            "rep_id": self._rep.id,
        }
        self._say("lead-progressed", LeadProgressed.model_validate(said | self._flags | more))

    def _step(self, step: str) -> bool:
        """One thing that happens. False: the story is over."""
        match step:
            case "try":
                self._contacted("attempt")
            case "talk":
                self._contacted(self._rng.choice(("conversation", None)))
            case "paused":
                self._paused()
            case "declined" | "taken_back":
                self._lost_by_rep(step)
            case "meeting":
                self._acted("outcome", outcome={"result": self._rng.choice(("meeting", "opportunity"))})
            case "rescored":
                self._rescored()
            case "asked_again":
                asked = self.now - timedelta(seconds=1)
                self._acted("asked_again", asked_at=asked, cause_id=an_id(self._rng))
            case "accepted" | "resumed" | "rated":
                self._acted(step)
            case _:
                self._over(step)
                return False
        return True

    def _contacted(self, contact: str | None) -> None:
        """Now, or as a CRM told later: some moment since the handoff."""
        told: dict[str, Any] = {"contact": contact, "channel": "phone"}
        if self._rng.random() < 0.1:
            told["at"] = self._handed + self._rng.random() * (self.now - self._handed)
        self._acted("contacted", **told)

    def _paused(self) -> None:
        codes = ("buyer_asked_to_wait", "waits_for_buyer", "waits_for_buyer", "not_agreed")
        until = None
        if self._rng.random() < 0.6:
            until = self.now + timedelta(minutes=self._rng.choice((20, 300, 3000, 9000)))
        self._acted("paused", code=self._rng.choice(codes), until=until)

    def _lost_by_rep(self, how: str) -> None:
        """What a rep declines, the router takes back at once."""
        if how == "declined":
            self._acted("declined", code="no_time")
        self._routed("taken_back", rep=self._rep.at(self._handed) if self._rep else None)
        self._pass(0.01, 3)
        if self._rng.random() < 0.4:
            self._held()
        self._assigned()

    def _rescored(self) -> None:
        """Another quadrant, by the passing of time or by another submission of the buyer."""
        self._quadrant = self._rng.choice(SQLS)
        kind = self._rng.choice(("rescore", "submission"))
        self._source = self._rng.choice(SOURCES) if kind == "submission" else self._source
        journey = self._base | {"scored_at": self.now}
        self._scored(self._quadrant, "sql", self.now, journey, self._sql_at, kind=kind)

    def _over(self, how: str) -> None:
        rng = self._rng
        match how:
            case "rejected":
                self._acted(
                    "rejected", code=rng.choice(("wrong_data", "duplicate", "out_of_profile", "other"))
                )
            case "recycled":
                wake = self.now + timedelta(days=30)
                self._acted("recycled", code=rng.choice(("not_now", "no_answer", "other")), wake_at=wake)
            case "won":
                money = {
                    "minor": rng.randrange(1, 10**6),
                    "currency": rng.choice(("EUR", "EUR", "USD", "GBP", "CHF")),
                }
                self._acted("outcome", outcome={"result": "won", "value": money})
            case "lost":
                self._acted("outcome", code="price", outcome={"result": "lost"})
            case _:
                how = rng.choice(("merged", "erased", "do_not_contact"))
                self._ended(how)
        self._routed("closed", close_reason=how)

    def _ended(self, how: str) -> None:
        """What ends a lead without an act of its rep."""
        if how == "merged":
            self._merged()
        elif how == "erased":
            gone = PersonErased(person_id=self._person, identity_hashes=[], leads=[self.lead], at=self.now)
            self._say("person-erased", gone, str(self._person))
        self._pass(0.01, 30)

    def _merged(self) -> None:
        other = an_id(self._rng)
        merged = LeadMerged(
            kind="merged",
            person_id=other,
            other_person_id=self._person,
            leads_ended=[self.lead],
            at=self.now,
            seq=1,
        )
        self._say("lead-merged", merged, str(other))

    def _next(self, producer: str) -> int:
        self._seq[producer] += 1
        return self._seq[producer]

    def _say(self, topic: str, event: EventModel, key: str | None = None) -> None:
        self.news.append((topic, key or str(self.lead), News(an_id(self._rng), event)))


def stories(rng: random.Random, company: Company, number: int) -> Iterator[tuple[UUID, Story]]:
    """So many leads, each told to its end."""
    for _ in range(number):
        story = Story(rng, company)
        story.tell()
        yield story.lead, story

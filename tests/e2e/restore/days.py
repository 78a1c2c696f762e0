"""A sales day that goes on over the moment of a restore, and a ledger of all that anybody was promised."""

import asyncio
import operator
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from psycopg import sql

from baton_dev.databases import with_database
from baton_dev.ledger import Accepted, Acted, Ledger, accepted, read_ledger
from baton_dev.stack import DATABASE, Stack
from tests.chaos.books import Books, Place, ends_of, read_books, waiting
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, RunningStack, somebody

HOURS = {"accept_within": "8h", "first_response_within": "16h"}
REST_SECONDS = 120.0
ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("accept", {}),
    ("contacted", {"channel": "phone", "result": "reached"}),
    ("reject", {"code": "out_of_profile", "reason": "a student"}),
    ("decline", {"code": "no_time", "reason": "on leave"}),
)
"""What reps do with every second lead, in turn."""


def unhurried_company() -> dict[str, Any]:
    """Nothing happens by itself: what changes, somebody did."""
    document = company_round_the_clock()
    document["agreement"]["sales"]["promises"] = dict.fromkeys(("perfect", "warm"), HOURS)
    return document


@dataclass
class Dealings:
    """Buyers and reps of one installation, and what they were answered."""

    stack: RunningStack
    ledger_path: Path
    emails: dict[UUID, str] = field(default_factory=dict)
    leads: dict[UUID, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.ledger_path)
        self.baton = Installation(self.stack)

    def write(self, number: int) -> list[UUID]:
        """So many new buyers post a form; their submissions, each in the ledger once it was answered."""
        posted = []
        for _ in range(number):
            key = uuid4().hex
            buyer = somebody(email=f"buyer-{key[:12]}@example.com", last_name=f"Name{key[:10]}")
            submission = self.baton.post("demo-request", buyer, key=key)
            asyncio.run(self.ledger.keep(Accepted(submission, "demo-request", key, ("main",))))
            self.emails[submission] = buyer["email"]
            posted.append(submission)
        return posted

    def work(self, submissions: list[UUID]) -> None:
        """Reps do something with every second of the leads, all four acts in turn."""
        for number, submission in enumerate(submissions):
            (lead,) = self.baton.leads_of(submission)
            self.leads[submission] = lead
            rep = self.baton.assigned(lead)["rep_id"]
            if number % 2 == 0:
                act, report = ACTS[number // 2 % len(ACTS)]
                self.baton.act(lead, rep, act, report)
                asyncio.run(self.ledger.keep(Acted(lead, act, str(uuid4()))))

    def train_a_rep(self) -> None:
        """A change of the roster, which no topic tells in full."""
        headers = {"Authorization": f"Bearer {self.baton.at['operator_token']}", "X-Operator": "lead"}
        url = f"{self.baton.at['router']}/v1/reps/{min(self.baton.at['reps'])}"
        answer = httpx.patch(url, json={"skills": ["sap"]}, headers=headers, timeout=30, trust_env=False)
        assert answer.is_success, answer.text

    def erase(self, submission: UUID) -> None:
        """Somebody wants to be forgotten."""
        headers = {"Authorization": f"Bearer {self.baton.at['operator_token']}"}
        order = {"email": self.emails[submission], "by": "dpo", "reason": "ticket 12"}
        url = f"{self.baton.at['scoring']}/v1/persons/erase"
        answer = httpx.post(url, json=order, headers=headers, timeout=30, trust_env=False)
        assert answer.is_success, answer.text

    def views(self) -> dict[UUID, dict[str, Any]]:
        """What router says of every lead: state, and who had it in which round, how each ended."""
        found = {}
        for lead in self.leads.values():
            view = self.baton.routed(lead)
            rounds = [
                (each["round"], each["rep_id"], bool(each["ended_at"]), bool(each["accepted_at"]))
                for each in sorted(view["assignments"], key=lambda each: each["round"])
            ]
            found[lead] = {"state": view["state"], "close": view["close_reason"], "rounds": rounds}
        return found


@dataclass
class Day(Dealings):
    """The same where stores and topics can be read, and reps get letters."""

    stack: Stack

    def rest(self) -> Books:
        """Wait until nothing is on its way, and read everything."""
        dsn = with_database(self.stack.postgres.dsn, DATABASE)
        seen: Mapping[Place, int] = {}
        while (ends := asyncio.run(ends_of(self.stack.kafka.bootstrap))) != seen:
            seen = ends
            self.baton.eventually(
                partial(waiting, dsn, ends, with_timers=False), operator.not_, "everything to be at rest"
            )
        self.await_letters()
        return asyncio.run(read_books(dsn, self.stack.kafka.bootstrap))

    def await_letters(self) -> None:
        """Every round that is open was told to its rep, and the letters are out."""
        with psycopg.connect(with_database(self.stack.postgres.dsn, DATABASE), autocommit=True) as connection:
            self.baton.eventually(
                lambda: connection.execute(
                    "SELECT (SELECT count(*) FROM router.assignments"
                    " WHERE told_at IS NULL AND ended_at IS NULL)"
                    " + (SELECT count(*) FROM router.deliveries WHERE state = 'pending')"
                ).fetchone(),
                lambda left: left == (0,),
                "letters to be out",
            )

    def letters(self) -> Counter[tuple[str, str]]:
        """How many letters about a buyer each rep got, by subject's first words and the buyer's name."""
        assert self.stack.mailbox is not None
        names = {email: email.split("@")[0] for email in self.emails.values()}
        found: Counter[tuple[str, str]] = Counter()
        for letter in self.stack.mailbox.letters():
            for email in names:
                if email in letter.text:
                    found[letter.to, f"{letter.subject} / {email}"] += 1
        return found

    def stores(self, email: str) -> list[str]:
        """Tables of the three stores in which an address stands."""
        found = []
        with psycopg.connect(with_database(self.stack.postgres.dsn, DATABASE)) as connection:
            tables = connection.execute(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname IN ('scoring', 'router', 'sla_monitor') AND c.relkind = 'r'"
            ).fetchall()
            for place in tables:
                query = sql.SQL("SELECT count(*) FROM {} t WHERE lower(t::text) LIKE %s")
                row = connection.execute(query.format(sql.Identifier(*place)), [f"%{email}%"]).fetchone()
                if row is not None and row[0]:
                    found.append(".".join(place))
        return found


def doubts(day: Day, books: Books) -> list[str]:
    """What is wrong at rest, in sentences: lost, doubled, or with two reps at once."""
    wrong = []
    for identity in accepted(read_ledger(day.ledger_path)):
        row = books.submissions.get(identity)
        if row is None or row["state"] not in ("opened", "joined", "erased"):
            wrong.append(f"submission {identity} was answered 202 and is {row and row['state']}")
        elif row["state"] == "opened" and row["lead_ids"][0] not in books.routed_leads:
            wrong.append(f"lead {row['lead_ids'][0]} never reached the router")
    rounds: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    for said in books.said["lead-routed"]:
        about = said.about
        if about["kind"] == "assigned":
            rounds[UUID(about["lead_id"]), about["round"]].add(about["rep"]["id"])
    wrong += [f"round {key} was given to {sorted(reps)}" for key, reps in rounds.items() if len(reps) > 1]
    kept = {(row["lead_id"], row["round"]): row["rep_id"] for row in books.assignments}
    wrong += [f"round {key} is told and not kept" for key in rounds.keys() - kept.keys()]
    wrong += [f"round {key} is kept and not told" for key in kept.keys() - rounds.keys()]
    wrong += [
        f"{key} is kept for {kept[key]}, told for {rounds[key]}"
        for key in kept.keys() & rounds.keys()
        if kept[key] not in rounds[key]
    ]
    open_rounds = Counter(row["rep_id"] for row in books.assignments if row["is_open"])
    for rep in books.reps:
        if rep["open"] != open_rounds[rep["id"]]:
            wrong.append(f"{rep['id']} is counted with {rep['open']} leads and has {open_rounds[rep['id']]}")
    by_submission = Counter(
        row["lead_ids"][0] for row in books.submissions.values() if row["state"] == "opened"
    )
    wrong += [f"lead {lead} was opened {n} times" for lead, n in by_submission.items() if n > 1]
    return wrong

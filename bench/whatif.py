"""Past leads through two plans, in the process that a router starts for it: leads a second, and memory."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psutil

from bench.company import RULEBOOK
from router.domain.hours import hours_document, with_absences
from router.whatif.fitting import write_behaviour
from router.whatif.model import Behaviour, Spread
from rulebook.loader import load_folder
from rulebook.models import Rulebook
from rulebook.publication import to_document

FIRST_DAY = datetime(2025, 1, 6, tzinfo=UTC)
A_DAY = 60
"""Leads: what the reps of the example company can answer, so that none pile up."""
COUNTRIES = ("ES", "PT", "IT", "RO", "FR", "DE")
QUADRANTS = ("perfect", "warm", "warm", "curious", "cold")


@dataclass(frozen=True)
class WhatIfResult:
    """`seconds` for all leads, start of the process included; memory in bytes at its highest, and when a
    tenth of the leads had been read."""

    leads: int
    seconds: float
    highest: int
    at_a_tenth: int

    @property
    def rate(self) -> float:
        """Leads a second, each through both plans."""
        return self.leads / self.seconds


def measure(leads: int) -> WhatIfResult:
    """The example company's plan against itself without deadlines."""
    company = load_folder(RULEBOOK)
    current = to_document(company)
    draft = orjson.loads(orjson.dumps(current))
    for pool in draft["routing"]["pools"].values():
        pool["deadline_aware"] = False
    asked = {"question": "replay", "version": 1, "current": current, "draft": draft, "seed": 1}
    began = time.perf_counter()
    command = [sys.executable, "-m", "router.whatif.child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        if child.stdin is None or child.stdout is None:
            raise AssertionError("the child was started with pipes")
        watched = psutil.Process(child.pid)
        highest = at_a_tenth = 0
        child.stdin.write(_line({**asked, "staff": list(_staff(company))}))
        for number, row in enumerate(_rows(leads), 1):
            child.stdin.write(_line(row))
            if number % 250 == 0:
                child.stdin.flush()
                child.stdout.readline()
                highest = max(highest, watched.memory_info().rss)
            if number == leads // 10:
                at_a_tenth = highest
        child.stdin.close()
        result = orjson.loads(child.stdout.readlines()[-1])["result"]
    if result["draft"]["leads"] != leads:
        raise AssertionError(f"{result['draft']['leads']} of {leads} leads were told")
    return WhatIfResult(leads, time.perf_counter() - began, highest, at_a_tenth)


def _line(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, default=str) + b"\n"


def _staff(company: Rulebook) -> Iterator[dict[str, Any]]:
    quick = write_behaviour(Behaviour(closes=Spread(timedelta(days=2), 0.5)))
    for name, seed in company.roster.reps.items():
        hours = hours_document(company.calendars[seed.calendar], year=2025)
        row = seed.model_dump(mode="json")
        document = with_absences(hours, [])
        yield {**row, "id": name, "is_active": True, "hours": hours, "document": document, "behaviour": quick}


def _rows(leads: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(11)
    at = FIRST_DAY
    for number in range(leads):
        at += timedelta(days=1 / A_DAY) * chance.expovariate(1)
        rep = f"rep-{number % 7}"
        yield {
            "id": UUID(int=number + 1),
            "state": "closed",
            "line": "main",
            "quadrant": chance.choice(QUADRANTS),
            "profile": {"country": chance.choice(COUNTRIES), "employees": chance.randrange(1, 1_100)},
            "score": {"fit": 70, "interest": 60},
            "form_id": "demo-request",
            "source": "website",
            "campaign": None,
            "submissions": 1,
            "asks": True,
            "account": None,
            "value_minor": chance.randrange(10_000, 5_000_000),
            "told": {},
            "person_id": UUID(int=number // 20 + 1),
            "at": at.isoformat(),
            "comes_again": True,
            "rounds": 1,
            "handed_at": at.isoformat(),
            "answered_at": (at + timedelta(minutes=20)).isoformat(),
            "rep": rep,
            "pool": "spain",
            "promise_seconds": 1800.0,
            "breaches": 0,
            "breached_at": None,
            "answered_by": rep,
            "hold_reason": None,
            "foreseen": False,
            "overruled": False,
        }


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    print(f"{found.leads:,} leads, {found.rate:,.0f} a second, through two plans each")
    print(f"memory {found.highest / 2**20:.0f} MiB at most, {found.at_a_tenth / 2**20:.0f} at a tenth")

"""Rescoring: open leads a second under another scorecard, and how much memory scoring takes for it."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from baton_dev.databases import with_database
from baton_dev.stack import DATABASE, Stack
from bench import path
from bench.company import large_company

LINE, FORM = "main", "demo-request"
BETWEEN_LOOKS = 0.1
SEED = """
    WITH made AS (
        SELECT number, gen_random_uuid() AS person, gen_random_uuid() AS lead, gen_random_uuid() AS submission
        FROM generate_series(1, %(leads)s) AS number
    ), people AS (
        INSERT INTO persons (id, first_at, profile, profile_received)
        SELECT person, now() - number * interval '1 minute',
            jsonb_build_object('email', 'buyer' || number || '@company' || number %% 5000 || '.example',
                'name', 'Ana ' || number, 'company', 'Company ' || number %% 5000, 'country', 'ES',
                'employees', number %% 900 + 1,
                'job_title', (ARRAY['Head of Sales', 'CEO', 'Intern'])[number %% 3 + 1]), '{}'
        FROM made
    ), keys AS (
        INSERT INTO identity_keys (kind, value, person_id)
        SELECT 'email', 'buyer' || number || '@company' || number %% 5000 || '.example', person FROM made
    )
    INSERT INTO leads (id, person_id, opened_person, line, opened_by, opened_at, state, seq,
        submissions, asks, is_test, origins, attribution, fit, interest, quadrant, stage, rulebook_version)
    SELECT lead, person, person, %(line)s, submission, now() - number * interval '1 minute', 'open', 1, 1,
        true, false, jsonb_build_array(jsonb_build_array(%(form)s::text, 'website', NULL,
            to_char(now() - number * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'), submission)),
        '{}', 0, 0, 'cold', 'mql', 1
    FROM made
"""
"""Leads as an older scorecard left them: at nothing, so that each has another score by the one in force."""


@dataclass(frozen=True)
class RescoringResult:
    """One rescoring, of leads that each are published. `cpu`: seconds of processor time of scoring, its other
    parts included; `before`, `largest`: its RSS in bytes."""

    leads: int
    published: int
    seconds: float
    cpu: float
    before: int
    largest: int

    @property
    def rate(self) -> float:
        """Leads a second."""
        return self.leads / self.seconds

    @property
    def rate_of_cpu(self) -> float:
        """The same by scoring's own processor time: what it does with a core that nobody else wants."""
        return self.leads / self.cpu


def measure(leads: int) -> RescoringResult:
    """Store so many open leads and have them scored again by the running service, without its limit."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        stack = Stack(Path(folder), large_company(), extra_env={"BATON_RESCORE_RATE": "100000"})
        with path.running(stack):
            for name in ("router", "sla_monitor", "intake"):
                stack.services[name].stop()
            _seed(stack, leads)
            return _rescore(stack, leads)


def _seed(stack: Stack, leads: int) -> None:
    with psycopg.connect(with_database(stack.postgres.dsn, DATABASE), autocommit=True) as connection:
        connection.execute("SET search_path TO scoring")
        connection.execute(SEED, {"leads": leads, "line": LINE, "form": FORM})
        connection.execute("ANALYZE leads, persons, identity_keys")


def _rescore(stack: Stack, leads: int) -> RescoringResult:
    process = psutil.Process(stack.services["scoring"].pid)
    before = largest = process.memory_info().rss
    headers = {"Authorization": f"Bearer {stack.secrets.operator_token}"}
    address = stack.services["scoring"].base_url
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        started, spent = time.perf_counter(), sum(process.cpu_times()[:2])
        asked = client.post("/v1/rescorings", json={"line": LINE, "by": "bench", "why": "to measure"})
        order: dict[str, Any] = asked.raise_for_status().json()
        while order.get("finished_at") is None:
            time.sleep(BETWEEN_LOOKS)
            largest = max(largest, process.memory_info().rss)
            order = client.get(f"/v1/rescorings/{order['rescoring_id']}").raise_for_status().json()
        seconds, cpu = time.perf_counter() - started, sum(process.cpu_times()[:2]) - spent
    if (order["seen"], len(order["set_aside"])) != (leads, 0):
        raise RuntimeError(f"the rescoring ended after {order['seen']} of {leads} leads: {order}")
    return RescoringResult(leads, order["published"], seconds, cpu, before, largest)

"""A month's report over many leads: read from the store and made in the process that sla-monitor starts."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg

from baton_dev.postgres import PostgresServer
from baton_dev.preparation import prepare_database
from baton_dev.services import SLA_MONITOR
from bench.company import RULEBOOK
from rulebook.loader import load_folder
from rulebook.publication import to_document
from service_kit.migrate import migrate
from sla_monitor.main import PACKAGES
from sla_monitor.reports.asked import Asked, Question

MONTH, NOW = "2026-11", datetime(2026, 12, 4, 10, tzinfo=UTC)
SOURCES = ["website", "google-ads", "comparison-portal", "social", "content"]
REPS = ["marta-ibanez", "javier-otxoa", "rui-figueiredo", "paola-ferri", "mihai-ionescu"]
_MADE = """
    CREATE TEMP TABLE made AS
    SELECT
        gen_random_uuid() AS lead, gen_random_uuid() AS handoff, number,
        '2026-11-01 00:00+01'::timestamptz + (number - 1) * (interval '30 days' / %(leads)s) AS at,
        (ARRAY['perfect', 'warm', 'curious', 'cold', 'cold'])[number %% 5 + 1] AS quadrant,
        (%(sources)s::text[])[number %% 5 + 1] AS source, (%(reps)s::text[])[number %% 5 + 1] AS rep,
        number %% 5 < 2 AS is_sql, number %% 11 = 0 AS is_late, number %% 40 = 0 AS is_won,
        number %% 15 = 0 AS is_back
    FROM generate_series(1, %(leads)s) AS number
"""
_ROWS = (
    """
    INSERT INTO leads (id, line, source, quadrant, state, received_at, scored_at, origin_is_sql)
    SELECT lead, 'main', source, quadrant, 'nurturing', at, at, is_sql FROM made
    """,
    """
    INSERT INTO ledger (lead_id, first_seq, received_at, scored_at, delivery_seq, delivered_at,
        delivered_quadrant, handed_at, accepted_at, contacted_at, talked_at, tries, opportunity_at, won_at,
        won_minor, won_currency, given_fact, given_kind, given_at, given_code, given_rep_id, rep_id, team,
        worked_at, work_due_at)
    SELECT lead, 1, at, at, CASE WHEN is_sql THEN 1 END, CASE WHEN is_sql THEN at END,
        CASE WHEN is_sql THEN quadrant END, CASE WHEN is_sql THEN at END,
        CASE WHEN is_sql THEN at + interval '8 min' END, CASE WHEN is_sql THEN at + interval '20 min' END,
        CASE WHEN is_sql THEN at + interval '1 hour' END, is_sql::int,
        CASE WHEN is_sql AND is_won THEN at + interval '2 days' END,
        CASE WHEN is_sql AND is_won THEN at + interval '9 days' END,
        CASE WHEN is_sql AND is_won THEN 250000 END, CASE WHEN is_sql AND is_won THEN 'EUR' END,
        CASE WHEN is_sql AND is_back THEN gen_random_uuid() END,
        CASE WHEN is_sql AND is_back THEN 'rejected' END,
        CASE WHEN is_sql AND is_back THEN at + interval '1 day' END,
        CASE WHEN is_sql AND is_back THEN 'wrong_data' END, CASE WHEN is_sql AND is_back THEN rep END,
        CASE WHEN is_sql THEN rep END, CASE WHEN is_sql THEN 'spain' END,
        CASE WHEN is_sql THEN at + interval '1 hour' END, CASE WHEN is_sql THEN at + interval '5 days' END
    FROM made
    """,
    """
    INSERT INTO touches (lead_id, cause_id, seq, source, at, opened)
    SELECT lead, lead, 1, source, at, true FROM made
    UNION ALL SELECT lead, handoff, 2, source, at + interval '1 hour', false FROM made WHERE number % 10 = 0
    """,
    """
    INSERT INTO facts (id, lead_id, producer, seq, kind, at, round, rep_id, line, team, quadrant,
        rulebook_version, is_test)
    SELECT handoff, lead, 'baton/router', 1, 'assigned', at, 1, rep, 'main', 'spain', quadrant, 1, false
    FROM made WHERE is_sql
    UNION ALL SELECT gen_random_uuid(), lead, 'baton/router', 2, 'accepted', at + interval '8 min', 1, rep,
        NULL, NULL, NULL, NULL, false FROM made WHERE is_sql
    UNION ALL SELECT gen_random_uuid(), lead, 'baton/router', 3, 'contacted', at + interval '20 min', 1, rep,
        NULL, NULL, NULL, NULL, false FROM made WHERE is_sql
    """,
    """
    INSERT INTO timers (id, lead_id, kind, round, rep_id, team, line, quadrant, rulebook_version, calendar_id,
        availability_revision, is_test, opened_by, opened_at, target_us, shares, due_at, warns_at, next_level,
        state, ended_kind, ended_at, breaches)
    SELECT gen_random_uuid(), lead, kind, 1, rep, 'spain', 'main', quadrant, 1, lead, 1, false, handoff, at,
        600000000, '{}', at + CASE WHEN is_late THEN interval '5 min' ELSE interval '30 min' END, '{}', 0,
        CASE WHEN is_late THEN 'breached' ELSE 'kept' END, ended, at + took, is_late::int
    FROM made, (VALUES
        ('accept', 'accepted', interval '8 min'), ('first_response', 'contacted', interval '20 min')
    ) AS promised (kind, ended, took)
    WHERE is_sql
    """,
    "INSERT INTO promise_times (timer_id, worked_us) SELECT id, 480000000 FROM timers",
    """
    INSERT INTO firings (timer_id, level, lead_id, outcome, at, fired_at, unread, late, event_id, event)
    SELECT id, 'breach', lead_id, 'fired', due_at, due_at, false, false, gen_random_uuid(),
        jsonb_build_object('charged_to', 'rep', 'attribution', jsonb_build_array(
            jsonb_build_object('part', 'scoring', 'detail', NULL, 'microseconds', 400000),
            jsonb_build_object('part', 'rep', 'detail', rep_id, 'microseconds', 299600000)))
    FROM timers WHERE state = 'breached'
    """,
)
"""What the service writes of as many leads: two in five are SQLs with two promises, one in eleven of them
answered late."""


@dataclass(frozen=True)
class ReportResult:
    """`seconds` from the question to the last byte, by form; start of the process and reading included.
    `cpu`: processor time of the process and of PostgreSQL in it, which others on the machine take none of."""

    leads: int
    promises: int
    seconds: Mapping[str, float]
    cpu: Mapping[str, float]


def measure(leads: int) -> ReportResult:
    """Store such a month and have it made in each form."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        postgres = PostgresServer(Path(folder) / "postgres")
        postgres.start()
        try:
            dsn = prepare_database(postgres.dsn, "baton", {SLA_MONITOR.name: "bench"})[SLA_MONITOR.name]
            migrate(dsn, schema=SLA_MONITOR.name, packages=PACKAGES)
            promises = _seed(dsn, leads)
            made = {form: _made(dsn, postgres.pid, form, leads) for form in ("json", "html")}
            seconds, cpu = ({form: times[at] for form, times in made.items()} for at in (0, 1))
            return ReportResult(leads, promises, seconds, cpu)
        finally:
            postgres.stop()


def _seed(dsn: str, leads: int) -> int:
    with psycopg.connect(dsn, options=f"-c search_path={SLA_MONITOR.name}") as connection:
        document = to_document(load_folder(RULEBOOK))
        connection.execute(
            "INSERT INTO rulebook_versions (version, effective_from, published_at, published_by, checksum, "
            "rulebook) VALUES (1, '2026-01-01', '2026-01-01', 'bench', %s, %s)",
            (str(uuid4()), json.dumps(document)),
        )
        connection.execute(_MADE, {"leads": leads, "sources": SOURCES, "reps": REPS})
        for statement in _ROWS:
            connection.execute(statement)
        row = connection.execute("SELECT count(*) FROM timers").fetchone()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SLA_MONITOR.name}")
        connection.execute("ANALYZE leads, ledger, touches, facts, timers, promise_times, firings")
    return int(row[0]) if row else 0


def _made(dsn: str, postgres: int, form: Any, leads: int) -> tuple[float, float]:
    asked = Asked(period=MONTH, now=NOW, format=form)
    question = Question(dsn=dsn, schema_name=SLA_MONITOR.name, asked=asked)
    command = [sys.executable, "-m", "sla_monitor.reports.child"]
    had, began = _cpu(postgres), time.perf_counter()
    told = subprocess.run(
        command, input=question.model_dump_json().encode(), stdout=subprocess.PIPE, check=True
    ).stdout
    seconds = time.perf_counter() - began
    if form == "json" and json.loads(told)["funnel"]["stages"][0]["leads"] != leads:
        raise AssertionError("the report is not of all leads")
    return seconds, _cpu(postgres) - had


def _cpu(postgres: int) -> float:
    """Of processes that we and PostgreSQL started and that have ended, such as that of its connection."""
    ended = [psutil.Process(pid).cpu_times() for pid in (os.getpid(), postgres)]
    return sum(each.children_user + each.children_system for each in ended)


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    took = ", ".join(
        f"{form} {found.seconds[form]:.1f} s ({found.cpu[form]:.1f} s of CPU)" for form in found.cpu
    )
    print(f"{found.leads:,} leads, {found.promises:,} promises: {took}")

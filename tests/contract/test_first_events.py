"""A counter that begins with its first event hides that event from every rate: each that an alert, a
recording rule or a board asks of begins at nought, with every value of its labels.
"""

import asyncio
import itertools
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from baton_dev.boards.declared import declared
from baton_dev.boards.writing import documents
from delivery.message import Channel, Outcome
from intake.domain.signatures import SCHEMES, Proof
from intake.metrics import ROUTES, STATUSES, VENDORS
from intake.notices.books import NoticeState
from lead_events.words import (
    AccountStanding,
    ChargedTo,
    ProgressKind,
    Quadrant,
    QuarantineReason,
    RoutedKind,
    TimerKind,
)
from service_kit.errors import Fault
from tests.contract.documents import ROOT
from tests.contract.fresh import EXPOSITION
from tests.integration.router.worlds import rulebook

Labels = Mapping[str, Collection[str]]
COMPANY = rulebook()
SOURCES = {*COMPANY["sources"], "other"}
POOLS = {*COMPANY["routing"]["pools"], "none"}
RULES = {rule["id"] for plan in COMPANY["routing"]["plans"].values() for rule in plan.get("rules", [])}
TEAMS = {*COMPANY["roster"]["teams"], "other"}
BINDING = {"kind": set(TimerKind), "team": TEAMS, "trial": {"false"}}
CONSUMERS = {"scoring", "router", "sla-monitor"}
READ = {"consumer": {"scoring"}, "topic": {"lead-submitted"}}
BY_SOURCE = {"source": SOURCES, "quadrant": set(Quadrant)}
KNOWN: dict[str, Labels] = {
    "baton_account_requests_total": {"standing": set(AccountStanding) - {AccountStanding.NONE}},
    "baton_batch_retries_total": {"consumer": CONSUMERS, "fault": {fault.value for fault in Fault}},
    "baton_crm_attempts_total": {"outcome": {*Outcome, "skipped"}},
    "baton_dead_letters_total": READ,
    "baton_delivery_attempt_seconds": {"channel": set(Channel)},
    "baton_delivery_attempts_total": {
        "channel": set(Channel),
        "outcome": set(Outcome) - {Outcome.OUT_OF_TIME},
    },
    "baton_delivery_given_up_total": {"channel": set(Channel)},
    "baton_intake_accepted_total": {"route": set(ROUTES)},
    "baton_intake_notices_total": {"vendor": set(VENDORS), "state": {"taken", *NoticeState}},
    "baton_intake_refused_total": {"status": set(STATUSES)},
    "baton_intake_senders_total": {"scheme": set(SCHEMES), "proof": set(Proof)},
    "baton_late_answers_expected_total": {"pool": POOLS},
    "baton_lead_acts_total": {"kind": set(ProgressKind)},
    "baton_leads_delivered_total": BY_SOURCE,
    "baton_leads_duplicate_total": {"source": SOURCES},
    "baton_leads_rated_total": {"rating": {"1", "2", "3", "4", "5"}},
    "baton_leads_received_total": BY_SOURCE,
    "baton_leads_routed_total": {"kind": set(RoutedKind)},
    "baton_misrouted_total": {"pool": POOLS},
    "baton_outbox_refused_total": {
        "topic": {"lead-scored", "lead-scored-bulk", "rulebook-published", "lead-routed", "lead-progressed"}
        | {"sla-warned", "sla-breached", "sla-withdrawn", "sla-reminded", "rep-availability-changed"}
        | {"lead-submitted-scoring-dlq", "lead-scored-router-dlq", "lead-routed-sla-monitor-dlq"}
    },
    "baton_part_round_failures_total": {"part": {"gauges", "dead letters", "database", "inbox partitions"}},
    "baton_record_age_seconds": {"consumer": CONSUMERS},
    "baton_records_read_total": READ,
    "baton_routing_rule_errors_total": {"rule": RULES},
    "baton_scoring_quarantined_total": {"reason": set(QuarantineReason)},
    "baton_sla_breached_total": {**BINDING, "charged_to": set(ChargedTo)},
    "baton_sla_lateness_seconds": {"level": {"warning", "breach", "reminder"}},
    "baton_sla_reminded_total": BINDING,
    "baton_sla_warned_total": BINDING,
    "baton_sla_withdrawn_total": BINDING,
    "baton_turns_overruled_total": {"pool": POOLS},
}
"""What each counter is known to count at the start; a histogram by its name without a suffix."""
AWAITED = {
    "intake": [],
    "scoring": [],
    "router": ['pool="north"'],
    "sla_monitor": ['team="north"', 'source="website"'],
}
"""What comes with the rulebook, which is read once the loops run."""


def _asked() -> Iterator[str]:
    """Every query of a rule or a board."""
    for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    for board in documents().values():
        for panel in board["panels"]:
            yield from (target["expr"] for target in panel["targets"])


@cache
def _counters() -> set[str]:
    """Counters and histograms with labels that any of them asks of."""
    named = {name for expr in _asked() for name in re.findall(r"\bbaton_\w+", expr)}
    found = (metric for name, metric in declared(ROOT).items() if name in named and metric.is_counter)
    return {_base(metric.name) for metric in found if metric.labels - {"le"}}


def _base(name: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", name)


def test_each_counter_that_anybody_asks_of_stands_in_the_list() -> None:
    assert set(KNOWN) == _counters()


@pytest.fixture
async def exported(database_dsn: str, tmp_path: Path) -> dict[str, list[dict[str, str]]]:
    """The labels of every series that the four services export at their start, by name."""
    folders = {name: tmp_path / name for name in AWAITED}
    for folder in folders.values():
        folder.mkdir()
    await asyncio.gather(*(_run(name, database_dsn, folder) for name, folder in folders.items()))
    texts = [(folder / EXPOSITION).read_text(encoding="utf-8") for folder in folders.values()]
    found: dict[str, list[dict[str, str]]] = {}
    for family in itertools.chain.from_iterable(map(text_string_to_metric_families, texts)):
        for sample in family.samples:
            found.setdefault(_base(sample.name), []).append(sample.labels)
    return found


async def _run(service: str, dsn: str, folder: Path) -> None:
    """A process of its own, in which nothing else has counted."""
    command = (sys.executable, "-m", "tests.contract.fresh", service, dsn, str(folder), *AWAITED[service])
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        async with asyncio.timeout(60):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


async def test_each_counter_reads_nought_before_its_first_event(
    exported: dict[str, list[dict[str, str]]],
) -> None:
    lacking = {}
    for name, labels in KNOWN.items():
        there = {tuple(series.get(label) for label in labels) for series in exported.get(name, [])}
        missing = {tuple(map(str, values)) for values in itertools.product(*labels.values())} - there
        if missing:
            lacking[name] = sorted(missing)
    assert lacking == {}

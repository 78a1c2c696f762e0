"""A service's `/metrics`, reduced to what the status needs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

LAG = "baton_consumer_lag_records"
READ = "baton_records_read_total"
SPOOL_RECORDS = "baton_intake_spool_records"
SPOOL_BYTES = "baton_intake_spool_bytes"
BUILD = "baton_build_info"
RULEBOOK = "baton_rulebook_version"
RULEBOOKS_REFUSED = "baton_rulebooks_refused_total"
UNOWNED = {f"baton_unowned_{what}_total": what for what in ("breaches", "absences", "holds")}
"""Of what nobody was named to hear, by the counter's name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a service. `lag` is records by consumer and topic, `read` those read so far by consumer;
    `unowned` what nobody was told of since the service started, `rulebooks_refused` published versions that
    it could not use since then; `rulebook` is the newest that it has, 0 without any."""

    version: str | None = None
    lag: dict[str, dict[str, int]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    spool: dict[str, int] = field(default_factory=dict)
    unowned: dict[str, int] = field(default_factory=dict)
    rulebook: int = 0
    rulebooks_refused: int = 0

    def behind(self) -> dict[str, int]:
        """Records not read yet, by consumer, where there are any."""
        sums = {consumer: sum(topics.values()) for consumer, topics in self.lag.items()}
        return {consumer: records for consumer, records in sums.items() if records}


def read_metrics(text: str) -> Reading:
    """What a Prometheus exposition says about one service."""
    samples: defaultdict[str, list[Sample]] = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name].append(sample)
    spool = _by("state", samples[SPOOL_RECORDS])
    if samples[SPOOL_BYTES]:
        spool["bytes"] = _sum(samples[SPOOL_BYTES])
    return Reading(
        next((each.labels.get("version") for each in samples[BUILD]), None),
        _lag(samples[LAG]),
        _by("consumer", samples[READ]),
        spool,
        {what: _sum(samples[name]) for name, what in UNOWNED.items() if samples[name]},
        _sum(samples[RULEBOOK]),
        _sum(samples[RULEBOOKS_REFUSED]),
    )


def _lag(samples: Iterable[Sample]) -> dict[str, dict[str, int]]:
    of: defaultdict[str, list[Sample]] = defaultdict(list)
    for each in samples:
        of[each.labels["consumer"]].append(each)
    return {consumer: _by("topic", theirs) for consumer, theirs in of.items()}


def _by(label: str, samples: Iterable[Sample]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for each in samples:
        found[each.labels[label]] += int(each.value)
    return dict(found)


def _sum(samples: Iterable[Sample]) -> int:
    return sum(int(each.value) for each in samples)


def stalled(first: Reading, second: Reading) -> list[str]:
    """Consumers that were behind both times and read nothing in between."""
    behind = second.behind()
    return [
        name for name in first.behind() if name in behind and first.read.get(name) == second.read.get(name)
    ]

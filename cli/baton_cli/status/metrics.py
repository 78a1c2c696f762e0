"""A service's `/metrics`, reduced to what the status needs."""

from collections import defaultdict
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

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
    version: str | None = None
    lag: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    read: dict[str, int] = defaultdict(int)
    spool: dict[str, int] = {}
    unowned: dict[str, int] = {}
    rulebook: dict[str, int] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels, value = sample.labels, sample.value
            if sample.name == LAG:
                lag[labels["consumer"]][labels["topic"]] += int(value)
            elif sample.name == READ:
                read[labels["consumer"]] += int(value)
            elif sample.name == SPOOL_RECORDS:
                spool[labels["state"]] = int(value)
            elif sample.name == SPOOL_BYTES:
                spool["bytes"] = int(value)
            elif sample.name in UNOWNED:
                unowned[UNOWNED[sample.name]] = int(value)
            elif sample.name in (RULEBOOK, RULEBOOKS_REFUSED):
                rulebook[sample.name] = int(value)
            elif sample.name == BUILD:
                version = labels.get("version")
    return Reading(
        version,
        {name: dict(topics) for name, topics in lag.items()},
        dict(read),
        spool,
        unowned,
        rulebook.get(RULEBOOK, 0),
        rulebook.get(RULEBOOKS_REFUSED, 0),
    )


def stalled(first: Reading, second: Reading) -> list[str]:
    """Consumers that were behind both times and read nothing in between."""
    behind = second.behind()
    return [
        name for name in first.behind() if name in behind and first.read.get(name) == second.read.get(name)
    ]

"""`python -m baton_dev.kafka_rights`: what each login of Baton may do in Kafka, from the catalogue of topics.

Writes docs/operations/kafka-rights.md, and the same for Strimzi as deploy/strimzi/kafka-users.yaml.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from lead_events.catalog import Topic, dead_letter_topics, topics

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations" / "kafka-rights.md"
STRIMZI = ROOT / "deploy" / "strimzi" / "kafka-users.yaml"
SERVICES = ("intake", "scoring", "router", "sla-monitor")
TOPICS_JOB = "topics"
LOGINS = (*SERVICES, TOPICS_JOB)
Operation = Literal["Read", "Write", "Create", "Alter", "AlterConfigs"]


@dataclass(frozen=True, slots=True)
class Right:
    """Leave to do something with a topic or a consumer group, or with all whose names begin so."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]
    is_prefix: bool = False


def rights(login: str) -> list[Right]:
    """What a login needs, and nothing more: Describe, which Kafka grants with the others, is not named."""
    if login == TOPICS_JOB:
        may: tuple[Operation, ...] = ("Create", "Alter", "AlterConfigs")
        return [Right("topic", each, may, is_prefix=True) for each in prefixes()]
    groups = [Right("group", each, ("Read",), is_prefix=True) for each in group_prefixes(login)]
    names = sorted(read_by(login) | written_by(login))
    return [*(Right("topic", name, _operations(name, login)) for name in names), *groups]


def read_by(service: str) -> set[str]:
    """Topics that a service reads, its own dead letters among them where it has an API for them."""
    found = {each.name for each in topics() if _is_of(service, each.consumers)}
    return found | _dead_letters(service) if _sends_back(service) else found


def written_by(service: str) -> set[str]:
    """Topics that a service writes: its events, its dead letters, and where it sends these back to."""
    found = {each.name for each in topics() if _is_of(service, each.producers)} | _dead_letters(service)
    return found | read_by(service) if _sends_back(service) else found


def group_prefixes(service: str) -> tuple[str, ...]:
    """How the names of its consumer groups begin."""
    return (f"baton-{service}", "baton-dead-letters-") if _sends_back(service) else (f"baton-{service}",)


def prefixes() -> list[str]:
    """How the names of all topics begin."""
    return sorted({f"{each.name.partition('-')[0]}-" for each in topics()})


def _sends_back(service: str) -> bool:
    """Intake has no store, so it keeps no consumer's dead letters to be looked at."""
    return service != "intake"


def _dead_letters(service: str) -> set[str]:
    return {each.name for each in dead_letter_topics() if _is_of(service, each.consumers)}


def _is_of(service: str, who: Iterable[str]) -> bool:
    """Consumers of scoring are called scoring-signals and the like."""
    return any(each == service or each.startswith(f"{service}-") for each in who)


def _operations(topic: str, service: str) -> tuple[Operation, ...]:
    reads, writes = topic in read_by(service), topic in written_by(service)
    return (*(("Read",) if reads else ()), *(("Write",) if writes else ()))


def page() -> str:
    """The page with a line a topic."""
    rows = "\n".join(_row(each) for each in (*topics(), *dead_letter_topics()))
    groups = "\n".join(
        f"| `{login}` | {', '.join(f'`{each}`' for each in group_prefixes(login))} |" for login in SERVICES
    )
    begin = ", ".join(f"`{each}`" for each in prefixes())
    return _PAGE.format(begin=begin, groups=groups, services=" | ".join(SERVICES), rows=rows)


def _row(topic: Topic) -> str:
    cells = [", ".join(_operations(topic.name, service)).lower() for service in SERVICES]
    return f"| `{topic.name}` | {' | '.join(cells)} |"


_PAGE = """\
<!-- Written by `make generate` from schemas/topics: change it there. -->
# What each login may do in Kafka

A login a service, and one for the job that makes topics: who breaks into intake, which the internet \
reaches, then reads no lead. Everything else is denied (`allow.everyone.if.no.acl.found=false`). Describe \
comes with the rights below by Kafka's own rules; nothing is needed on the cluster or on transactions. One \
login for all works as well: it needs what the five have together.

The login `topics`: Create, Alter and AlterConfigs on topics that begin with {begin}. It reads and writes no \
record.

Consumer groups, Read, by how their names begin (after a start each service reads its own topics back in a \
group of its own, and dead letters are looked at in others):

| login | groups |
| --- | --- |
{groups}

Topics, by their whole names. Whoever reads a topic also writes it where its dead letters can be sent back.

| topic | {services} |
| --- | --- | --- | --- | --- |
{rows}
"""


def strimzi() -> str:
    """A KafkaUser a login."""
    users = [
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": f"baton-{login}", "labels": {"strimzi.io/cluster": "CLUSTER"}},
            "spec": {
                "authentication": {"type": "scram-sha-512"},
                "authorization": {"type": "simple", "acls": [_acl(each) for each in rights(login)]},
            },
        }
        for login in LOGINS
    ]
    return _STRIMZI + yaml.safe_dump_all(users, sort_keys=False, width=200)


_STRIMZI = """\
# Written by `make generate` from schemas/topics: change it there. For Strimzi's Kafka called CLUSTER:
#   sed s/CLUSTER/your-cluster/ deploy/strimzi/kafka-users.yaml | kubectl -n kafka apply -f -
"""


def _acl(right: Right) -> dict[str, object]:
    pattern = "prefix" if right.is_prefix else "literal"
    return {
        "resource": {"type": right.kind, "name": right.name, "patternType": pattern},
        "operations": list(right.operations),
    }


def main() -> int:
    """Write both files."""
    STRIMZI.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    STRIMZI.write_text(strimzi())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Health: for who operates it. What is broken, behind, slow or full, and which version runs."""

from typing import Any

from baton_dev.boards.board import Board
from baton_dev.boards.panels import GREEN, RED, YELLOW, ZERO_IS_WELL, About, Panel, course, figure, listing
from baton_dev.boards.queries import SERVICES, Query

UID = "baton-health"


def board() -> Board:
    """The board."""
    return Board(
        UID,
        "Health",
        "Whether every part runs, keeps up and loses nothing.",
        "now-1h",
        (
            [_down(), _alerts(), _unaccounted(), _dead_letters(), _stopped(), _on_disk()],
            [_lag(), _stages()],
            [_errors(), _deliveries()],
            [_spool(), _outgoing(), _timers()],
            [_processors(), _memory(), _versions(), _rulebooks()],
        ),
    )


def _down() -> Panel:
    return _count(
        "How many instances do not answer?",
        "Instances that Prometheus could not scrape.",
        f"count(up{{{SERVICES}}} == 0) or vector(0)",
        steps=ZERO_IS_WELL,
        runbooks=("BatonServiceDown", "BatonInstanceDown", "BatonRestarts", "BatonNotReady"),
    )


def _alerts() -> Panel:
    return _count(
        "How many alerts fire?",
        "Of Baton's; each has a page that says what to do.",
        'count(ALERTS{alertname=~"Baton.*",alertstate="firing"}) or vector(0)',
        steps=ZERO_IS_WELL,
    )


def _unaccounted() -> Panel:
    return _count(
        "Is a lead unaccounted for?",
        "Records read less what is known of them, over every hop. `baton status` names the hop.",
        "sum(abs(hop:baton_leads_unaccounted:sum))",
        steps=ZERO_IS_WELL,
        runbooks=("BatonLeadsUnaccounted",),
    )


def _dead_letters() -> Panel:
    return _count(
        "How many dead letters wait?",
        "Records put aside that nobody has sent back yet: `baton dlq list` says why.",
        "sum(consumer:baton_dead_letters_waiting:max) or vector(0)",
        steps=ZERO_IS_WELL,
        runbooks=("BatonDeadLetters", "BatonDeadLettersWaiting", "BatonDeadLetterForgotten"),
    )


def _stopped() -> Panel:
    return _count(
        "Does a consumer stand still?",
        "Consumers held by their limit of dead letters: `baton dlq resume` when what ails them is mended.",
        "sum(baton_consumer_stopped) or vector(0)",
        steps=ZERO_IS_WELL,
        runbooks=("BatonConsumerStopped",),
    )


def _on_disk() -> Panel:
    return _count(
        "How much is on intake's disk only?",
        "Records accepted while Kafka was away, not yet published.",
        'sum(baton_intake_spool_records{state="pending"})',
        steps=((None, GREEN), (1, YELLOW), (10_000, RED)),
        runbooks=("BatonSpoolNotDraining", "BatonSpoolLeft", "BatonKafkaAway"),
    )


def _lag() -> Panel:
    return course(
        About(
            "Does anybody lag behind?",
            "Records that a consumer has yet to read, over all partitions. It should come down by itself: "
            "where it does not while records are read, add instances.",
            width=12,
            decimals=0,
            runbooks=("BatonConsumerStalled", "BatonBulkLaneOld"),
        ),
        Query("sum by (job, consumer) (consumer:baton_lag_records:sum)", "{{job}}: {{consumer}}"),
    )


def _stages() -> Panel:
    return course(
        About(
            "Where is time spent?",
            "95 of 100 within this, over 5 minutes: Kafka's acknowledgement to intake; from the broker's "
            "time of a record to its commit, by consumer; intake's 202 to the router's decision, and to the "
            "first rep.",
            width=12,
            unit="s",
            runbooks=("BatonHandoffSlow",),
        ),
        Query("baton:intake_publish_seconds:p95_rate5m", "intake: acknowledged"),
        Query("consumer:baton_record_age_seconds:p95_rate5m", "{{job}}: {{consumer}}"),
        Query("baton:accepted_to_decided_seconds:p95_rate5m", "202 to decision"),
        Query("baton:accepted_to_assigned_seconds:p95_rate5m", "202 to rep"),
    )


def _errors() -> Panel:
    return course(
        About(
            "What goes wrong?",
            "A second: posts intake could not take (503 asks to come again), batches rolled back and "
            "repeated, rounds of background work that failed, rules without an answer, records the broker "
            "refuses.",
            width=12,
            unit="ops",
            runbooks=(
                "BatonLeadsRefused",
                "BatonSecretMissing",
                "BatonPartFailing",
                "BatonPostgresAway",
                "BatonOutboxRefused",
            ),
        ),
        Query(_rate('baton_intake_refused_total{status=~"5.."}'), "intake: 5xx"),
        Query(_rate("baton_batch_retries_total", "fault"), "batch again {{fault}}"),
        Query(_rate("baton_part_round_failures_total", "job, part"), "{{job}}: {{part}}"),
        Query(_rate("baton_scoring_rule_errors_total"), "scoring: rules"),
        Query(f"{_rate('baton_routing_rule_errors_total')} or vector(0)", "router: rules"),
        Query(_rate("baton_outbox_refused_total", "job"), "refused by Kafka {{job}}"),
    )


def _deliveries() -> Panel:
    return course(
        About(
            "Does what we send out arrive?",
            "Attempts a second by channel and how they ended, requests to CRMs among them. GET "
            "/v1/deliveries lists messages.",
            width=12,
            unit="ops",
            runbooks=("BatonChannelBroken", "BatonChannelSlow", "BatonMessagesGivenUp", "BatonCrmNotTold"),
        ),
        Query(_rate("baton_delivery_attempts_total", "channel, outcome"), "{{channel}}: {{outcome}}"),
        Query(_rate("baton_crm_attempts_total", "outcome"), "CRM: {{outcome}}"),
    )


def _spool() -> Panel:
    return course(
        About(
            "Does intake's spool empty?",
            "Records on disk: pending go out when Kafka is back; refused ones need a person.",
            width=8,
            decimals=0,
            runbooks=("BatonSpoolFilling", "BatonSpoolRefused"),
        ),
        Query('sum by (state) (baton_intake_spool_records{state=~"pending|refused"})', "{{state}}"),
    )


def _outgoing() -> Panel:
    return course(
        About(
            "What waits to go out?",
            "Records of outboxes, messages and requests to CRMs that are on their way.",
            width=8,
            decimals=0,
            runbooks=("BatonOutboxStuck",),
        ),
        Query("schema:baton_outbox_records:sum", "outbox of {{schema}}"),
        Query("max by (job) (baton_delivery_pending)", "{{job}}: messages"),
        Query("max(baton_crm_pending)", "CRM requests"),
    )


def _timers() -> Panel:
    return course(
        About(
            "Are timers on time?",
            "99 of 100 warnings and breaches were said within this of their moment; and how far behind "
            "reading is, for which timers wait.",
            width=8,
            unit="s",
            runbooks=("BatonTimersLate",),
        ),
        Query("level:baton_sla_lateness_seconds:p99_rate10m", "{{level}}: late by"),
        Query("topic:baton_sla_reading_age_seconds:max", "{{topic}}: behind"),
    )


def _processors() -> Panel:
    return course(
        About("Who uses the processors?", "Processors in use, by instance.", width=7, decimals=2),
        Query("instance:baton_cpu:rate5m", "{{job}} {{instance}}"),
    )


def _memory() -> Panel:
    return course(
        About("Who uses the memory?", "Resident memory, by instance.", width=7, unit="bytes"),
        Query(
            f"sum by (job, instance) (process_resident_memory_bytes{{{SERVICES}}})",
            "{{job}} {{instance}}",
        ),
    )


def _versions() -> Panel:
    return listing(
        About(
            "Which versions run?",
            "Instances by service and version of Baton.",
            width=5,
            decimals=0,
            runbooks=("BatonOldVersion",),
        ),
        Query("count by (service, version) (baton_build_info)"),
    )


def _rulebooks() -> Panel:
    return listing(
        About(
            "Have all the same rulebook?",
            "Instances by service and the newest version of the rulebook that they have.",
            width=5,
            decimals=0,
            runbooks=("BatonRulebookDiffers", "BatonRulebookRefused"),
        ),
        Query('count_values by (job) ("version", baton_rulebook_version)'),
    )


def _count(question: str, answer: str, expr: str, **more: Any) -> Panel:
    return figure(About(question, answer, width=4, height=4, decimals=0, **more), Query(expr))


def _rate(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by}) ' if by else ''}(rate({counter}[$__rate_interval]))"

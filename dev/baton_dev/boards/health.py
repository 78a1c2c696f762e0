"""Health: for who operates it. What is broken, behind, slow or full, and which version runs."""

from typing import Any

from baton_dev.boards.board import Board
from baton_dev.boards.panels import GREEN, RED, YELLOW, ZERO_IS_WELL, About, Panel, course, figure, listing
from baton_dev.boards.queries import SERVICES, Query, total, within

UID = "baton-health"
_LATELY = "5m"


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
        "sum(baton_leads_unaccounted)",
        steps=ZERO_IS_WELL,
    )


def _dead_letters() -> Panel:
    return _count(
        "How many dead letters came?",
        "Records put aside in the time shown: `baton dlq list` says why.",
        f"{total('baton_dead_letters_total')} or vector(0)",
        steps=ZERO_IS_WELL,
    )


def _stopped() -> Panel:
    return _count(
        "Does a consumer stand still?",
        "Consumers held by their limit of dead letters: `baton dlq resume` when what ails them is mended.",
        "sum(baton_consumer_stopped) or vector(0)",
        steps=ZERO_IS_WELL,
    )


def _on_disk() -> Panel:
    return _count(
        "How much is on intake's disk only?",
        "Records accepted while Kafka was away, not yet published.",
        'sum(baton_intake_spool_records{state="pending"})',
        steps=((None, GREEN), (1, YELLOW), (10_000, RED)),
    )


def _lag() -> Panel:
    return course(
        About(
            "Does anybody lag behind?",
            "Records that a consumer has yet to read, over all partitions. It should come down by itself: "
            "where it does not while records are read, add instances.",
            width=12,
            decimals=0,
        ),
        Query("sum by (job, consumer) (baton_consumer_lag_records)", "{{job}}: {{consumer}}"),
    )


def _stages() -> Panel:
    age = within(0.95, "baton_record_age_seconds", "job, consumer", _LATELY)
    return course(
        About(
            "Where is time spent?",
            "95 of 100 within this, over 5 minutes: Kafka's acknowledgement to intake; from the broker's "
            "time of a record to its commit, by consumer; intake's answer to the first rep.",
            width=12,
            unit="s",
        ),
        Query(within(0.95, "baton_intake_publish_seconds", window=_LATELY), "intake: acknowledged"),
        Query(age, "{{job}}: {{consumer}}"),
        Query(within(0.95, "baton_accepted_to_assigned_seconds", window=_LATELY), "202 to rep"),
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
        ),
        Query(_rate('baton_intake_refused_total{status=~"5.."}'), "intake: 5xx"),
        Query(_rate("baton_batch_retries_total", "job, fault"), "{{job}}: batch again, {{fault}}"),
        Query(_rate("baton_part_round_failures_total", "job, part"), "{{job}}: {{part}}"),
        Query(_rate("baton_scoring_rule_errors_total"), "scoring: rules"),
        Query(_rate("baton_routing_rule_errors_total"), "router: rules"),
        Query(_rate("baton_outbox_refused_total", "job"), "{{job}}: refused by Kafka"),
    )


def _deliveries() -> Panel:
    return course(
        About(
            "Does what we send out arrive?",
            "Attempts a second by channel and how they ended, requests to CRMs among them. GET "
            "/v1/deliveries lists messages.",
            width=12,
            unit="ops",
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
        ),
        Query("sum by (schema) (baton_outbox_records)", "outbox of {{schema}}"),
        Query("sum by (job) (baton_delivery_pending)", "{{job}}: messages"),
        Query("sum(baton_crm_pending)", "CRM requests"),
    )


def _timers() -> Panel:
    return course(
        About(
            "Are timers on time?",
            "99 of 100 warnings and breaches were said within this of their moment; and how far behind "
            "reading is, for which timers wait.",
            width=8,
            unit="s",
        ),
        Query(within(0.99, "baton_sla_lateness_seconds", "level", _LATELY), "{{level}}: late by"),
        Query("max by (topic) (baton_sla_reading_age_seconds)", "{{topic}}: behind"),
    )


def _processors() -> Panel:
    return course(
        About("Who uses the processors?", "Processors in use, by instance.", width=7, decimals=2),
        Query(
            f"sum by (job, instance) (rate(process_cpu_seconds_total{{{SERVICES}}}[$__rate_interval]))",
            "{{job}} {{instance}}",
        ),
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
        About("Which versions run?", "Instances by service and version of Baton.", width=5, decimals=0),
        Query("count by (service, version) (baton_build_info)"),
    )


def _rulebooks() -> Panel:
    return listing(
        About(
            "Have all the same rulebook?",
            "Newest version of the rulebook that the instances of a service have: lowest and highest in a "
            "row.",
            width=5,
            decimals=0,
        ),
        Query('count by (job, version) (count_values by (job) ("version", baton_rulebook_version))'),
    )


def _count(question: str, answer: str, expr: str, **more: Any) -> Panel:
    return figure(About(question, answer, width=4, height=4, decimals=0, **more), Query(expr))


def _rate(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by}) ' if by else ''}(rate({counter}[$__rate_interval]))"

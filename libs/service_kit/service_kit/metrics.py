"""Metrics every service exports. Labels: consumers, topics, partitions, declared kinds and hops, all
bounded.
"""

from prometheus_client import Counter, Gauge, Histogram, Info

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""The one ladder of all histograms of seconds."""

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

BUILD = Info("baton_build", "Service and version that runs here.")
READY = Gauge("baton_ready", "1 while the service does its work; /readyz says what it lacks.")
PROCESS_TIME = Gauge(
    "baton_process_time_seconds", "This process's clock, seconds since 1970: compare with the scraper's."
)
DATABASE_UP = Gauge("baton_database_up", "1 while PostgreSQL answers this process.", ["schema"])
DATABASE_CLOCK = Gauge(
    "baton_database_clock_offset_seconds",
    "PostgreSQL's clock less this process's, give or take half of the time the question took.",
    ["schema"],
)
DATABASE_CONNECTIONS = Gauge(
    "baton_database_connections_ratio",
    "PostgreSQL's connections in use, of those that are there for others than superusers.",
    ["schema"],
)
DATABASE_ARCHIVE = Gauge(
    "baton_database_archive_behind_seconds",
    "For how long PostgreSQL's archive of WAL has taken nothing that it was given; 0 while it does.",
    ["schema"],
)
DATABASE_SLOTS = Gauge(
    "baton_database_slots_kept_bytes",
    "WAL that PostgreSQL keeps on its disk for the replication slot that is furthest behind; 0 without one.",
    ["schema"],
)
EXPIRES = Gauge(
    "baton_expires_timestamp_seconds",
    "When something that this process was given ends, seconds since 1970, by kind and file or address.",
    ["kind", "name"],
)
LIFETIME = Gauge(
    "baton_certificate_lifetime_seconds",
    "How long a certificate that ends holds in all, by kind and file or address.",
    ["kind", "name"],
)
RULEBOOK_VERSION = Gauge(
    "baton_rulebook_version", "Newest version of the rulebook that this service has; 0 without any."
)
RULEBOOKS_REFUSED = Counter(
    "baton_rulebooks_refused_total", "Published versions this service could not use: nothing of them applies."
)
READ = Counter("baton_records_read_total", "Records read and settled.", ["consumer", "topic"])
EFFECTS = Counter("baton_effects_total", "Records by what became of them.", ["consumer", "topic", "kind"])
REPEATS = Counter("baton_repeats_total", "Records already taken before: nothing done.", ["consumer", "topic"])
DEAD_LETTERS = Counter(
    "baton_dead_letters_total", "Records put aside as dead letters.", ["consumer", "topic"]
)
DEAD_LETTERS_WAITING = Gauge(
    "baton_dead_letters_waiting", "Dead letters that nobody has sent back yet.", ["consumer", "topic"]
)
DEAD_LETTERS_OLDEST = Gauge(
    "baton_dead_letters_oldest_seconds",
    "Age of the oldest dead letter that nobody has sent back; 0 without one.",
    ["consumer", "topic"],
)
BATCH_SIZE = Histogram("baton_batch_records", "Records in one transaction.", ["consumer"], buckets=SIZES)
BATCH_SECONDS = Histogram(
    "baton_batch_seconds", "From taking a batch to its last acknowledgement.", ["consumer"], buckets=BUCKETS
)
RECORD_AGE = Histogram(
    "baton_record_age_seconds",
    "Broker time to commit, of the oldest record in a batch.",
    ["consumer"],
    buckets=BUCKETS,
)
RETRIES = Counter(
    "baton_batch_retries_total", "Batches rolled back and repeated, by class of error.", ["consumer", "fault"]
)
RESTARTS = Counter("baton_consumer_restarts_total", "Kafka clients the watchdog replaced.", ["consumer"])
LAG = Gauge(
    "baton_consumer_lag_records",
    "End offset less position of partitions read here.",
    ["consumer", "topic", "partition"],
)
STOPPED = Gauge("baton_consumer_stopped", "1 while the dead-letter limit holds the consumer.", ["consumer"])
BULK_PAUSED = Gauge("baton_bulk_lane_paused", "1 while the bulk lane waits for the live one.", ["consumer"])
BULK_AGE = Gauge(
    "baton_bulk_oldest_seconds",
    "Age of the oldest bulk record in the last batch; 0 where it held none.",
    ["consumer"],
)
OUTBOX_RECORDS = Gauge("baton_outbox_records", "Records waiting in the outbox.", ["schema"])
OUTBOX_EXPIRED = Gauge("baton_outbox_expired_records", "Records waiting whose claim has run out.", ["schema"])
OUTBOX_SWEPT = Counter("baton_outbox_swept_total", "Records published by the sweeper.")
OUTBOX_REFUSED = Counter(
    "baton_outbox_refused_total", "Outgoing records the broker refuses as they are.", ["topic"]
)
UNACCOUNTED = Gauge(
    "baton_leads_unaccounted", "Records read less what is known of them; 0 unless one is lost.", ["hop"]
)
ROUND_FAILURES = Counter(
    "baton_part_round_failures_total", "Rounds of a periodic part that failed; each is tried again.", ["part"]
)
FAILING = Gauge("baton_part_failing_rounds", "Rounds of a periodic part that failed in a row.", ["part"])
PART_FAILURES = Counter("baton_part_failures_total", "Parts that ended with an error.", ["part"])
TRACE_SPANS = Counter(
    "baton_trace_spans_total",
    "Spans that the collector took (exported) or that could not be sent and are gone (failed); only while "
    "tracing is on.",
    ["outcome"],
)

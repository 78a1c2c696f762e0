"""The ten faults."""

from baton_dev.faults.broker import spool_fills
from baton_dev.faults.fault import Fault
from baton_dev.faults.instances import clock_wrong, handler_fails, version_old
from baton_dev.faults.outside import mail_slow, token_expires
from baton_dev.faults.rulebooks import rulebook_by_hand
from baton_dev.faults.silence import form_silent
from baton_dev.faults.stores import index_left_open, postgres_away

FAULTS = (
    Fault(
        "stalled-consumer",
        "an index is made in a transaction that nobody ends, and scoring's handler waits for its lock",
        "BatonConsumerStalled",
        "page",
        index_left_open,
        lasts=300,
    ),
    Fault(
        "full-spool",
        "Kafka is killed and more leads come than intake's spool has room for",
        "BatonSpoolFilling",
        "page",
        spool_fills,
        lasts=300,
    ),
    Fault(
        "invalid-rulebook",
        "a version that is no rulebook is written to the topic by hand",
        "BatonRulebookRefused",
        "ticket",
        rulebook_by_hand,
        tickets=frozenset({"BatonRulebookDiffers"}),
    ),
    Fault(
        "expired-token",
        "the vendor of lead ads takes our token no more",
        "BatonFetchTokenFailing",
        "page",
        token_expires,
        tickets=frozenset({"BatonFetchFailing"}),
    ),
    Fault(
        "dead-letters",
        "one instance of scoring fails with every record that it reads",
        "BatonDeadLetters",
        "page",
        handler_fails,
        tickets=frozenset({"BatonDeadLettersWaiting"}),
    ),
    Fault(
        "postgres-away",
        "PostgreSQL is stopped",
        "BatonPostgresAway",
        "page",
        postgres_away,
        lasts=300,
    ),
    Fault(
        "slow-channel",
        "the mail server takes seven seconds for a letter",
        "BatonChannelSlow",
        "ticket",
        mail_slow,
    ),
    Fault(
        "clock-drift",
        "one instance of intake runs where the clock is a minute and a half slow",
        "BatonClockDrift",
        "ticket",
        clock_wrong,
        lasts=300,
    ),
    Fault(
        "silent-form",
        "a form that brought six leads a day has brought none for one",
        "BatonFormSilent",
        "ticket",
        form_silent,
    ),
    Fault(
        "old-version",
        "one instance of the router is of the release before",
        "BatonOldVersion",
        "ticket",
        version_old,
    ),
)
"""In the order in which they are planted."""

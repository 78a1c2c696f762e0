"""Kafka's own jars, resolved once a user and found again without asking anybody."""

import hashlib
import json
import logging
import warnings
from pathlib import Path

from baton_dev.errors import JarsUnavailableError
from baton_dev.files import cache_dir, one_writer, require_space

KAFKA = "org.apache.kafka:kafka_2.13:4.4.0"
# Without a binding for SLF4J the broker logs nothing. Resolved apart from Kafka: asked for together, the
# resolver lets log4j's parent choose the version of kafka-clients, and the broker gets an older one.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"


def _resolve(folder: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jgo

        logging.getLogger("jgo").setLevel(logging.ERROR)
        try:
            kafka = [Path(jar) for jar in jgo.build(KAFKA, cache_dir=folder).all_jars]
            extra = [Path(jar) for jar in jgo.build(LOGGING, cache_dir=folder).all_jars]
        except Exception as error:  # jgo documents no exceptions of its own
            raise JarsUnavailableError(
                f"Kafka's jars ({KAFKA}) could not be fetched: {error}. "
                "The first run needs Maven Central: check the network and any proxy, then run the same "
                "command again; later runs need no network. "
                "Or point BATON_TEST_KAFKA and BATON_TEST_POSTGRES (tests) at servers that you have."
            ) from error
    return [str(jar) for jar in kafka] + [str(jar) for jar in extra if jar.name.startswith("log4j-")]


def class_path() -> list[str]:
    """Return the jars of the broker in order; fetches them (43 MiB) the first time a user needs them.

    Raises JarsUnavailableError, DiskFullError.
    """
    folder = cache_dir() / "kafka"
    key = hashlib.sha256(f"{KAFKA} {LOGGING}".encode()).hexdigest()[:12]
    written = folder / f"class-path-{key}.json"
    with one_writer(folder):
        if written.exists():
            jars: list[str] = json.loads(written.read_text())
            if all(Path(jar).exists() for jar in jars):
                return jars
        require_space(folder, 200, "Fetching Kafka")
        jars = _resolve(folder / "jars")
        written.write_text(json.dumps(jars, indent=0))
    return jars

"""Fixtures for tests that need a real Kafka or PostgreSQL, and what the report says at its head and end."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from baton_dev.databases import create_database, drop_database
from baton_dev.errors import StackError
from baton_dev.testing import Servers, ServerSource, StackKind, decide, describe, environment

Tell = Callable[[str], None]
"""Adds a line to the report at the end of the run."""
_KIND = pytest.StashKey[StackKind]()
_TOLD = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Decide on the stack before anything is collected, so that a wrong setting is told at once."""
    _never_fail_for_slowness()
    try:
        config.stash[_KIND] = decide(environment())
    except StackError as error:
        raise pytest.UsageError(str(error)) from error


def _never_fail_for_slowness() -> None:
    """A busy machine is no fault of a test: whatever hypothesis tries may take its time."""
    usual = settings.get_profile(settings.get_current_profile_name())
    settings.register_profile(
        "baton",
        usual,
        deadline=None,
        suppress_health_check=[*usual.suppress_health_check, HealthCheck.too_slow],
    )
    settings.load_profile("baton")


def pytest_report_header(config: pytest.Config) -> str:
    """Say where a test's Kafka and PostgreSQL come from."""
    return f"baton stack: {describe(config.stash[_KIND], environment())}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what tests told: what was sent, killed, compared or measured."""
    if told := config.stash.get(_TOLD, []):
        terminalreporter.section("told")
        terminalreporter.write_line("\n".join(told))


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Tell:
    """Adds a line to the report at the end of the run."""
    return pytestconfig.stash.setdefault(_TOLD, []).append


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Servers]:
    """Kafka and PostgreSQL, started once a session when first asked for. The run ends where they cannot."""
    servers = ServerSource(pytestconfig.stash[_KIND], environment(), pytestconfig.rootpath)
    try:
        running = servers.start()
    except StackError as error:
        pytest.exit(f"the tests' Kafka and PostgreSQL did not start: {error}", returncode=3)
    yield running
    servers.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(stack: Servers) -> str:
    """Address of the broker; topics are shared by the session, so name yours uniquely."""
    return stack.kafka_bootstrap


@pytest.fixture
def database_dsn(stack: Servers) -> Iterator[str]:
    """Address of an empty database of this test's own, dropped after it."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    yield create_database(stack.postgres_dsn, name)
    drop_database(stack.postgres_dsn, name)


@pytest.fixture
def topic_prefix() -> str:
    """A prefix of this test's own for topics and groups, ending in a dot."""
    return f"t{uuid.uuid4().hex[:10]}."

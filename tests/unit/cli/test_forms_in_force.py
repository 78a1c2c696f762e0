"""`baton form send-test` waits for a form that was published a moment ago, as the services tell it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from baton_cli.client import Client, open_client
from baton_cli.errors import FoundNothing
from intake.cli.in_force import Arrival
from tests.unit.cli.conftest import Run, Services

OLD = {"main": {"key": "main-key-1"}}
NEW = {**OLD, "fresh": {"key": "fresh-key-1"}}


def version(number: int, effective_from: str, forms: dict[str, Any]) -> dict[str, Any]:
    return {"version": number, "effective_from": effective_from, "rulebook": {"forms": forms}}


def published(services: Services, *versions: dict[str, Any]) -> None:
    """The first is in force; they are listed newest first, without their content."""
    services.answer("GET /v1/rulebooks/active", versions[0])
    listed = [{name: each[name] for name in ("version", "effective_from")} for each in reversed(versions)]
    services.answer("GET /v1/rulebooks", {"versions": listed})
    for each in versions:
        services.answer(f"GET /v1/rulebooks/{each['version']}", each)


def serving(services: Services, *forms: str) -> None:
    services.answer("GET /v1/forms", {"forms": [{"form": form} for form in forms]})


ACTIVE = version(1, "2001-01-01T00:00:00Z", OLD)
SOON = version(2, "2001-01-01T00:00:30Z", NEW)
"""By the services' clocks; this machine's is decades ahead of them."""


class Passing:
    """Time that passes in pauses alone, and what happens at which second of it."""

    def __init__(self, **happens: Callable[[], None]) -> None:
        self.now = 0.0
        self.happens = {int(second.removeprefix("at_")): what for second, what in happens.items()}

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.happens.pop(int(self.now), lambda: None)()


@pytest.fixture
def client(stack_file: Path, services: Services) -> Iterator[Client]:
    serving(services, "main")
    with open_client(stack_file) as opened:
        yield opened


def arrival(client: Client, time: Passing) -> Arrival:
    return Arrival(client, monotonic=lambda: time.now, pause=time.pause)


def test_a_form_that_is_there_is_not_waited_for(client: Client, services: Services) -> None:
    published(services, ACTIVE)
    time = Passing()
    assert arrival(client, time).of("main") == OLD["main"]
    assert time.now == 0


def test_a_form_is_waited_for_until_it_is_in_force_and_intake_serves_it(
    client: Client, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    published(services, ACTIVE, SOON)
    time = Passing(at_20=lambda: published(services, SOON), at_25=lambda: serving(services, "main", "fresh"))
    assert arrival(client, time).of("fresh") == NEW["fresh"]
    assert time.now == 25
    told = capsys.readouterr().err
    assert "version 2 of the rulebook, which holds from 2001-01-01 00:00:30 UTC: waiting up to 90 s" in told


def test_a_version_published_after_it_hides_no_form_that_comes_before(
    client: Client, services: Services
) -> None:
    later = version(3, "2001-02-01T00:00:00Z", OLD)
    published(services, ACTIVE, SOON, later)
    serving(services, "main", "fresh")
    time = Passing(at_31=lambda: published(services, SOON, later))
    assert arrival(client, time).of("fresh") == NEW["fresh"]


def test_a_form_that_does_not_come_in_time_is_told_with_when_it_will(
    client: Client, services: Services
) -> None:
    published(services, ACTIVE, version(2, "2001-01-01T02:00:00Z", NEW))
    time = Passing()
    with pytest.raises(FoundNothing, match=r"After 90 s form fresh .* version 2 .* 2001-01-01 02:00:00 UTC"):
        arrival(client, time).of("fresh")
    assert time.now == 90


def test_an_intake_that_does_not_read_the_rulebook_in_force_is_told(
    client: Client, services: Services
) -> None:
    published(services, SOON)
    time = Passing()
    with pytest.raises(FoundNothing, match=r"intake has not read that version yet: .*`baton status`"):
        arrival(client, time).of("fresh")
    assert time.now == 90


@pytest.mark.parametrize("others", [(), (SOON,)])
def test_a_form_that_no_version_has_is_told_at_once(
    client: Client, services: Services, others: tuple[dict[str, Any], ...]
) -> None:
    published(services, ACTIVE, *others)
    time = Passing()
    with pytest.raises(FoundNothing, match=r"did you mean main\?"):
        arrival(client, time).of("mian")
    assert time.now == 0


def test_a_form_of_an_older_version_alone_is_not_waited_for(
    baton: Run, client: Client, services: Services
) -> None:
    gone = version(1, "2001-01-01T00:00:00Z", NEW)
    published(services, version(2, "2001-01-01T00:00:30Z", OLD), gone)
    done = baton("form", "send-test", "fresh")
    assert (done.exit_code, "has no form 'fresh'; there are main." in done.stderr) == (1, True)

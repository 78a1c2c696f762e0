"""The part about Compose of docs/operations/backup.md, typed as it stands into a terminal.

The tests leave leads behind for the next one, and the last of them a store without reps' tokens.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from baton_cli.client import open_client
from baton_cli.status.survey import Survey
from baton_dev.images.composition import ComposedStack, Composition
from baton_dev.images.terminal import Terminal
from baton_dev.waiting import wait_until
from tests.e2e.restore.days import Dealings, unhurried_company
from tests.images.conftest import ROOT
from tests.images.pages import Section, filled_in

PAGE = Section(ROOT / "docs/operations/backup.md", "Docker Compose")
PROJECT = "baton-restored"
OF_THE_PAGE = {"base": "base-2026-11-30-020000", "dump": "baton-2026-11-30-020000.dump"}
POINT_OF_THE_PAGE = "2026-11-30 09:41:00+00"
SEGMENT_OF_THE_PAGE = "000000010000000000000003"
FILES = ("docker-compose.yml", ".env")
FOLDERS = ("deploy/compose", "rulebook")
STORES = ("scoring", "router", "sla-monitor")
REST_SECONDS = 120.0
AGAIN_SECONDS = 90.0
_AS_SUPERUSER = (
    "export PGPASSWORD=$(cat /run/secrets/env/POSTGRES_PASSWORD) PGHOST=127.0.0.1 PGUSER=postgres;"
)
_WAITING = (
    "SELECT (SELECT count(*) FROM scoring.outbox) + (SELECT count(*) FROM router.outbox)"
    " + (SELECT count(*) FROM sla_monitor.outbox) + (SELECT count(*) FROM router.pools WHERE drain_due)"
)
_COMPLAINT = re.compile(r"^(?:sh: .*?: |(?:cd|mv|cp|mkdir|cat|touch|chmod): ).*", re.MULTILINE)


@dataclass
class Site:
    """One composition with buyers, reps and somebody at its terminal."""

    stack: ComposedStack
    terminal: Terminal
    day: Dealings

    def inside(self, words: str, *given: str) -> str:
        """What a line of sh says beside the server, as its superuser."""
        compose = self.stack.composition.compose
        return compose("exec", "-T", "postgres", "sh", "-c", f"{_AS_SUPERUSER} {words}", *given)

    def ask(self, statement: str) -> str:
        """What the server answers."""
        return self.inside('psql -qAt -v ON_ERROR_STOP=1 -c "$0" baton', statement).strip()

    def newest(self, kind: str) -> str:
        """The name of the last backup of a kind."""
        (*_, last) = sorted(
            self.inside(f"cd /backups && ls -d {OF_THE_PAGE[kind].partition('-')[0]}-*").split()
        )
        return last

    def rest(self) -> None:
        """Wait until all is in order and nothing is on its way."""
        wait_until(self._rests, REST_SECONDS, "everything to be in order and at rest", pause=0.5)

    def _rests(self) -> bool:
        with open_client(self.stack.home / "stack.json", timeout=10) as client:
            found = Survey(client).take()
        behind = any(lag["behind"] for lag in found["lag"].values())
        return bool(found["ok"] and not behind and self.ask(_WAITING) == "0")

    def restarts(self, service: str) -> int:
        """How often the engine has started a container again by itself."""
        count: int = self.stack.composition.containers()[service]["RestartCount"]
        return count


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Compose reads of the release, in a folder in which an operator may write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def composed(composition: Composition, checkout: Path) -> Iterator[Composition]:
    """A composition of its own from the images of all tests; nothing of it stays."""
    own = Composition(composition.engine, checkout, {"COMPOSE_PROJECT_NAME": PROJECT})
    yield own
    own.down(with_data=True)


@pytest.fixture(scope="module")
def site(composed: Composition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """It runs, and its server archives as the page says."""
    home = tmp_path_factory.mktemp("site")
    stack = ComposedStack(composed, unhurried_company(), home)
    stack.start()
    day = Dealings(stack, home / "ledger.jsonl")
    site = Site(stack, Terminal(composed), day)
    (composed.root / "docker-compose.override.yml").write_text(PAGE.block("volumes: {backups: {}}"))
    archive(site)
    yield site
    day.baton.close()


def archive(site: Site) -> None:
    """Have the server archive, and see that it does."""
    site.terminal.type(PAGE.block("ALTER SYSTEM SET archive_mode"))
    await_archived(site)
    site.terminal.type(PAGE.block("pg_stat_archiver"))
    assert site.ask("SELECT failed_count FROM pg_stat_archiver") == "0"


def await_archived(site: Site) -> None:
    """Return once all that is committed is in the archive."""
    segment = site.ask("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: segment in segments(site), 60, f"segment {segment} in the archive", pause=0.5)


def segments(site: Site) -> list[str]:
    """Those in the archive: timeline and number, 24 digits."""
    return [name for name in site.inside("ls /backups/wal").split() if len(name) == 24]


@dataclass(frozen=True)
class Known:
    """What everybody knew at a moment of rest, and who was erased."""

    views: dict[UUID, dict[str, Any]]
    erased: set[UUID]

    @classmethod
    def of(cls, site: Site) -> "Known":
        """As it is now, by what router says."""
        views = site.day.views()
        leads = site.day.leads.items()
        return cls(views, {each for each, lead in leads if views[lead]["state"] == "erased"})

    def check_against(self, site: Site) -> None:
        """Each lead is there once, with its rep and its rounds; who was erased is; the rest is not."""
        site.rest()
        day = site.day
        found = day.views()
        assert {lead: found[lead] for lead in self.views} == self.views
        assert day.baton.unaccounted() == 0
        assert site.ask("SELECT count(*) FROM router.leads") == str(len(day.emails))
        stored = site.inside("pg_dump --data-only baton").lower()
        gone = {submission: day.emails[submission] not in stored for submission in day.emails}
        assert gone == {submission: submission in self.erased for submission in day.emails}


def trade(site: Site, number: int) -> list[UUID]:
    """So many buyers, and what reps do with every second of their leads."""
    posted = site.day.write(number)
    site.day.work(posted)
    return posted


def take_in(site: Site, submissions: list[UUID]) -> None:
    """Leads that came in while nobody was there have a rep each."""
    for submission in submissions:
        (site.day.leads[submission],) = site.day.baton.leads_of(submission)
        site.day.baton.assigned(site.day.leads[submission])


def test_restored_to_a_point_it_lacks_nothing_that_was_answered_and_has_nothing_twice(site: Site) -> None:
    backup = PAGE.block("pg_basebackup")
    first = trade(site, 8)
    assert "successfully verified" in site.terminal.type(backup)
    base = site.newest("base")
    trade(site, 8)
    site.rest()
    point = site.ask("SELECT clock_timestamp()")
    third = trade(site, 8)
    for submission in (first[1], third[1]):
        site.day.erase(submission)
    site.rest()
    known = Known.of(site)
    assert {first[1], third[1]} <= known.erased
    site.ask("DELETE FROM router.assignments")

    stop = PAGE.block("docker compose stop", "--entrypoint sh")
    there = filled_in(PAGE.after(stop), (OF_THE_PAGE["base"], base), (POINT_OF_THE_PAGE, point))
    assert not _COMPLAINT.findall(site.terminal.type(stop, there))
    meanwhile = site.day.write(3)
    site.terminal.type(PAGE.block("pg_is_in_recovery"))
    take_in(site, meanwhile)
    known.check_against(site)

    assert "unaccounted for" in site.terminal.type(PAGE.block("run --rm baton status"))
    assert site.ask("SELECT count(*) FROM pg_file_settings WHERE name LIKE 'recovery_target%'") == "0"
    site.terminal.type(backup)
    label = site.inside(f"cat /backups/{site.newest('base')}/backup_label")
    assert "START TIMELINE: 2" in label
    needed = label.partition("(file ")[2].partition(")")[0]
    clean = PAGE.block("pg_archivecleanup")
    site.terminal.type(filled_in(clean, (SEGMENT_OF_THE_PAGE, needed)))
    assert min(name[8:24] for name in segments(site)) == needed[8:]


def test_services_whose_store_another_server_took_over_are_started_anew_by_the_engine(site: Site) -> None:
    trade(site, 2)
    site.rest()
    known = Known.of(site)
    before = {service: site.restarts(service) for service in STORES}
    compose = site.stack.composition.compose
    compose("stop", "postgres")
    standby = "/var/lib/postgresql/data/standby.signal"
    compose("run", "--rm", "--no-deps", "--entrypoint", "touch", "postgres", standby)
    compose("up", "--detach", "--wait", "--no-deps", "postgres")
    site.ask("SELECT pg_promote()")
    wait_until(
        lambda: all(site.restarts(service) > before[service] for service in STORES),
        AGAIN_SECONDS,
        "all three services to have been started anew",
        pause=0.5,
    )
    known.check_against(site)
    assert all("knows less than a moment ago" in compose("logs", service) for service in STORES)


def test_filled_from_a_dump_it_lacks_nothing_that_was_answered_since(site: Site) -> None:
    first = trade(site, 8)
    site.rest()
    site.terminal.type(PAGE.block("pg_dump"))
    trade(site, 8)
    site.day.erase(first[1])
    site.rest()
    known = Known.of(site)
    block = PAGE.block("pg_restore -d baton")
    site.terminal.type(filled_in(block, (OF_THE_PAGE["dump"], site.newest("dump"))))
    known.check_against(site)
    take_in(site, site.day.write(2))


def test_without_any_backup_the_topics_bring_each_lead_back_with_its_rep(site: Site) -> None:
    erased = trade(site, 8)[1]
    site.day.erase(erased)
    site.rest()
    known = Known.of(site)
    rulebook = site.day.baton.ask("scoring", "/v1/rulebooks/active")["version"]
    site.terminal.type(filled_in(PAGE.block("docker volume rm"), ("baton_", f"{PROJECT}_")))
    known.check_against(site)
    assert site.day.baton.ask("scoring", "/v1/rulebooks/active")["version"] == rulebook
    take_in(site, site.day.write(2))
    site.terminal.type(PAGE.block("mv /backups/wal"))
    archive(site)
    site.terminal.type(PAGE.block("pg_basebackup"))


def test_on_another_machine_what_was_copied_off_the_first_one_comes_back(site: Site) -> None:
    take_in(site, site.day.write(4))
    site.rest()
    site.terminal.type(PAGE.block("pg_basebackup"))
    base = site.newest("base")
    take_in(site, site.day.write(4))
    site.rest()
    known = Known.of(site)
    await_archived(site)
    site.terminal.type(PAGE.block("> ../baton-backups.tar"))
    site.stack.composition.down(with_data=True)

    site.terminal.type(PAGE.block("< ../baton-backups.tar"))
    stop = PAGE.block("docker compose stop", "--entrypoint sh")
    there = filled_in(PAGE.after(stop), (OF_THE_PAGE["base"], base)).splitlines(keepends=True)
    left = [line for line in there if "lost" not in line and "recovery_target_time" not in line]
    assert not _COMPLAINT.findall(site.terminal.type(stop, "".join(left)))
    site.terminal.type(PAGE.block("pg_is_in_recovery"))
    site.terminal.type(PAGE.block("rulebook publish"))
    site.stack.meet()
    known.check_against(site)
    take_in(site, site.day.write(2))

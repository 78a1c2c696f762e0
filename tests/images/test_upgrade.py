"""The part about Compose of docs/operations/upgrade.md, typed as it stands, between two releases that run."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from prometheus_client.parser import text_string_to_metric_families

from baton_dev.errors import PartFailedError
from baton_dev.images.composition import SERVICES, Composition, read_versions
from baton_dev.images.engine import Engine
from baton_dev.images.releases import STORES, Releases
from baton_dev.images.system import call
from baton_dev.images.terminal import Terminal
from baton_dev.ports import choose_port
from baton_dev.pytest_plugin import Tell
from baton_dev.waiting import wait_until
from tests.chaos.scenario import nothing_lost_or_doubled
from tests.images.absences import Absences
from tests.images.conftest import ROOT
from tests.images.own_installation import SHELL, UP, OwnInstallation, own_settings
from tests.images.pages import Section, filled_in

PAGE = Section(ROOT / "docs/operations/upgrade.md", "Compose")
FORTH = PAGE.block("git fetch --tags")
BACK = PAGE.block("cat ../baton-before")
TWO = Section(ROOT / "docs/operations/scaling.md", "More pods").block("scale: 2")
RATE = 5.0
SHARED_SECONDS = 60.0
SEED = 14
EDITS = {
    ".env": ("http://127.0.0.1:8083", "https://reps.example.org"),
    "rulebook/company.yaml": ("company: Aurora Cloud", "company: Talleres Ebro"),
    "deploy/alertmanager/alertmanager.yml": ("on-call@example.com", "on-call@example.org"),
}
"""What operators once were asked to edit: what stood there, and what they wrote."""
ROLLED_BACK = 3
"""The version of the rulebook that says again what the first one did."""


class Letters:
    """A mail server's part that counts what it is handed."""

    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        self.count += 1
        return "250 OK"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return Releases(ROOT, tmp_path_factory.mktemp("releases") / "baton")


@pytest.fixture(scope="module")
def letters(engine: Engine) -> Iterator[tuple[Letters, str]]:
    """A mail server where containers reach it, and its address."""
    kept, port = Letters(), choose_port()
    server = Controller(kept, hostname=engine.gateway, port=port)
    server.start()
    yield kept, f"smtp://{engine.gateway}:{port}?starttls=never"
    server.stop(no_assert=True)


@pytest.fixture(scope="module")
def own(
    engine: Engine,
    releases: Releases,
    letters: tuple[Letters, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OwnInstallation]:
    """The release before, running; a version of the rulebook came and was rolled back."""
    home = tmp_path_factory.mktemp("own")
    installed = OwnInstallation(engine, releases.folder, releases.before, home)
    try:
        installed.start(letters[1])
        change_and_roll_back(installed)
        with installed.names_known():
            yield installed
    finally:
        installed.composition.down(with_data=True)


def change_and_roll_back(own: OwnInstallation) -> None:
    """Publish another rulebook by `up`, and take it back as the command does."""
    company = own.rulebook / "company.yaml"
    company.write_text(json.dumps(json.loads(company.read_text()) | {"company": "Another name"}))
    own.type(UP)
    own.baton("rulebook", "rollback", "1", "--by", "operations")
    assert newest_rulebook(own) == ROLLED_BACK


def newest_rulebook(own: OwnInstallation) -> int:
    listed: list[dict[str, int]] = json.loads(own.baton("rulebook", "list", "--json"))["versions"]
    return max(each["version"] for each in listed)


def images(own: OwnInstallation) -> dict[str, str]:
    """Each service, and the image that its container is of."""
    containers = own.composition.containers()
    return {name: containers[name]["Config"]["Image"] for name in SERVICES.values()}


def line(block: str, words: str) -> str:
    """The one line of a block that begins with these words."""
    (found,) = (each for each in block.splitlines() if each.startswith(words))
    return found


def of_version(version: str) -> dict[str, str]:
    return {name: f"baton/{name}:{version}" for name in SERVICES.values()}


def assert_in_order(own: OwnInstallation, version: str) -> None:
    """The services are of a version, by their images and by their own word, and nothing is wrong."""
    assert images(own) == of_version(version)
    status = json.loads(own.baton("status", "--json"))
    assert status["ok"], status["problems"]
    assert status["versions"]["services"] == dict.fromkeys(SERVICES, version)
    assert newest_rulebook(own) == ROLLED_BACK


async def typed(own: OwnInstallation, lines: str, tell: Tell, what: str) -> dict[str, str]:
    """What is shown after each line; tells how long it all took and who was away for how long."""
    away = Absences(own.published())
    began = time.monotonic()
    async with away.watched():
        shown = await asyncio.to_thread(own.type, lines)
    tell(f"{what}: {time.monotonic() - began:.0f} s, away at a time: {away}")
    return shown


async def test_to_the_next_release_and_back_nothing_is_lost_or_doubled_and_a_rollback_stays(
    own: OwnInstallation, releases: Releases, letters: tuple[Letters, str], tell: Tell
) -> None:
    before = read_versions(own.folder)["BATON_VERSION"]
    tag = releases.next
    prepared, up, done = FORTH.partition(UP)
    assert_in_order(own, before)
    assert not any(releases.migrations(tag, each) <= own.migrations(STORES[each]) for each in STORES)
    async with nothing_lost_or_doubled(own, SEED, tell, what="an upgrade by compose", rate=RATE):
        shown = await typed(own, filled_in(prepared, ("vNEXT", tag)), tell, "up to the line `up`")
        assert images(own) == of_version(before)
        await typed(own, up + done, tell, "to the next release")
    assert [text for line, text in shown.items() if line.startswith("git status")] == [""]
    (changed,) = (text for line, text in shown.items() if line.startswith("git diff"))
    assert f"BATON_VERSION={tag.removeprefix('v')}" in changed
    assert_in_order(own, tag.removeprefix("v"))
    for service, package in STORES.items():
        assert releases.migrations(tag, service) <= own.migrations(package)
    async with nothing_lost_or_doubled(own, SEED, tell, what="back to the release before", rate=RATE):
        await typed(own, BACK, tell, "back to the release before")
    assert_in_order(own, before)
    assert letters[0].count > 0


async def test_two_of_a_service_share_the_work_and_the_next_up_keeps_both(
    own: OwnInstallation, tell: Tell
) -> None:
    with (own.folder / "docker-compose.override.yml").open("a") as override:
        override.write(TWO)
    for _ in range(2):
        own.type(UP)
        own.learn_addresses()
        assert len(own.instances("scoring")) == 2
    async with nothing_lost_or_doubled(own, SEED, tell, what="two of scoring", rate=RATE):
        await asyncio.to_thread(
            wait_until,
            lambda: all(records_read(each) > 0 for each in own.instances("scoring").values()),
            SHARED_SECONDS,
            "records of submissions read by both",
        )
    assert json.loads(own.baton("status", "--json"))["ok"]


def records_read(address: str) -> float:
    """How many records of submissions a service has read since it started."""
    metrics = text_string_to_metric_families(httpx.get(f"{address}/metrics", trust_env=False).text)
    samples = (each for family in metrics for each in family.samples)
    wanted = ("baton_records_read_total", "lead-submitted")
    return sum(each.value for each in samples if (each.name, each.labels.get("topic")) == wanted)


@pytest.fixture
def edited(releases: Releases, tmp_path: Path) -> Composition:
    """A clone of the release before into whose files its operator wrote; no engine runs."""
    folder = tmp_path / "baton"
    call(["git", "clone", "--quiet", "--branch", releases.before, str(releases.folder), str(folder)])
    for name, (written, own) in EDITS.items():
        file = folder / name
        file.write_text(filled_in(file.read_text(), (written, own)))
    made = Composition(Engine(tmp_path / "engine"), folder)
    made.variables = SHELL | {"COMPOSE_PROFILES": "core,observability"}
    return made


def test_files_of_the_release_that_were_edited_are_moved_and_hold_in_the_next_release(
    edited: Composition, releases: Releases
) -> None:
    terminal = Terminal(edited)
    status, fetch, checkout = (line(FORTH, f"git {word}") for word in ("status", "fetch", "checkout"))
    checkout = filled_in(checkout, ("vNEXT", releases.next))
    assert {each.split()[-1] for each in terminal.type(status).splitlines()} == set(EDITS)
    terminal.type(fetch)
    with pytest.raises(PartFailedError, match=r"local changes .* would be overwritten"):
        terminal.type(checkout)
    terminal.type(PAGE.block("git diff -U0"))
    *copied, rest = own_settings().split("\n", 2)
    assert all(each.startswith("cp -r") for each in copied)
    terminal.type(rest)
    assert terminal.type(status) == ""
    terminal.type(checkout)
    read = terminal.type("docker compose config")
    assert f"image: baton/router:{releases.next.removeprefix('v')}" in read
    beside = edited.root.parent
    for mine in (EDITS[".env"][1], f"source: {beside}/our-rulebook", f"source: {beside}/our-alertmanager"):
        assert mine in read
    for mine, release in (("our-rulebook", "rulebook"), ("our-alertmanager", "deploy/alertmanager")):
        name = next(each for each in EDITS if each.startswith(release))
        assert EDITS[name][1] in (beside / mine / Path(name).name).read_text()

"""Which commits stand for two releases, by what history a clone has."""

from pathlib import Path

import pytest

from baton_dev.images.releases import STORES, Releases
from baton_dev.images.system import call


class History:
    """A small repository with what a release is made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet")
        (folder / ".env").write_text("COMPOSE_PROJECT_NAME=baton\nBATON_VERSION=1.2.3\n")
        for service, package in STORES.items():
            self.migrations(service, package).mkdir(parents=True)
            (self.migrations(service, package) / f"0001.{service}.leads.sql").write_text("SELECT 1;\n")
        self.first = self.commit("first")

    def migrations(self, service: str, package: str) -> Path:
        return self.folder / "services" / service / package / "migrations"

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        return call(["git", "-C", str(self.folder), *who, *words]).strip()

    def migrate(self, migration: str, said: str) -> str:
        (self.migrations("router", "router") / f"{migration}.sql").write_text("SELECT 1;\n")
        return self.commit(said)

    def commit(self, said: str) -> str:
        (self.folder / "said").write_text(said)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", said)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "source")


def came_from(releases: Releases, tag: str) -> str:
    return call(["git", "-C", str(releases.folder), "rev-parse", f"{tag}^"]).strip()


def test_without_a_release_it_is_what_stood_there_before_the_newest_migration(
    history: History, tmp_path: Path
) -> None:
    before = history.commit("second")
    history.migrate("0002.router.more", "third")
    newest = history.commit("fourth")
    releases = Releases(history.folder, tmp_path / "releases")
    assert came_from(releases, releases.before) == before
    assert came_from(releases, releases.next) == newest
    gained = {each: releases.migrations(releases.next, each) for each in STORES}
    for service, names in gained.items():
        names -= releases.migrations(releases.before, service)
        own = {f"9999.{service}.of-the-next-release"}
        assert names == (own | {"0002.router.more"} if service == "router" else own)


def test_a_release_before_the_newest_commit_goes_before_all_else(history: History, tmp_path: Path) -> None:
    history.git("tag", "v1.2.2")
    history.commit("second")
    history.migrate("0002.router.more", "third")
    history.git("tag", "v1.2.3")
    releases = Releases(history.folder, tmp_path / "releases")
    assert came_from(releases, releases.before) == history.first


def test_a_clone_without_a_history_has_the_newest_commit_for_both(history: History, tmp_path: Path) -> None:
    newest = history.commit("second")
    shallow = tmp_path / "shallow"
    call(["git", "clone", "--quiet", "--depth=1", f"file://{history.folder}", str(shallow)])
    releases = Releases(shallow, tmp_path / "releases")
    assert came_from(releases, releases.before) == came_from(releases, releases.next) == newest
    assert (releases.before, releases.next) == ("v1.2.3-before", "v1.2.3-next")

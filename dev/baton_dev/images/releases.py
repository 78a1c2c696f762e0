"""Two releases of Baton in a repository of their own, for who tries to come from one to the other."""

import re
from functools import cached_property
from pathlib import Path

from baton_dev.images.system import call

STORES = {"scoring": "scoring", "router": "router", "sla-monitor": "sla_monitor"}
"""The folder of each service with a store, and its package."""
_MIGRATIONS = "*/migrations/*.sql"
_VERSION = re.compile(r"^BATON_VERSION=(.+)$", re.MULTILINE)
_MADE = """-- Of a release that never was: a real one may bring as much.

CREATE TABLE of_the_next_release (id integer PRIMARY KEY);
"""


class Releases:
    """A clone of `source` in `folder`, in which commits are made and tagged as a release is.

    The release before is the last tag `v*` before the newest commit of `source`; without any, what stood
    there before the newest migration came; in a clone without a history the newest commit itself. Each of
    the two has a version of its own, and so images of its own.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder
        call(["git", "clone", "--quiet", str(source), str(folder)])
        self._newest = self._git("rev-parse", "HEAD")

    @cached_property
    def before(self) -> str:
        """The tag of the release before, made when first asked for."""
        return self._tag(self._before(), "before")

    @cached_property
    def next(self) -> str:
        """The tag of the next one, made when first asked for: the newest commit and a migration a store."""
        self._git("checkout", "--quiet", self._newest)
        for service, package in STORES.items():
            migrations = self.folder / "services" / service / package / "migrations"
            (migrations / f"9999.{service}.of-the-next-release.sql").write_text(_MADE)
        return self._tag(None, "next")

    def migrations(self, tag: str, service: str) -> set[str]:
        """The names of a release's migrations for the store of a service, the kit's among them."""
        listed = self._git("ls-tree", "-r", "--name-only", tag, f"services/{service}", "libs/service_kit")
        return {Path(each).stem for each in listed.splitlines() if Path(each).match(_MIGRATIONS)}

    def _before(self) -> str:
        if tagged := self._git("tag", "--merged", f"{self._newest}", "--list", "v*", "--sort=-creatordate"):
            return next((each for each in tagged.split() if self._commit(each) != self._newest), self._newest)
        migrated = self._git("log", "-1", "--diff-filter=A", "--format=%H", self._newest, "--", _MIGRATIONS)
        return self._commit(f"{migrated}^") or self._newest

    def _commit(self, name: str) -> str:
        """The commit that has a name; empty where none has."""
        return self._git("rev-list", "--max-count=1", "--ignore-missing", name, "--")

    def _tag(self, commit: str | None, name: str) -> str:
        if commit is not None:
            self._git("checkout", "--quiet", commit)
        settings = self.folder / ".env"
        version = _VERSION.sub(rf"BATON_VERSION=\1-{name}", settings.read_text())
        settings.write_text(version)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", f"The release {name}, made to try an upgrade")
        tag = f"v{_VERSION.findall(version)[0]}"
        self._git("tag", tag)
        return tag

    def _git(self, *words: str) -> str:
        ours = ["-c", "user.name=Baton", "-c", "user.email=baton@example.com", "-c", "commit.gpgsign=false"]
        return call(["git", "-C", str(self.folder), *ours, *words]).strip()

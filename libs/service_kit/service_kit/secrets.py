"""Secrets by name: the rulebook names them, the deployment gives their values."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

PREFIX = "BATON_SECRET_"


class SecretMissing(LookupError):
    """A secret that the rulebook names has no value here: give it to the service and try again."""


class Secrets:
    """Values from BATON_SECRET_<NAME> (upper case, dashes as underscores), else from files of a folder.

    A file's name is the secret's name; it is read again when it changes, so that a secret can be replaced
    without a restart. Several lines are several values: all are good for checking, the first is used.
    """

    def __init__(self, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environ = os.environ if environ is None else environ
        self._read: dict[str, tuple[float, tuple[str, ...]]] = {}

    def all_of(self, name: str) -> tuple[str, ...]:
        """Every value that is good now, the one in use first. Raises SecretMissing."""
        given = self._environ.get(_variable(name))
        values = _lines(given) if given is not None else self._from_file(name)
        if not values:
            variable, file = self.places(name)
            raise SecretMissing(
                f"the secret {name!r} has no value: "
                + (f"write it to {file} or set {variable}" if file else f"set {variable}")
            )
        return values

    def places(self, name: str) -> tuple[str, Path | None]:
        """Where its value may be given: the variable, and the file where there is a folder."""
        return _variable(name), self._folder / name if self._folder else None

    def one(self, name: str) -> str:
        """The value in use. Raises SecretMissing."""
        return self.all_of(name)[0]

    def _from_file(self, name: str) -> tuple[str, ...]:
        if self._folder is None:
            return ()
        file = self._folder / name
        try:
            changed = file.stat().st_mtime
            known = self._read.get(name)
            if known is None or known[0] != changed:
                known = self._read[name] = (changed, _lines(file.read_text("utf-8-sig")))
        except (OSError, UnicodeDecodeError):
            return ()
        return known[1]


@lru_cache(maxsize=256)  # names come from rulebooks, and each signed post asks
def _variable(name: str) -> str:
    return PREFIX + name.upper().replace("-", "_")


@lru_cache(maxsize=256)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())

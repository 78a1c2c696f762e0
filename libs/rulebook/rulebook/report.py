"""Collects what the checks find, and puts the place to it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from rulebook.documents import Loc, Place, dotted
from rulebook.findings import Finding, Severity
from rulebook.sentences import place_of


class Report:
    """The findings of one check. `ignoring`: what could not be read, so that references to it say nothing;
    see `StandIns.left_out`."""

    def __init__(self, places: Mapping[Loc, Place], ignoring: frozenset[str]) -> None:
        self.findings: list[Finding] = []
        self._places = places
        self._ignoring = ignoring

    def error(self, loc: Loc, message: str, hint: str) -> None:
        """What keeps the rulebook from being published."""
        self._add(loc, message, hint, Severity.ERROR)

    def warning(self, loc: Loc, message: str, hint: str) -> None:
        """What is probably not meant."""
        self._add(loc, message, hint, Severity.WARNING)

    def reference(self, loc: Loc, what: str, name: str | None, known: Iterable[str]) -> bool:
        """An error unless `name` is None or one of `known`; whether it could be resolved."""
        known = list(known)
        if name is None or name in known:
            return name is not None
        if name not in self._ignoring and not self.is_ignored(f"all {what}s"):
            ids = [each for each in self._ignoring if " " not in each]
            near = get_close_matches(name, [*known, *ids], n=1)
            self.error(loc, f"there is no {what} `{name}`", did_you_mean(name, near or known))
        return False

    def is_ignored(self, name: str) -> bool:
        """Whether `name` was left out because it could not be read."""
        return name in self._ignoring

    def is_partial(self, collection: str) -> bool:
        """Whether some of these (`reps`, `pools`, ...) are missing here, or not what they will be."""
        return f"some {collection}" in self._ignoring

    def is_refused(self, loc: Loc) -> bool:
        """Whether an error was told of what stands at `loc`."""
        path = dotted(loc)
        return any(each.path == path and each.severity is Severity.ERROR for each in self.findings)

    def _add(self, loc: Loc, message: str, hint: str, severity: Severity) -> None:
        file, line = place_of(loc, self._places)
        self.findings.append(Finding(file, line, dotted(loc), message, hint, severity))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word, else all of them."""
    known = list(known)
    near = get_close_matches(word, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"write one of {', '.join(known)}" if known else "define it first; there is none yet"

"""Why nothing is learned: told to a person, with what to do instead."""

from collections.abc import Iterable
from difflib import get_close_matches


class CannotTrain(ValueError):
    """The history cannot be learned from as it is: do what the message says."""


def no_column(asked: str, columns: Iterable[str]) -> CannotTrain:
    """A refusal for a column that is not in the file, with the nearest one."""
    return no_name("column", asked, columns)


def no_name(what: str, asked: str, names: Iterable[str]) -> CannotTrain:
    """A refusal for a name that does not exist, with the nearest that does."""
    known = list(names)
    lower = {name.lower(): name for name in known}
    near = get_close_matches(asked.lower(), lower, n=1, cutoff=0.5)
    hint = f"did you mean `{lower[near[0]]}`?" if near else f"write one of {_listed(known)}"
    return CannotTrain(f"there is no {what} `{asked}`: {hint}")


def _listed(names: list[str], most: int = 12) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

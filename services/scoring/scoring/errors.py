"""Errors of scoring that a caller meets, and the answer to each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from rulebook.findings import Finding, RulebookInvalid
from rulebook.store import UnknownVersion
from rulebook.versions import NoRulebookYet, TakesEffectTooSoon
from service_kit.problems import Problem


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn domain errors into answers that say what to send instead."""
    try:
        yield
    except RulebookInvalid as error:
        raise _invalid(error.findings) from error
    except RecursionError as error:
        deep = Finding("", 0, "rulebook", "is nested too deeply", "nest lists and objects less deeply")
        raise _invalid([deep]) from error
    except TakesEffectTooSoon as error:
        raise Problem(422, "Too soon", str(error), field="effective_from") from error
    except UnknownVersion as error:
        raise Problem(404, "No such version", str(error), field="version") from error
    except NoRulebookYet as error:
        raise Problem(404, "No rulebook yet", str(error)) from error


def _invalid(findings: Sequence[Finding]) -> Problem:
    return Problem(
        422,
        "The rulebook is not valid",
        str(findings[0]),
        field="rulebook",
        findings=[asdict(finding) for finding in findings],
    )


def not_found(what: str, hint: str) -> Problem:
    """404 for something that is not kept here."""
    return Problem(404, f"No such {what}", hint)

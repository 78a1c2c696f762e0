"""Errors of scoring that a caller meets, and the answer to each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rulebook.findings import RulebookInvalid
from rulebook.store import UnknownVersion
from rulebook.versions import NoRulebookYet, TakesEffectTooSoon
from service_kit.problems import Problem


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn domain errors into answers that say what to send instead."""
    try:
        yield
    except RulebookInvalid as error:
        findings = [asdict(finding) for finding in error.findings]
        first = str(error.findings[0]) if error.findings else str(error)
        raise Problem(422, "The rulebook is not valid", first, field="rulebook", findings=findings) from error
    except TakesEffectTooSoon as error:
        raise Problem(422, "Too soon", str(error), field="effective_from") from error
    except UnknownVersion as error:
        raise Problem(404, "No such version", str(error), field="version") from error
    except NoRulebookYet as error:
        raise Problem(404, "No rulebook yet", str(error)) from error


def not_found(what: str, hint: str) -> Problem:
    """404 for something that is not kept here."""
    return Problem(404, f"No such {what}", hint)

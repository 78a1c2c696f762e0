"""Errors of scoring that a caller meets, and the answer to each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from rulebook.findings import Finding, RulebookInvalid
from rulebook.store import UnknownVersion
from rulebook.versions import NoRulebookYet, TakesEffectTooSoon
from service_kit.problems import Problem


class PersonError(Exception):
    """What an act about a person cannot be done for; the message is the class's own."""

    title = "No such person"
    says = "nobody is kept here under that: try another e-mail, phone or external id of theirs"

    def __init__(self) -> None:
        super().__init__(self.says)


class UnknownPerson(PersonError):
    """Nobody is kept here under that name: answered 404."""


class SharedPhone(PersonError):
    """Several persons have this phone: answered 409."""

    title = "Several persons have this phone"
    says = "several persons have this phone, so it names none of them: send the e-mail, or the person_id"


class NoErasureKey(PersonError):
    """Nobody can be erased for good without a key to know them by: answered 409."""

    title = "No erasure key"
    says = (
        "scoring has no BATON_ERASURE_KEY: set a long random text, keep it as long as spools and backups, and"
        " erase again; without it an old spool would bring the person back unnoticed"
    )


class NamesThePerson(PersonError):
    """Who did it and why is kept for good: answered 422."""

    title = "The reason names the person"
    says = "`by` and `reason` are kept for good: write them without the person's e-mail or phone"


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
    except UnknownPerson as error:
        raise Problem(404, "No such person", str(error)) from error
    except (SharedPhone, NoErasureKey) as error:
        raise Problem(409, error.title, str(error)) from error
    except NamesThePerson as error:
        raise Problem(422, error.title, str(error), field="reason") from error


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

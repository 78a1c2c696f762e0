"""Errors of scoring that a caller meets, and the answer to each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

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


class MergeError(Exception):
    """Why a merge cannot be undone; the message says what to do instead."""

    field = "person_id"
    status = 409
    title = "The merge cannot be undone"
    says = ""

    def __init__(self, says: str = "") -> None:
        super().__init__(says or self.says)


class UnknownMerge(MergeError):
    """This person was merged with nobody: answered 404."""

    status = 404
    title = "No such merge"
    says = "this person was found to be nobody else: `GET /v1/merges` (`baton person merges`) lists who was"


class UndoneAlready(MergeError):
    """Nothing of it stands: answered 409."""

    title = "The merge is undone already"
    says = "the two are parted already, by a key that stopped identifying or by hand: nothing is left to do"


class MergeTooOld(MergeError):
    """It is older than the term: answered 409."""

    title = "The merge is older than 30 days"
    says = (
        "reps have worked with the one person for more than 30 days, so the two are not told apart any more:"
        " have the rep reject the open lead as wrong data, and send the other's form again under an e-mail or"
        " external id of their own, which opens a person and a lead for them"
    )


class SeveralMerges(MergeError):
    """The person named is the one that several turned out to be: answered 409."""

    title = "Several persons turned out to be this one"

    def __init__(self, others: Sequence[UUID]) -> None:
        named = ", ".join(map(str, others[:10]))
        super().__init__(f"several persons turned out to be this one: name the one to part, of {named}")


class NothingToPart(MergeError):
    """No key tells the two apart: answered 409."""

    title = "No key tells the two apart"
    says = (
        "everything that the two have sent carries the same e-mail or external id, or nothing of one of them"
        " is left: have the e-mail put right where it was sent from, and that submission moves by itself"
    )


class DuplicateError(MergeError):
    """Why a question about a duplicate cannot be answered so; the message says what to do instead."""

    field = "duplicate_id"
    title = "The question is answered"


class UnknownDuplicate(DuplicateError):
    """Nothing was told under this id: answered 404."""

    status = 404
    title = "No such duplicate"
    says = (
        "no such lead was given back as a duplicate; `GET /v1/duplicates` lists those that wait for an answer"
    )


class AnsweredOtherwise(DuplicateError):
    """It stands otherwise already: answered 409."""

    def __init__(self, state: str, by: str | None, at: datetime | None) -> None:
        who = f"{by} said so" if by else "settled without a question"
        when = f" at {at.isoformat(timespec='seconds')}" if at is not None else ""
        undo = "; `baton person undo-merge` parts two that were made one" if state == "merged" else ""
        super().__init__(f"it is {state.replace('_', ' ')} already, {who}{when}: nothing was changed{undo}")


class NothingToJoin(DuplicateError):
    """Nothing identifies one of the two, or they are gone: answered 409."""

    title = "The two cannot be made one"
    says = (
        "one of them is erased, or has nothing that identifies a person, neither an e-mail nor an external id"
        " nor a phone of their own: say that they are apart, or leave it"
    )


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
    except MergeError as error:
        raise Problem(error.status, error.title, str(error), field=error.field) from error
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

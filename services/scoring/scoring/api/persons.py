"""One person: found, exported, erased, left alone. Whom it is about stands in bodies, never in a path."""

from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rulebook.identity import identity_keys
from rulebook.models import Matching
from scoring.api.paging import PlainText
from scoring.domain.profile import Known
from scoring.errors import as_problems
from scoring.persons import Done, Named, Order, PersonDesk
from scoring.settings import erasure_keys
from scoring.store.persons import Subject
from service_kit.audit import Also, Caller, Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.runtime import Runtime

GMAIL = Matching(gmail_dots_and_tags=True)
SHOWN = ("name", "first_name", "last_name", "email", "phone", "company")
"""By which an operator sees that it is the person they mean."""


class Whom(BaseModel):
    """Whom: exactly one of the four."""

    model_config = ConfigDict(extra="forbid")

    email: PlainText | None = Field(default=None, min_length=3, max_length=320)
    phone: PlainText | None = Field(
        default=None,
        pattern=r"^\+[0-9 ().-]{6,30}$",
        description="with + and the country's code",
        examples=["+34600111222"],
    )
    external_id: PlainText | None = Field(default=None, min_length=1, max_length=200)
    person_id: UUID | None = Field(default=None, description="as /v1/leads shows it")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [self.email, self.phone, self.external_id, self.person_id]
        if sum(each is not None for each in given) != 1:
            raise ValueError("send exactly one of email, phone, external_id and person_id")
        return self

    def named(self) -> Named:
        """As scoring looks for it."""
        if self.person_id is not None:
            return Named(person_id=self.person_id)
        phone = "+" + "".join(filter(str.isdigit, self.phone)) if self.phone else None
        profile = {"email": self.email, "phone": phone, "external_id": self.external_id}
        (key,), (mailbox,) = identity_keys(profile), identity_keys(profile, GMAIL)
        other = None if mailbox == key else (mailbox.kind, mailbox.value)
        return Named(key=(key.kind, key.value), mailbox=other)


class AboutWhom(Whom):
    """Whom, who wants it and why. Keep the person's own data out of both: they are kept for good."""

    by: PlainText = Field(min_length=1, max_length=200)
    reason: PlainText = Field(min_length=1, max_length=1000)

    def order(self, caller: Caller) -> Order:
        """As it is kept."""
        return Order(caller.named(self.by).by, self.reason)


def person_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    desk = PersonDesk(runtime, erasure_keys(runtime.settings))

    @router.post(
        "/persons/find",
        dependencies=runtime.gate.allowed(Scope.PERSONS_READ),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def find_person(whom: Whom) -> dict[str, Any]:
        """Who it is and how much is kept of them: what an erasure would take."""
        with as_problems():
            subject = await desk.find(whom.named())
        known = Known(dict(subject.profile or {}), {}).as_mapping()
        return _subject(subject) | {"profile": {name: known.get(name) for name in SHOWN if known.get(name)}}

    @router.post(
        "/persons/export",
        dependencies=runtime.gate.allowed(Scope.PERSONS_READ),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def export_person(about: AboutWhom, who: Who) -> dict[str, Any]:
        """Everything that scoring keeps of a person: what they sent, consents, leads, scores."""
        with as_problems():
            done, content = await desk.export(about.named(), about.order(who), _asked(who, about, "export"))
        return _done(done) | {"content": content}

    @router.post(
        "/persons/erase",
        dependencies=runtime.gate.allowed(Scope.PERSONS_ERASE),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def erase_person(about: AboutWhom, who: Who) -> dict[str, Any]:
        """Take a person out of every store. Somebody unknown too: what of them is on its way is dropped."""
        with as_problems():
            return _done(await desk.erase(about.named(), about.order(who), _asked(who, about, "erase")))

    @router.post(
        "/persons/suppress",
        dependencies=runtime.gate.allowed(Scope.PERSONS_WRITE),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def suppress_person(about: AboutWhom, who: Who) -> dict[str, Any]:
        """Have nobody contact a person: open leads are closed, later ones not routed.

        With one exception: a later one that asks for an answer and carries a newer consent.
        """
        with as_problems():
            return _done(await desk.suppress(about.named(), about.order(who), _asked(who, about, "suppress")))

    @router.post(
        "/persons/allow",
        dependencies=runtime.gate.allowed(Scope.PERSONS_WRITE),
        tags=["persons"],
        responses=refusals(404, 409),
    )
    async def allow_person(about: AboutWhom, who: Who) -> dict[str, Any]:
        """Have a person contacted again, from their next submission on."""
        with as_problems():
            return _done(await desk.allow(about.named(), about.order(who), _asked(who, about, "allow")))


def _asked(who: Caller, about: AboutWhom, what: str) -> Also:
    """Whom it was about stands with the act itself, and goes with an erasure: not in the log."""
    return entry(who.named(about.by), f"person.{what}", "person", "-")


def _done(done: Done) -> dict[str, Any]:
    return {"act_id": done.act_id, "at": done.at, **_subject(done.subject), "counts": dict(done.counts)}


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "person_id": subject.persons[0] if subject.persons else None,
        "persons": list(subject.persons),
        "leads": list(subject.leads),
        "suppressed_at": subject.suppressed_at,
        "counts": subject.counts(),
    }

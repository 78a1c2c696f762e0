"""Who is in nurturing and why, as pages and as CSV; and who has unsubscribed, as marketing's tool says."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Security
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from delivery import store as deliveries
from delivery.message import Target
from delivery.signing import SecretUnusable, is_signed
from lead_events.words import Quadrant
from rulebook.identity import identity_keys
from rulebook.models import Matching, Nurturing
from rulebook.normalise import read_email
from rulebook.store import RulebookCache
from scoring import metrics
from scoring.api.lines import check_line
from scoring.api.paging import Cursor, Limit, PlainText, page, place
from scoring.domain.handover import TOLD_FIELDS
from scoring.domain.nurturing import KEPT_BACK_WORDS, KeptBack
from scoring.domain.people import KeyName
from scoring.nurturing import TOLD_FOR
from scoring.nurturing_list import lines
from scoring.store import nurturing
from scoring.store.nurturing import PERSON, Listed
from service_kit.audit import Caller, Who, caller, entry
from service_kit.auth import OPERATOR, TOKEN, Credentials
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.logs import logger
from service_kit.postgres import Connection
from service_kit.problems import Problem
from service_kit.runtime import Runtime
from service_kit.secrets import SecretMissing, Secrets
from service_kit.unit import Unit

_log = logger(__name__)
MOST = 1000
"""Unsubscribes of one request."""
GMAIL = Matching(gmail_dots_and_tags=True)
Line = Annotated[PlainText | None, Query(description="only of this product line")]
Handed = Annotated[bool, Query(description="only whom marketing's tool is told of")]


class Unsubscribed(BaseModel):
    """One who wants no marketing: by their e-mail, or by the contact_id that the tool was told."""

    model_config = ConfigDict(extra="forbid")

    email: str | None = None
    contact_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.contact_id is None):
            raise ValueError("send one of email and contact_id")
        return self


class Unsubscribes(BaseModel):
    """What marketing's tool, or the operator, reports."""

    model_config = ConfigDict(extra="forbid")

    unsubscribes: list[Unsubscribed] = Field(min_length=1, max_length=MOST)
    by: PlainText = Field(default="", max_length=200, description="who reports it; kept with each")


def nurturing_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes for the operator."""
    rulebooks = RulebookCache()

    @router.get("/nurturing", dependencies=runtime.gate.allowed(Scope.PERSONS_READ), tags=["nurturing"])
    async def list_nurturing(
        limit: Limit = 50,
        cursor: Cursor = None,
        line: Line = None,
        quadrant: Quadrant | None = None,
        only_handed: Handed = False,
    ) -> dict[str, Any]:
        """Who is in nurturing, the newest first, why, and whether marketing's tool is told of them."""
        after, wanted = place(cursor), Listed(line, quadrant, only_handed)
        async with runtime.database.acquire() as conn:
            check_line(await rulebooks.history(conn), line)
            found = await nurturing.listed(conn, wanted, after=after, limit=limit + 1)
            told = await deliveries.about(conn, [each["contact_id"] for each in found])
        arrived = {each["about"]: each for each in told}
        shown = [_shown(each, arrived.get(each["contact_id"])) for each in found]
        return page("nurturing", shown, limit, at="since", identity="contact_id")

    @router.get(
        "/nurturing.csv",
        dependencies=runtime.gate.allowed(Scope.PERSONS_READ),
        tags=["nurturing"],
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}}, "description": "The list as the daily file has it."}},
    )
    async def nurturing_csv(
        line: Line = None, quadrant: Quadrant | None = None, only_handed: Handed = True
    ) -> StreamingResponse:
        """Everybody in nurturing whom marketing may write to, as CSV; with `only_handed=false` all."""
        wanted = Listed(line, quadrant, only_handed)
        async with runtime.database.acquire() as conn:
            check_line(await rulebooks.history(conn), line)
        return StreamingResponse(lines(runtime.database, wanted, None), media_type="text/csv; charset=utf-8")

    @router.post(
        "/nurturing/resend",
        dependencies=runtime.gate.allowed(Scope.DELIVERIES_WRITE),
        tags=["nurturing"],
        responses=refusals(409),
    )
    async def send_again(who: Who) -> dict[str, Any]:
        """Send what marketing's tool was not told because it did not answer for three days: of each contact
        the newest message, under the id and revision it had, tried for three days again."""

        async def work(unit: Unit) -> dict[str, Any]:
            policy = await _policy(unit.conn, rulebooks, unit.now)
            if policy is None or policy.webhook is None:
                told = "nurturing.yaml names no `webhook`: add one and publish it; everybody is told then"
                raise Problem(409, "Nobody is told", told)
            target = Target.webhook(policy.webhook.url, policy.webhook.secret)
            return {"sent_again": await nurturing.send_again(unit.conn, target, now=unit.now, for_=TOLD_FOR)}

        return await runtime.in_transaction(work, entry(who, "nurturing.resend", "nurturing", "all"))


async def _policy(conn: Connection, rulebooks: RulebookCache, now: datetime) -> Nurturing | None:
    """nurturing.yaml as it is in force."""
    history = await rulebooks.history(conn)
    return history.at(now).rulebook.nurturing if len(history) else None


def _shown(found: dict[str, Any], message: dict[str, Any] | None) -> dict[str, Any]:
    kept_back, profile = found["kept_back"], found.pop("profile")
    return {
        **found,
        "kept_back_because": KEPT_BACK_WORDS[KeptBack(kept_back)] if kept_back else None,
        "contact": {name: profile[name] for name in TOLD_FIELDS if profile.get(name)},
        "last_message": message
        and {
            name: message[name] for name in ("kind", "state", "attempts", "outcome", "detail", "created_at")
        },
    }


SIGNATURE = "webhook-signature"


def unsubscribe_router(runtime: Runtime) -> APIRouter:
    """The route for marketing's tool, which proves itself by its signature, and for the operator."""
    router = APIRouter(prefix="/v1", tags=["nurturing"])
    rulebooks, secrets = RulebookCache(), Secrets(runtime.settings.secrets_dir)

    async def by_token(
        request: Request,
        credentials: Annotated[Credentials, Security(OPERATOR, scopes=[Scope.PERSONS_WRITE])] = None,
        _: Annotated[Credentials, Security(TOKEN, scopes=[Scope.PERSONS_WRITE])] = None,
    ) -> Caller | None:
        """None for who signs: that is looked at with the body."""
        if SIGNATURE in request.headers:
            return None
        await runtime.gate.admit(request, credentials, Scope.PERSONS_WRITE)
        return caller(request)

    @router.post("/nurturing/unsubscribes")
    async def unsubscribe(
        request: Request, report: Unsubscribes, who: Annotated[Caller | None, Depends(by_token)]
    ) -> dict[str, Any]:
        """Who wants no marketing any more: they leave nurturing for good, and may still ask for something.

        Marketing's tool signs by Standard Webhooks with the secret that nurturing.yaml names; others
        send a token. What cannot be read is named under `refused`, the rest is taken; saying it again
        changes nothing.
        """
        if who is None:
            async with runtime.database.acquire() as conn:
                await _check_signature(conn, request, rulebooks, secrets, runtime)
        via = "tool" if who is None else "operator"

        async def work(unit: Unit) -> dict[str, Any]:
            names, refused = await _names(unit.conn, report)
            new = await nurturing.unsubscribe(
                unit.conn,
                names,
                now=unit.now,
                via=via,
                by=who.named(report.by.strip()).by if who else report.by.strip() or via,
            )
            taken = len(report.unsubscribes) - len(refused)
            unit.after_commit(lambda: metrics.count_unsubscribes(via, taken))
            return {"taken": taken, "new_keys": new, "refused": refused}

        asked = entry(who, "nurturing.unsubscribe", "nurturing", "some") if who else None
        return await runtime.in_transaction(work, asked)

    return router


async def _check_signature(
    conn: Connection, request: Request, rulebooks: RulebookCache, secrets: Secrets, runtime: Runtime
) -> None:
    """Raises Problem 401 for whoever is not the tool, 503 where the secret has no value here."""
    now = await runtime.database.clock.now(conn)
    policy = await _policy(conn, rulebooks, now)
    name = policy.unsubscribes_secret if policy else None
    if name is None:
        raise Problem(
            401,
            "No tool is known here",
            "nurturing.yaml names no `unsubscribes_secret`: add one, or send the operator's token",
        )
    try:
        proven = is_signed(dict(request.headers), await request.body(), secrets.all_of(name), now)
    except (SecretMissing, SecretUnusable) as error:
        # where it is to be written is for who operates Baton, and not for whoever posts
        _log.error("unsubscribes cannot be checked", secret=name, why=str(error))
        raise Problem(
            503,
            "Unsubscribes cannot be checked now",
            "send them again later; scoring's log says what is missing",
            headers={"Retry-After": "60"},
        ) from None
    if not proven:
        raise Problem(
            401,
            "The signature is not good",
            "sign id, time and body by Standard Webhooks with the secret that nurturing.yaml names, within "
            "five minutes of now",
        )


async def _names(conn: Connection, report: Unsubscribes) -> tuple[set[KeyName], list[dict[str, Any]]]:
    """By which keys they are known, and which entries say nobody."""
    contacts = [each.contact_id for each in report.unsubscribes if each.contact_id is not None]
    known = await nurturing.persons_of(conn, contacts)
    names: set[KeyName] = set()
    refused: list[dict[str, Any]] = []
    for number, each in enumerate(report.unsubscribes):
        found = _of_contact(known.get(each.contact_id)) if each.contact_id else _of_email(each.email)
        if not found:
            refused.append({"entry": number, "detail": _says(each)})
        names |= found
    return names, refused


def _of_contact(known: tuple[UUID, str | None] | None) -> set[KeyName]:
    if known is None:
        return set()
    person, email = known
    return {(PERSON, str(person)), *_of_email(email)}


def _of_email(typed: str | None) -> set[KeyName]:
    email = read_email(typed).value if typed else None
    if email is None:
        return set()
    profile = {"email": email}
    keys = [*identity_keys(profile), *identity_keys(profile, GMAIL)]
    return {(key.kind, key.value) for key in keys}


def _says(entry: Unsubscribed) -> str:
    if entry.contact_id is not None:
        return "nobody is known by this contact_id: send the e-mail instead"
    return "this is no e-mail address: write one such as eva@example.com"

"""One request to a CRM, with what has to come before it: search, create or change; what answers mean.

A repeat is harmless: an id that is known is never asked for again, an unknown one is searched for where the
template says how, and an answer that the object is there already counts as having found it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.crm_auth import Auth, Signer
from delivery.crm_exchange import Answer, Exchange
from delivery.message import Outcome, Result
from delivery.webhook import refuses_this
from router.crm.rendering import auth_of, call_of, names_owner
from router.crm.told import Attempt
from rulebook.crm_order import ids_used
from rulebook.crm_text import NoValue
from rulebook.json_pointer import point
from rulebook.models import CrmCall, CrmConnection, CrmExists, CrmRequest
from rulebook.patterns import first_group


class _Ended(Exception):
    """The attempt ends here, with this result."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.detail)
        self.result = result


@dataclass(slots=True)
class Conversation:
    """An attempt at one request. `values` gains the ids that answers bring."""

    exchange: Exchange
    signer: Signer
    connection: CrmConnection
    values: dict[str, Any]
    now: datetime
    attempt: Attempt = field(default_factory=Attempt)
    _making: list[str] = field(default_factory=list)

    async def tell(self, request: CrmRequest) -> Attempt:
        """Make the attempt. Raises nothing that a CRM or a network can cause."""
        lacking = [name for name in request.needs if self.values.get(name) is None]
        if lacking:
            return Attempt.skip(f"the lead has no {lacking[0]}")
        try:
            self.attempt.result = await self._tell(request)
        except _Ended as end:
            self.attempt.result = end.result
        except NoValue as error:
            self.attempt.result, self.attempt.is_skipped = Result(Outcome.IMPOSSIBLE, str(error)), True
        return self.attempt

    async def forget(self, request: CrmRequest) -> Attempt:
        """Have what the CRM has of an erased person deleted or emptied there; nothing is made for that."""
        lacking = [name for name in sorted(ids_used(request)) if self._id(name) is None]
        if lacking:
            return Attempt.skip(f"no {lacking[0]} of them is known there")
        try:
            answer = await self._exchange(request)
            is_gone = answer.status in (404, 410)
            self.attempt.result = (
                Result(Outcome.DELIVERED, "it was not there any more") if is_gone else _judge(request, answer)
            )
        except _Ended as end:
            self.attempt.result = end.result
        except NoValue as error:
            return Attempt.skip(str(error))
        return self.attempt

    async def _tell(self, request: CrmRequest) -> Result:
        if request.keep is None:
            return await self._send_once(request)
        name = request.keep.name
        if self._id(name) is None and request.find is not None:
            self._keep(name, await self._find(request))
        was_known = self._id(name) is not None
        if was_known and request.update is None and request.find is not None:
            return Result(Outcome.DELIVERED, "it is there")  # who searches before does not upsert
        call = request.update if was_known and request.update is not None else request
        answer = await self._ask(call, own=name)
        if answer.status == 404 and was_known:
            self._lose(name)  # deleted or merged there
            answer = await self._ask(request, own=name)
        if request.exists is not None and answer.status == request.exists.status:
            return await self._is_there(request, request.exists, answer)
        result = _judge(call, answer)
        if result.outcome is Outcome.DELIVERED and self._id(name) is None:
            found = _as_id(point(answer.document, request.keep.id))
            if found is None:
                return Result(Outcome.LATER, f"its answer holds no id at {request.keep.id}")
            self._keep(name, found)
        return result

    async def _is_there(self, request: CrmRequest, exists: CrmExists, answer: Answer) -> Result:
        """It was there already: find out as what, and change it."""
        assert request.keep is not None  # noqa: S101 - the caller has looked
        found = _id_in(exists, answer) or (await self._find(request) if request.find is not None else None)
        if found is None:
            return Result(Outcome.LATER, f"it is there already, and nothing says as what; {answer.detail}")
        self._keep(request.keep.name, found)
        return (
            await self._send_once(request.update) if request.update is not None else Result(Outcome.DELIVERED)
        )

    async def _find(self, request: CrmRequest) -> str | None:
        assert request.find is not None  # noqa: S101 - the caller has looked
        answer = await self._ask(request.find, own=request.keep.name if request.keep is not None else "")
        if answer.status == 404:
            return None
        result = _judge(request.find, answer)
        if result.outcome is not Outcome.DELIVERED:
            raise _Ended(result)
        return _as_id(point(answer.document, request.find.id))

    async def _send_once(self, call: CrmCall) -> Result:
        """A call on objects that are there; one that is there no more is made again."""
        answer = await self._ask(call)
        used = sorted(ids_used(call))
        if answer.status == 404 and used and not self._making:
            for name in used:
                self._lose(name)
            answer = await self._ask(call)
        return _judge(call, answer)

    async def _ask(self, call: CrmCall, own: str = "") -> Answer:
        for name in sorted(ids_used(call) - {own}):
            if self._id(name) is None:
                await self._make(name)
        if names_owner(call):
            by = "rep.email" if self.connection.owner_by == "email" else "rep.crm_id"
            self.attempt.owner = self.values.get(by)
        return await self._exchange(call)

    async def _exchange(self, call: CrmCall) -> Answer:
        auth = auth_of(self.connection.auth)
        answer = await self._try(call, auth)
        if answer.status == 401 and self.signer.refused(auth):
            answer = await self._try(call, auth)
        return answer

    async def _try(self, call: CrmCall, auth: Auth) -> Answer:
        shown = await self.signer.headers(auth, self.now)
        if isinstance(shown, Result):
            raise _Ended(shown)
        made = call_of(self.connection, call, self.values)
        sent = type(made)(made.method, made.url, {**made.headers, **shown}, made.body)
        answer = await self.exchange.send(sent, self.now)
        if isinstance(answer, Result):
            raise _Ended(answer)
        return answer

    async def _make(self, name: str) -> None:
        """An object that a call needs and nobody has made: the lead is older than the connection, say."""
        requests = self.connection.requests.values()
        maker = next((each for each in requests if each.keep is not None and each.keep.name == name), None)
        if maker is None or name in self._making:
            raise _Ended(Result(Outcome.IMPOSSIBLE, f"no request of crm.yaml makes `{name}`"))
        self._making.append(name)
        result = await self._tell(maker)
        self._making.pop()
        if result.outcome is not Outcome.DELIVERED:
            raise _Ended(
                Result(result.outcome, f"`{name}` is to be made first: {result.detail}", result.wait)
            )

    def _id(self, name: str) -> str | None:
        found: str | None = self.values.get(f"crm.{name}")
        return found

    def _keep(self, name: str, found: str | None) -> None:
        if found is not None:
            self.values[f"crm.{name}"] = self.attempt.kept[name] = found
            self.attempt.lost.discard(name)

    def _lose(self, name: str) -> None:
        self.values[f"crm.{name}"] = None
        self.attempt.kept.pop(name, None)
        self.attempt.lost.add(name)


def _judge(call: CrmCall, answer: Answer) -> Result:
    status = answer.status
    if status in call.expect if call.expect else 200 <= status < 300:
        return Result(Outcome.DELIVERED, f"answered {status}")
    if status in (401, 403):
        return Result(Outcome.MISCONFIGURED, f"it does not let us in: {answer.detail}")
    if 300 <= status < 400:
        return Result(Outcome.LATER, f"answered {status}, a redirect, which is not followed: correct `url`")
    return Result(Outcome.LATER, answer.detail, answer.wait, only_this=refuses_this(status))


def _id_in(exists: CrmExists, answer: Answer) -> str | None:
    document: Any = answer.document
    found = point(document, exists.id) if exists.id is not None else None
    if exists.pattern is None:
        return _as_id(found)
    text = found if isinstance(found, str) else answer.said if exists.id is None else ""
    return first_group(text, exists.pattern)


def _as_id(found: Any) -> str | None:
    is_id = isinstance(found, str | int) and not isinstance(found, bool)
    return str(found) or None if is_id else None


def hidden(headers: Mapping[str, str], auth: Auth) -> dict[str, str]:
    """Headers as they may be shown: what proves who asks is left out."""
    name = auth.header or "Authorization"
    return {**headers, name: f"(secret {auth.secret})"}

"""Who asks: a token, a user and password, or a token that is asked for first and kept while it is good.

OAuth 2.0 (RFC 6749): client credentials (4.4) and refresh tokens (6), the client's secret in the body.
"""

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from delivery.crm_exchange import Answer, Call, Exchange
from delivery.kept_tokens import Client, Keeper, Kept, digest_of, seal, unseal
from delivery.message import Outcome, Result
from service_kit.secrets import SecretMissing, Secrets

EARLIER = timedelta(minutes=1)
"""A token is renewed so long before it ends."""
_UNSAID = timedelta(hours=1)
"""How long one is used that does not say when it ends; one refused earlier is renewed at once."""
ASKED_AGAIN = timedelta(minutes=1)
"""So long after a refusal a server of tokens is asked again."""
_ITS_TURN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Auth:
    """How to show who asks. `secret` and `refresh_token` are names of secrets."""

    kind: Literal["bearer", "basic", "header", "oauth2"]
    secret: str
    header: str = ""
    token_url: str = ""
    client_id: str = ""
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    ends_at: datetime
    refresh: str | None = None


class Signer:
    """Gives the headers that a request is sent with; tokens are asked for once while they are good.

    `keeper`: where refresh tokens that change with every use are kept; without one they are used as given.
    """

    def __init__(self, secrets: Secrets, exchange: Exchange, keeper: Keeper | None = None) -> None:
        self._secrets = secrets
        self._exchange = exchange
        self._keeper = keeper
        self._tokens: dict[Auth, _Token] = {}
        self._refused: dict[Auth, str] = {}
        self._no: dict[Auth, tuple[datetime, Result]] = {}
        self._turns: dict[Auth, asyncio.Lock] = {}

    async def headers(self, auth: Auth, now: datetime) -> dict[str, str] | Result:
        """The headers, or why there are none yet."""
        try:
            secret = self._secrets.one(auth.secret)
            if auth.kind == "oauth2":
                return await self._with_token(auth, secret, now)
        except SecretMissing as error:
            return Result(Outcome.MISCONFIGURED, str(error))
        if auth.kind == "header":
            return {auth.header: secret}
        if auth.kind == "basic":
            return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
        return {"Authorization": f"Bearer {secret}"}

    def refused(self, auth: Auth) -> bool:
        """The CRM refused what it was sent with; whether another try may fare better at once."""
        token = self._tokens.pop(auth, None)
        if token is not None:
            self._refused[auth] = token.text
        return token is not None

    async def _with_token(self, auth: Auth, secret: str, now: datetime) -> dict[str, str] | Result:
        async with self._turns.setdefault(auth, asyncio.Lock()):
            token = self._tokens.get(auth)
            if token is None or token.ends_at <= now + EARLIER:
                found = await self._renewed(auth, secret, now)
                if isinstance(found, Result):
                    return found
                token = self._tokens[auth] = found
        return {"Authorization": f"Bearer {token.text}"}

    async def _renewed(self, auth: Auth, secret: str, now: datetime) -> _Token | Result:
        """Who was told no is not asked again for a while: it would be no again, and servers count that."""
        until, no = self._no.get(auth, (now, None))
        if no is not None and now < until:
            return no
        if auth.refresh_token is None:
            found = await self._ask(auth, secret, None, now)
        else:
            found = await self._refreshed(auth, secret, self._secrets.one(auth.refresh_token), now)
        if isinstance(found, Result):
            if found.outcome is Outcome.MISCONFIGURED:
                self._no[auth] = now + ASKED_AGAIN, found
            return found
        self._no.pop(auth, None)
        return found

    async def _refreshed(self, auth: Auth, secret: str, given: str, now: datetime) -> _Token | Result:
        if self._keeper is None:
            return await self._ask(auth, secret, given, now)
        client = Client(auth.token_url, auth.client_id)
        turn = await self._keeper.take(client)
        if turn is None:
            return Result(Outcome.LATER, "another process is just asking for a token", _ITS_TURN)
        sealed = None
        try:
            kept = unseal(turn[0], client, self._secrets.all_of(auth.secret))
            if kept is None or kept.given != digest_of(given):
                kept = Kept(digest_of(given), given, "", now)
            if kept.ends_at > now + EARLIER and kept.access != self._refused.get(auth):
                return _Token(kept.access, kept.ends_at)
            found = await self._ask(auth, secret, kept.refresh, now)
            if isinstance(found, _Token):
                sealed = seal(
                    replace(
                        kept, refresh=found.refresh or kept.refresh, access=found.text, ends_at=found.ends_at
                    ),
                    client,
                    secret,
                )
            return found
        finally:
            await self._keeper.keep(client, sealed)

    async def _ask(self, auth: Auth, secret: str, refresh: str | None, now: datetime) -> _Token | Result:
        fields = {"grant_type": "client_credentials", "client_id": auth.client_id, "client_secret": secret}
        if refresh is not None:
            fields |= {"grant_type": "refresh_token", "refresh_token": refresh}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        call = Call("POST", auth.token_url, headers, urlencode(fields).encode())
        answer = await self._exchange.send(call, now)
        if isinstance(answer, Result):
            return answer
        return _token(answer, now, auth)


def _token(answer: Answer, now: datetime, auth: Auth) -> _Token | Result:
    document: Any = answer.document
    text = document.get("access_token") if isinstance(document, dict) else None
    if answer.status != 200 or not isinstance(text, str) or not text.isprintable():
        outcome = Outcome.LATER if answer.status >= 500 or answer.status == 429 else Outcome.MISCONFIGURED
        return Result(outcome, f"gave no token: {_told(answer)}{_remedy(answer, auth)}", answer.wait)
    seconds, refresh = document.get("expires_in"), document.get("refresh_token")
    lasts = timedelta(seconds=min(int(seconds), 10**8)) if isinstance(seconds, int | float) else _UNSAID
    is_new = isinstance(refresh, str) and bool(refresh)
    return _Token(text, now + max(lasts, EARLIER * 2), refresh if is_new else None)


def _remedy(answer: Answer, auth: Auth) -> str:
    document = answer.document if isinstance(answer.document, dict) else {}
    if document.get("error") != "invalid_grant" or auth.refresh_token is None:
        return ""
    return f"; connect the app anew and give the new refresh token as the secret {auth.refresh_token!r}"


def _told(answer: Answer) -> str:
    """The refusal's two standard fields, never the whole answer, which may hold a secret."""
    document = answer.document if isinstance(answer.document, dict) else {}
    said = [str(document[key])[:200] for key in ("error", "error_description") if document.get(key)]
    return ": ".join([f"answered {answer.status}", *said])

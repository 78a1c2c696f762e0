"""Who asks: a token, a user and password, or a token that is asked for first and kept while it is good.

OAuth 2.0 (RFC 6749): client credentials (4.4) and refresh tokens (6), the client's secret in the body.
"""

import asyncio
import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from delivery.crm_exchange import Answer, Call, Exchange
from delivery.message import Outcome, Result
from service_kit.secrets import SecretMissing, Secrets

EARLIER = timedelta(minutes=1)
"""A token is renewed so long before it ends."""
_UNSAID = timedelta(hours=1)
"""How long one is used that does not say when it ends; one refused earlier is renewed at once."""


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


class Signer:
    """Gives the headers that a request is sent with; keeps tokens in memory, one for each client."""

    def __init__(self, secrets: Secrets, exchange: Exchange) -> None:
        self._secrets = secrets
        self._exchange = exchange
        self._tokens: dict[Auth, _Token] = {}
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
        return self._tokens.pop(auth, None) is not None

    async def _with_token(self, auth: Auth, secret: str, now: datetime) -> dict[str, str] | Result:
        async with self._turns.setdefault(auth, asyncio.Lock()):
            token = self._tokens.get(auth)
            if token is None or token.ends_at <= now + EARLIER:
                found = await self._ask(auth, secret, now)
                if isinstance(found, Result):
                    return found
                token = self._tokens[auth] = found
        return {"Authorization": f"Bearer {token.text}"}

    async def _ask(self, auth: Auth, secret: str, now: datetime) -> _Token | Result:
        fields = {"grant_type": "client_credentials", "client_id": auth.client_id, "client_secret": secret}
        if auth.refresh_token is not None:
            fields["grant_type"] = "refresh_token"
            fields["refresh_token"] = self._secrets.one(auth.refresh_token)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        call = Call("POST", auth.token_url, headers, urlencode(fields).encode())
        answer = await self._exchange.send(call, now)
        if isinstance(answer, Result):
            return answer
        return _token(answer, now)


def _token(answer: Answer, now: datetime) -> _Token | Result:
    document: Any = answer.document
    text = document.get("access_token") if isinstance(document, dict) else None
    if answer.status != 200 or not isinstance(text, str) or not text.isprintable():
        outcome = Outcome.LATER if answer.status >= 500 or answer.status == 429 else Outcome.MISCONFIGURED
        return Result(outcome, f"gave no token: {_told(answer)}", answer.wait)
    seconds = document.get("expires_in")
    lasts = timedelta(seconds=min(int(seconds), 10**8)) if isinstance(seconds, int | float) else _UNSAID
    return _Token(text, now + max(lasts, EARLIER * 2))


def _told(answer: Answer) -> str:
    """The refusal's two standard fields, never the whole answer, which may hold a secret."""
    document = answer.document if isinstance(answer.document, dict) else {}
    said = [str(document[key])[:200] for key in ("error", "error_description") if document.get(key)]
    return ": ".join([f"answered {answer.status}", *said])

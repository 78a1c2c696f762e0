"""GET at a form's address: how Meta and LinkedIn make sure that the address is ours."""

import hmac
import re
from typing import NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

import orjson

from intake.domain.refusals import Refusal
from intake.domain.signatures import matches
from rulebook.models import Form
from service_kit.logs import logger
from service_kit.secrets import SecretMissing, Secrets

_log = logger(__name__)
_ECHOED = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SCHEMES = ("meta", "linkedin")


class Answered(NamedTuple):
    """The answer to a challenge."""

    content_type: bytes
    body: bytes


class Challenges:
    """Answers vendors' challenges with the secrets that forms name."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def answer(self, form: Form, query: bytes) -> Answered | None:
        """The answer; None for a form whose vendor sends no challenges.

        Raises Refusal: 400 for no challenge, 403 for another verify token, 503 without the secret.
        """
        signature = form.signature
        if signature is None or signature.scheme not in _SCHEMES:
            return None
        asked = {name: values[0] for name, values in parse_qs(query[:4096].decode("latin-1")).items()}
        try:
            return self._meta(form, asked) if signature.scheme == "meta" else self._linkedin(form, asked)
        except SecretMissing as error:
            _log.error("a vendor's challenge cannot be answered", form=form.name, why=str(error))
            raise Refusal(
                503, "The challenge cannot be answered", "the secret is not set up here yet", retry_after=60
            ) from error

    def _meta(self, form: Form, asked: dict[str, str]) -> Answered:
        """Source: Meta Graph API documentation, "Webhooks: verification requests"."""
        challenge = asked.get("hub.challenge", "")
        if asked.get("hub.mode") != "subscribe" or not _ECHOED.fullmatch(challenge):
            raise _no_challenge("hub.mode=subscribe, hub.verify_token and hub.challenge")
        name = form.signature.verify_token if form.signature else None
        if name is None:
            raise SecretMissing("the form's signature names no verify_token")
        good = [each.encode() for each in self._secrets.all_of(name)]
        if not matches(asked.get("hub.verify_token", "").encode("utf-8", "replace"), good):
            raise Refusal(403, "Another verify token", "send the verify token that this form was given")
        return Answered(b"text/plain", challenge.encode())

    def _linkedin(self, form: Form, asked: dict[str, str]) -> Answered:
        """Source: LinkedIn API documentation, "Webhooks": 200 within three seconds. It asks again every two
        hours, and sends no more after three wrong answers in a row.

        Only a UUID is answered: for any other text the answer would sign whatever a caller makes up, and a
        body is signed with the same secret.
        """
        challenge = asked.get("challengeCode", "")
        if not _is_uuid(challenge) or form.signature is None:
            raise _no_challenge("challengeCode, a UUID")
        secret = self._secrets.one(form.signature.secret)
        response = hmac.digest(secret.encode(), challenge.encode(), "sha256").hex()
        return Answered(
            b"application/json",
            orjson.dumps({"challengeCode": challenge, "challengeResponse": response}),
        )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _no_challenge(wanted: str) -> Refusal:
    return Refusal(
        400, "Not a challenge", f"this address is posted to; a vendor's challenge carries {wanted}"
    )

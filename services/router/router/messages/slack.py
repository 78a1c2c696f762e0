"""Answers by Slack's buttons: proven to be Slack's, by whom the roster names, and shown in the message."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson

from delivery.addresses import Allowed
from delivery.crm_exchange import Call, Exchange
from delivery.message import Result
from delivery.slack import as_plain
from router.messages.answering import Answering
from router.messages.rendering import blocks_after, chosen_of
from router.messages.said import Ended, Said
from service_kit.logs import logger
from service_kit.secrets import SecretMissing, Secrets

SIGNING_SECRET = "slack-signing"  # noqa: S105 - the name of the secret
"""Name of the secret that Slack signs by: "Signing Secret" among an app's credentials."""
WINDOW = timedelta(minutes=5)
"""Older posts, and those from the future, are no answers of now."""

_log = logger(__name__)


def is_signed(secrets: tuple[str, ...], body: bytes, timestamp: str, signature: str, now: datetime) -> bool:
    """Whether Slack signed it in the last minutes, by version v0 of its scheme, checked in constant time."""
    if not timestamp.isdecimal() or len(timestamp) > 12 or not signature.isascii():
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    base = b"v0:" + timestamp.encode() + b":" + body
    made = [f"v0={hmac.new(each.encode(), base, hashlib.sha256).hexdigest()}" for each in secrets]
    return any(hmac.compare_digest(each, signature) for each in made)


class SlackAnswers:
    """Takes what was pressed in Slack."""

    def __init__(self, answering: Answering, secrets: Secrets, allowed: Allowed) -> None:
        self._answering = answering
        self._secrets = secrets
        self._exchange = Exchange(allowed=allowed)

    def are_taken(self) -> bool:
        """Whether there is a secret to know Slack by."""
        return bool(self._signing())

    def proves(self, body: bytes, timestamp: str, signature: str, now: datetime) -> bool:
        """Whether the post comes from Slack."""
        return is_signed(self._signing(), body, timestamp, signature, now)

    async def answer(self, payload: Mapping[str, Any], now: datetime) -> None:
        """Do what was pressed, then say in Slack what came of it."""
        pressed, url = (payload.get("actions") or [{}])[0], payload.get("response_url")
        value = pressed.get("value") or (pressed.get("selected_option") or {}).get("value")
        if not isinstance(value, str) or not isinstance(url, str):
            return  # a button that opens a page
        await self._say(url, await self._done(value, payload), now)

    async def _done(self, value: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        token = value.partition(":")[0]
        asked = await self._answering.read(token)
        if asked is not None and _is_one_of(asked.asker, payload):
            return _only_to_them(as_plain(asked.words.say("page.own_decline")))
        if asked is not None and not _is_one_of(asked.notify, payload):
            return _only_to_them(_NOT_THEIRS)
        said = await self._answering.do(token, chosen_of(asked.act, value)) if asked is not None else None
        return _shown(said, payload) if said is not None else _only_to_them(_NOT_VALID)

    async def _say(self, url: str, body: Mapping[str, Any], now: datetime) -> None:
        call = Call("POST", url, {"Content-Type": "application/json"}, orjson.dumps(body))
        answered = await self._exchange.send(call, now)
        if isinstance(answered, Result) or answered.status >= 300:
            _log.warning("an answer could not be shown in Slack", detail=answered.detail)

    def _signing(self) -> tuple[str, ...]:
        try:
            return self._secrets.all_of(SIGNING_SECRET)
        except SecretMissing:
            return ()


_NOT_VALID = "This button is not valid any more."
_NOT_THEIRS = (
    "Only the rep whose lead it is can answer here. The roster does not know you as that rep; if you are, "
    "ask an operator to name your member id: baton rep notify."
)


def payload_of(body: bytes) -> dict[str, Any] | None:
    """The payload of a post; None where it is none."""
    try:
        found = orjson.loads(parse_qs(body.decode(), max_num_fields=5)["payload"][0])
    except (ValueError, KeyError):
        return None
    return found if isinstance(found, dict) else None


def _is_one_of(told: Sequence[Mapping[str, Any]], payload: Mapping[str, Any]) -> bool:
    """By the member whom they are told as, or who answers for them in a channel of many."""
    user = (payload.get("user") or {}).get("id")
    ways = [each for each in told if each["channel"] == "slack"]
    return bool(user) and any(user in (each.get("to"), each.get("member")) for each in ways)


def _only_to_them(text: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "replace_original": False, "text": text}


def _shown(said: Said, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The message without its buttons; where the lead still waits for an answer, only a word beside it."""
    text = " ".join(filter(None, (said.text, said.holder)))
    if said.ended not in (Ended.DONE, Ended.OVER):
        return _only_to_them(as_plain(text))
    blocks = (payload.get("message") or {}).get("blocks") or []
    return {"replace_original": True, "text": as_plain(text), "blocks": blocks_after(blocks, text)}

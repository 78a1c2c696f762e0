"""Slack by its official client: a message with buttons, and the same one changed when the offer is over."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from delivery.message import Message, Outcome, Result
from delivery.webhook import LONGEST_WAIT
from service_kit.secrets import SecretMissing, Secrets

ATTEMPT_SECONDS = 15
TEXT_CHARACTERS = 3000
"""Slack takes 40,000, and advises 4,000 (chat.postMessage, "Truncating content")."""
SLACK_API = "https://slack.com/api/"
_NOBODY = frozenset(
    {
        "channel_not_found",
        "user_not_found",
        "users_not_found",
        "is_archived",
        "user_disabled",
        "message_not_found",
    }
)
_OUR_SETTINGS = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "token_expired",
        "token_revoked",
    }
)
_OUR_TEXT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"}
)
_SLACKS_TROUBLE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Slack's words for what went wrong: https://api.slack.com/methods/chat.postMessage#errors."""


class Slack:
    """Carries messages to members and channels. The client blocks, so each attempt has a thread of its own.

    A message that `replaces` one that arrived changes that one. The receipt is `channel timestamp`.
    """

    def __init__(
        self, secrets: Secrets, *, base_url: str = SLACK_API, attempt_seconds: int = ATTEMPT_SECONDS
    ) -> None:
        self._secrets = secrets
        self._base_url = base_url
        self._attempt_seconds = attempt_seconds

    async def carry(self, message: Message, now: datetime) -> Result:
        """One attempt. A member or channel that does not exist: gone; a token that does not work: ours to
        mend; a limit: later, when Slack says."""
        try:
            token = self._secrets.one(message.target.secret)
        except SecretMissing as error:
            return Result(Outcome.MISCONFIGURED, str(error))
        try:
            async with asyncio.timeout(self._attempt_seconds + 1):
                return await asyncio.to_thread(self._send, token, message)
        except TimeoutError:
            return Result(Outcome.LATER, f"no answer within {self._attempt_seconds} s")

    def _send(self, token: str, message: Message) -> Result:
        client = WebClient(token, base_url=self._base_url, timeout=self._attempt_seconds)
        content: dict[str, Any] = {
            "text": as_plain("\n".join(part for part in (message.subject, message.text) if part)),
            "blocks": [dict(block) for block in message.blocks] or None,
        }
        try:
            if message.replaces is not None:
                channel, _, ts = message.replaces.partition(" ")
                answer = client.chat_update(channel=channel, ts=ts, **content)
            else:
                answer = client.chat_postMessage(
                    channel=message.target.address, unfurl_links=False, unfurl_media=False, **content
                )
        except SlackApiError as error:
            return _refused(error.response.get("error", ""), error.response.headers)
        except (SlackClientError, OSError, ValueError) as error:
            return Result(Outcome.LATER, f"{type(error).__name__}: {error}"[:300])
        return Result(Outcome.DELIVERED, "taken by Slack", receipt=f"{answer['channel']} {answer['ts']}")


def as_plain(text: str) -> str:
    """A text in which nothing is a mention or a link (Slack, "Escaping text"), cut to what Slack likes to
    take: beside blocks it is only what a notification shows."""
    cut = text if len(text) <= TEXT_CHARACTERS else text[: TEXT_CHARACTERS - 1] + "…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _refused(word: str, headers: Mapping[str, Any]) -> Result:
    if word == "ratelimited":
        return Result(Outcome.LATER, "Slack asks to wait: ratelimited", _asked(headers))
    if word in _NOBODY:
        return Result(Outcome.GONE, f"Slack knows no such member, channel or message: {word}")
    if word in _OUR_SETTINGS:
        return Result(Outcome.MISCONFIGURED, f"Slack refuses the token or what it may do: {word}")
    if word in _OUR_TEXT:
        return Result(Outcome.IMPOSSIBLE, f"Slack cannot take the text: {word}")
    detail = f"Slack refused it: {word or 'no word why'}"
    return Result(Outcome.LATER, detail, only_this=bool(word) and word not in _SLACKS_TROUBLE)


def _asked(headers: Mapping[str, Any]) -> timedelta | None:
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    text = str(given[0] if isinstance(given, list) else given or "")
    return min(timedelta(seconds=int(text)), LONGEST_WAIT) if text.isdecimal() and len(text) < 7 else None

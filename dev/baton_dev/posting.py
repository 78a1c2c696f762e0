"""Posts a plan to intake as patient clients would, at a steady rate, with a ledger of what was promised."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx

from baton_dev.ledger import Accepted, Ledger
from baton_dev.planting import Post

_CONNECTIONS = 64
_PATIENCE = 60.0
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client heard in the end. `seconds` run from the moment the post was due.

    `status` is 0 when nobody answered for a minute.
    """

    post: Post
    status: int
    submission: UUID | None
    seconds: float


@dataclass(frozen=True)
class Posted:
    """All answers, in the order of the plan; `seconds` from the first post to the last answer."""

    answers: tuple[Answer, ...]
    seconds: float
    tried_again: int

    @property
    def statuses(self) -> Counter[int]:
        """How many answers had each HTTP status."""
        return Counter(answer.status for answer in self.answers)

    @property
    def submissions(self) -> set[UUID]:
        """The submissions that intake promised to keep."""
        return {answer.submission for answer in self.answers if answer.submission is not None}

    def quantile(self, share: float) -> float:
        """The seconds within which `share` of the posts were answered."""
        ordered = sorted(answer.seconds for answer in self.answers)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def send(
    posts: Sequence[Post], intake: str, *, rate: float, lines: tuple[str, ...], ledger: Ledger
) -> Posted:
    """Send each post at its moment, `rate` a second, and again while intake asks for it (503) or is away."""
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    async with httpx.AsyncClient(base_url=intake, timeout=20, limits=limits, trust_env=False) as http:
        client = _Client(http, ledger, lines)
        started = time.monotonic()
        sending: list[asyncio.Task[Answer]] = []
        for place, post in enumerate(posts):
            due = started + place / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sending.append(asyncio.create_task(client.send(post, due)))
        answers = await asyncio.gather(*sending)
        return Posted(tuple(answers), time.monotonic() - started, client.tried_again)


class _Client:
    def __init__(self, http: httpx.AsyncClient, ledger: Ledger, lines: tuple[str, ...]) -> None:
        self._http = http
        self._ledger = ledger
        self._lines = lines
        self.tried_again = 0

    async def send(self, post: Post, due: float) -> Answer:
        response = await self._ask(post)
        answered = time.monotonic() - due
        submission = None
        if response is not None and response.status_code == 202:
            submission = UUID(response.json()["submission_id"])
            await self._ledger.keep(Accepted(submission, post.form_key, post.key or "", self._lines))
        return Answer(post, 0 if response is None else response.status_code, submission, answered)

    async def _ask(self, post: Post) -> httpx.Response | None:
        until = time.monotonic() + _PATIENCE
        headers = {"Content-Type": post.content_type} | ({"Idempotency-Key": post.key} if post.key else {})
        while True:
            pause, response = 1.0, None
            try:
                response = await self._http.post(
                    f"/v1/forms/{post.form_key}/submissions", content=post.body, headers=headers
                )
            except httpx.TransportError:
                pass
            else:
                if response.status_code != 503:
                    return response
                pause = min(float(response.headers.get("Retry-After", "1")), _LONGEST_PAUSE)
            if time.monotonic() > until:
                return response
            self.tried_again += 1
            await asyncio.sleep(pause)

"""The demo on a running stack: sends the samples, plays the reps and shows what becomes of each lead."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from baton_dev.feed import Feed, open_feed
from baton_dev.journal import TOPICS, Journal, Row
from baton_dev.letters import Letter
from baton_dev.mailbox import Mailbox
from baton_dev.publications import Publications
from baton_dev.reps import Reps
from baton_dev.samples import RepActs, Sample, fields_for, samples
from baton_dev.table import render, sentence

_BETWEEN_SAMPLES = 0.4
_LOOK_AGAIN = 1.0
_REDRAW = 0.25
_READ_MAIL = 0.25


@dataclass
class Visit:
    """One showing. `at` is the content of stack.json, `started` a monotonic time, `waited` in seconds."""

    at: dict[str, Any]
    rulebook: dict[str, Any]
    publications: Publications
    run: int
    require_alive: Callable[[], None]
    started: float
    waited: float
    console: Console
    mailbox: Mailbox | None = None

    def __post_init__(self) -> None:
        self.forms: dict[str, Any] = self.rulebook["forms"]
        self.journal = Journal()
        self._acts: dict[int, RepActs] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._first_routed = False
        self._letters_before = self._letters_told = self._newest_letter()
        self._operator = {"Authorization": f"Bearer {self.at['operator_token']}"}

    async def show(self, seconds: float | None) -> None:
        """Show until cancelled, or for `seconds`; PartFailedError when a part of the stack ends."""
        async with (
            httpx.AsyncClient(timeout=10, trust_env=False) as client,
            open_feed(self.at["kafka"], TOPICS) as feed,
        ):
            reps = Reps(client, self.at["router"], self.at["reps"])
            async with asyncio.TaskGroup() as group:
                always = [
                    group.create_task(self._send_samples(client)),
                    group.create_task(self._listen(feed, reps)),
                    group.create_task(self._look(client)),
                    group.create_task(self._watch()),
                    group.create_task(self._draw()),
                    group.create_task(self._read_mail()),
                ]
                if seconds is not None:
                    await asyncio.sleep(seconds)
                    for task in (*always, *self._tasks):
                        task.cancel()

    async def _send_samples(self, client: httpx.AsyncClient) -> None:
        for number, sample in enumerate(samples(self.run, self.forms, list(self.rulebook["lines"])), start=1):
            self._acts[number] = sample.acts
            await self._send(client, number, sample)
            await asyncio.sleep(_BETWEEN_SAMPLES)

    async def _send(self, client: httpx.AsyncClient, number: int, sample: Sample) -> None:
        form = self.forms[sample.form]
        url = f"{self.at['intake']}/v1/forms/{form['key']}/submissions"
        try:
            response = await client.post(url, json=fields_for(sample, form))
        except httpx.TransportError as error:
            self._tell(self.journal.refused(number, sample.who, f"no answer from intake: {error!r}"))
            return
        if response.status_code == 202:
            row = self.journal.sent(number, sample.who, UUID(response.json()["submission_id"]))
            if row.state != "sent":
                self._tell(row)
        else:
            self._tell(self.journal.refused(number, sample.who, _refusal(response)))

    async def _listen(self, feed: Feed, reps: Reps) -> None:
        while True:
            for event in await feed.next_events(0.2):
                row = self.journal.hear(event)
                if row is not None:
                    self._tell(row)
                    self._answer(reps, row)

    def _answer(self, reps: Reps, row: Row) -> None:
        if row.rep and not self._first_routed:
            self._first_routed = True
            elapsed = time.monotonic() - self.started
            waited = f", {self.waited:.0f} s of them for the rulebook" if self.waited else ""
            self.console.print(f"[bold]first lead with a rep {elapsed:.1f} s after the start{waited}[/]")
        if row.sample is None:
            return
        task = asyncio.create_task(reps.answer(row, self._acts.get(row.sample, RepActs.PROMPTLY)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self, client: httpx.AsyncClient) -> None:
        """Ask for what no event tells: deadlines, submissions that opened no lead, who else is there."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN)
            # A service that is away says so in its log, and _watch() names one that has ended.
            with contextlib.suppress(httpx.TransportError):
                for row in self.journal.adopt():
                    self._tell(row)
                for row in self.journal.rows:
                    if row.rep and row.state in ("assigned", "accepted"):
                        await self._look_for_deadline(client, row)
                for submission, row in self.journal.unscored().items():
                    await self._look_for_submission(client, submission, row)
                if news := await self.publications.look(client):
                    self.console.print(news, style="yellow", markup=False, highlight=False, soft_wrap=True)

    async def _look_for_deadline(self, client: httpx.AsyncClient, row: Row) -> None:
        """Ask again while sla-monitor may not have heard the row's last event, or what it said has passed."""
        if row.looks == 0 and row.deadline is not None and row.deadline > datetime.now(UTC):
            return
        row.looks = max(0, row.looks - 1)
        url = f"{self.at['sla_monitor']}/v1/leads/{row.lead_id}/timers"
        answer = await client.get(url, headers=self._operator)
        if answer.is_success:
            row.deadline = next_deadline(answer.json())

    async def _look_for_submission(self, client: httpx.AsyncClient, submission: UUID, row: Row) -> None:
        url = f"{self.at['scoring']}/v1/submissions/{submission}"
        answer = await client.get(url, headers=self._operator)
        if not answer.is_success or row.lead_id is not None:
            return
        found = answer.json()
        state, why = found["state"], [found.get("reason"), found.get("detail")]
        row.why = ": ".join(part for part in why if part) or row.why
        if state != row.state:
            row.state = state
            self._tell(row)

    async def _read_mail(self) -> None:
        """Say what reps got by e-mail: on a terminal the first one, since a page shows them all."""
        while self.mailbox is not None:
            await asyncio.sleep(_READ_MAIL)
            for letter in self.mailbox.letters():
                if letter.number > self._letters_told:
                    is_first = self._letters_told == self._letters_before
                    self._letters_told = letter.number
                    if is_first or not self.console.is_terminal:
                        told = mail_news(letter, self.mailbox.url, is_first=is_first)
                        self.console.print(told, markup=False, highlight=False, soft_wrap=True)

    def _newest_letter(self) -> int:
        letters = self.mailbox.letters() if self.mailbox is not None else []
        return letters[-1].number if letters else 0

    async def _watch(self) -> None:
        while True:
            self.require_alive()
            await asyncio.sleep(0.3)

    async def _draw(self) -> None:
        if not self.console.is_terminal:
            return
        with Live(console=self.console, auto_refresh=False, vertical_overflow="ellipsis") as live:
            try:
                while True:
                    live.update(self._table(in_full=False), refresh=True)
                    await asyncio.sleep(_REDRAW)
            finally:
                live.update(self._table(in_full=True), refresh=True)

    def _table(self, *, in_full: bool) -> Table:
        letters = self._letters_told - self._letters_before
        title = _title(self.at, self.journal.others_left_out, letters)
        return render(self.journal.rows, datetime.now(UTC), title, in_full=in_full)

    def _tell(self, row: Row) -> None:
        if not self.console.is_terminal:
            self.console.print(
                sentence(row, datetime.now(UTC)), soft_wrap=True, markup=False, highlight=False
            )
        row.is_told = True


def next_deadline(answer: Any) -> datetime | None:
    """Return the earliest due time of the timers that still run, out of sla-monitor's answer."""
    timers = answer["timers"] if isinstance(answer, dict) else answer
    running = [timer for timer in timers if timer["state"] in ("pending", "open")]
    return min((datetime.fromisoformat(timer["due_at"]) for timer in running), default=None)


def _refusal(response: httpx.Response) -> str:
    if "json" not in response.headers.get("content-type", ""):
        return f"{response.status_code} {response.text[:200]}"
    problem = response.json()
    return f"{response.status_code}: {problem.get('detail') or problem.get('title')}"


def mail_news(letter: Letter, page: str, *, is_first: bool) -> str:
    """Return what to say of a letter that has come: to whom, where it can be read, and how to answer."""
    parts = [f'e-mail to {letter.to}: "{letter.subject}"', f"read it at {page}/{letter.number}"]
    if letter.link is not None:
        first = ", a page that asks once more before it does anything" if is_first else ""
        parts.append(f"{letter.to.partition('@')[0]} answers at {letter.link}{first}")
    return " · ".join(parts)


def _title(at: dict[str, Any], left_out: int, letters: int) -> str:
    more = f" · {left_out} more in `baton leads`" if left_out else ""
    mail = f" · {letters} e-mails at {at['mailbox']}" if letters else ""
    return (
        f"What became of each lead · intake {at['intake']}{mail}{more} · Ctrl-C stops everything, data stays"
    )

"""Whoever is there on an ordinary day: buyers who fill in forms, a vendor that has leads, reps who answer."""

import hashlib
import hmac
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from baton_dev.faults.company import VENDOR, WEBSITE

LEAD_EVERY, NOTICE_EVERY, ANSWER_EVERY, CROWDED_EVERY = 1.0, 3.0, 3.0, 0.2
"""Seconds between two leads of the website, two of the vendor, two looks of the reps at their leads; and
between two more leads of the website while there is a crowd."""


_JSON = {"Content-Type": "application/json"}


def somebody() -> dict[str, Any]:
    """The fields of a buyer who exists once."""
    return {
        "first_name": "Lucía",
        "last_name": "Ibáñez",
        "email": f"lucia-{uuid.uuid4().hex[:12]}@example.com",
        "company": "Talleres Ebro",
        "job_title": "Operations Director",
        "employees": 240,
        "industry": "manufacturing",
        "country": "ES",
    }


class People:
    """Do what they do until stopped; what is refused or unreachable they leave.

    `intakes` gives the addresses that posts go to in turn, as behind a load balancer; `at` is the stack's
    description, `app_secret` what the vendor signs with.
    """

    def __init__(self, at: dict[str, Any], intakes: Callable[[], Sequence[str]], app_secret: str) -> None:
        self._at = at
        self._app_secret = app_secret
        self._intakes = intakes
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        routine = [(self.buy, LEAD_EVERY), (self.advertise, NOTICE_EVERY), (self.answer, ANSWER_EVERY)]
        self._threads = [
            threading.Thread(target=self._go_on, args=(*each, self._over), daemon=True) for each in routine
        ]

    def start(self) -> None:
        """Begin the day."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def crowd(self) -> Iterator[None]:
        """More buyers than usual."""
        over = threading.Event()
        thread = threading.Thread(target=self._go_on, args=(self.buy, CROWDED_EVERY, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def buy(self) -> int | None:
        """One buyer fills in the website's form; the status of the answer, None without one."""
        return self.post(WEBSITE, somebody())

    def advertise(self) -> int | None:
        """The vendor says that it has a lead."""
        number, now = next(self._numbers), int(time.time())
        value = {"leadgen_id": f"{now}{number:05d}", "page_id": "7", "form_id": "9", "created_time": now}
        entry = {"id": "1", "time": now, "changes": [{"field": "leadgen", "value": value}]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signed = hmac.new(self._app_secret.encode(), body, hashlib.sha256).hexdigest()
        return self._post(VENDOR, body, {"X-Hub-Signature-256": f"sha256={signed}"})

    def post(self, form: str, fields: dict[str, Any]) -> int | None:
        """One post to a form of the rulebook."""
        return self._post(form, json.dumps(fields).encode(), {})

    def _post(self, form: str, body: bytes, headers: dict[str, str]) -> int | None:
        intakes = self._intakes()
        intake = intakes[next(self._numbers) % len(intakes)]
        url = f"{intake}/v1/forms/{self._at['forms'][form]['key']}/submissions"
        with httpx.Client(timeout=10, trust_env=False) as client:
            try:
                return client.post(url, content=body, headers=_JSON | headers).status_code
            except httpx.TransportError:
                return None

    def answer(self) -> None:
        """Each rep takes the leads that are new and calls their buyers."""
        with httpx.Client(base_url=self._at["router"], timeout=10, trust_env=False) as client:
            for rep in self._at["reps"].values():
                client.headers["Authorization"] = f"Bearer {rep['token']}"
                try:
                    self._answer_all(client)
                except httpx.TransportError:
                    return

    def _answer_all(self, client: httpx.Client) -> None:
        found = client.get("/v1/me/assignments")
        if not found.is_success:
            return
        for each in found.json()["assignments"]:
            if each.get("accepted_at") is None:
                self._act(client, each["lead_id"], "accept", {})
                self._act(client, each["lead_id"], "contacted", {"channel": "phone", "result": "reached"})

    def _act(self, client: httpx.Client, lead: str, act: str, report: dict[str, str]) -> None:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        client.post(f"/v1/assignments/{lead}/{act}", json=report, headers=headers)

    @staticmethod
    def _go_on(what: Callable[[], object], every: float, over: threading.Event) -> None:
        while not over.wait(every):
            what()

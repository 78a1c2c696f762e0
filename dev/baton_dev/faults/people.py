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

LEAD_EVERY, NOTICE_EVERY, ANSWER_EVERY = 1.0, 3.0, 3.0
"""Seconds between two leads of the website, two of the vendor, two looks of the reps at their leads."""
POSTS_A_SECOND = 1 / LEAD_EVERY + 1 / NOTICE_EVERY
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
        self._http = httpx.Client(timeout=10, trust_env=False)
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
        self._http.close()

    @contextmanager
    def crowd(self, every: float) -> Iterator[None]:
        """More buyers than usual: one more in so many seconds."""
        over = threading.Event()
        thread = threading.Thread(target=self._go_on, args=(self.buy, every, over), daemon=True)
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
        try:
            return self._http.post(url, content=body, headers=_JSON | headers).status_code
        except httpx.TransportError:
            return None

    def answer(self) -> None:
        """Each rep takes the leads that are new and calls their buyers."""
        for rep in self._at["reps"].values():
            try:
                self._answer_all({"Authorization": f"Bearer {rep['token']}"})
            except httpx.TransportError:
                return

    def _answer_all(self, as_rep: dict[str, str]) -> None:
        found = self._http.get(f"{self._at['router']}/v1/me/assignments", headers=as_rep)
        if not found.is_success:
            return
        for each in found.json()["assignments"]:
            if each.get("accepted_at") is None:
                self._act(as_rep, each["lead_id"], "accept", {})
                self._act(as_rep, each["lead_id"], "contacted", {"channel": "phone", "result": "reached"})

    def _act(self, as_rep: dict[str, str], lead: str, act: str, report: dict[str, str]) -> None:
        headers = as_rep | {"Idempotency-Key": str(uuid.uuid4())}
        self._http.post(f"{self._at['router']}/v1/assignments/{lead}/{act}", json=report, headers=headers)

    @staticmethod
    def _go_on(what: Callable[[], object], every: float, over: threading.Event) -> None:
        while not over.wait(every):
            what()

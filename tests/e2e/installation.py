"""What a test asks of the running installation, as the people around it would: by HTTP only."""

import json
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import httpx

from baton_dev.waiting import wait_until

SECONDS = 90.0
"""So long something may take that takes well under a second when nothing else runs."""
ENDED = ("opened", "joined", "duplicate", "quarantined", "erased")


class RunningService(Protocol):
    """One service, whatever it runs in."""

    def is_alive(self) -> bool:
        """Tell whether it runs."""

    def start(self) -> None:
        """Start it again, without waiting."""

    def await_answer(self) -> None:
        """Return once it is ready."""

    def stop(self) -> None:
        """Ask it to end, and return once it has."""

    def kill(self) -> None:
        """End it without asking."""


class RunningStack(Protocol):
    """Everything at once, as processes or in containers."""

    @property
    def home(self) -> Path:
        """The folder that has the description as stack.json."""

    @property
    def services(self) -> Mapping[str, RunningService]:
        """Each by its package."""

    @property
    def description(self) -> dict[str, Any]:
        """What a client needs to reach it."""

    def start(self) -> None:
        """Start it again with the same data and addresses."""

    def stop(self) -> None:
        """End it; the data stays."""


class Installation:
    """A running stack, spoken to by its website, its reps and its operator."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.at = stack.description
        self._http = httpx.Client(timeout=20, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def form_url(self, form: str) -> str:
        """Where a form of the rulebook is posted to."""
        return f"{self.at['intake']}/v1/forms/{self.at['forms'][form]['key']}/submissions"

    def post(self, form: str, fields: dict[str, Any], *, key: str | None = None) -> UUID:
        """Post a form's fields as JSON; the submission's id. Any answer but 202 is an error."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self._http.post(self.form_url(form), json=fields, headers=headers)
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["submission_id"])

    def post_bytes(
        self, form: str, body: bytes, content_type: str, *, key: str | None = None
    ) -> httpx.Response:
        """Post a body as it is."""
        headers = {"Content-Type": content_type} | ({"Idempotency-Key": key} if key else {})
        return self._http.post(self.form_url(form), content=body, headers=headers)

    def submission(self, submission: UUID) -> dict[str, Any]:
        """What became of a submission, once it is known."""
        found: dict[str, Any] = self.eventually(
            lambda: self.ask("scoring", f"/v1/submissions/{submission}", or_none=True),
            lambda found: found is not None and found["state"] in ENDED,
            f"the state of submission {submission}",
        )
        return found

    def leads_of(self, submission: UUID) -> list[UUID]:
        """The leads a submission opened or joined."""
        found = self.submission(submission)
        assert found["state"] in ("opened", "joined"), found
        return [UUID(lead) for lead in found["lead_ids"]]

    def routed(self, lead: UUID) -> dict[str, Any]:
        """Router's view of a lead, once it has been decided about."""
        found: dict[str, Any] = self.eventually(
            lambda: self.ask("router", f"/v1/leads/{lead}", or_none=True),
            lambda found: found is not None and found["state"] != "stub",
            f"a decision about lead {lead}",
        )
        return found

    def assigned(self, lead: UUID) -> dict[str, Any]:
        """The open round of a lead, once it has a rep."""
        found = self.eventually(
            lambda: self.ask("router", f"/v1/leads/{lead}", or_none=True),
            lambda found: found is not None and found["state"] == "assigned",
            f"a rep for lead {lead}",
        )
        (open_round,) = [each for each in found["assignments"] if each["ended_at"] is None]
        return dict(open_round)

    def act(self, lead: UUID, rep: str, act: str, report: dict[str, Any] | None = None) -> None:
        """Do something with a lead as its rep. Any refusal is an error."""
        headers = self._as_rep(rep) | {"Idempotency-Key": str(uuid.uuid4())}
        url = f"{self.at['router']}/v1/assignments/{lead}/{act}"
        answer = self._http.post(url, json=report or {}, headers=headers)
        assert answer.is_success, answer.text

    def assignments(self, rep: str) -> dict[UUID, dict[str, Any]]:
        """What a rep sees, by lead."""
        answer = self._http.get(f"{self.at['router']}/v1/me/assignments", headers=self._as_rep(rep))
        return {UUID(each["lead_id"]): each for each in answer.json()["assignments"]}

    def timers(self, lead: UUID) -> list[dict[str, Any]]:
        """The promises on a lead as sla-monitor knows them."""
        found = self.ask("sla_monitor", f"/v1/leads/{lead}/timers", or_none=True)
        return [] if found is None else list(found["timers"])

    def breaches(self) -> list[tuple[UUID, str]]:
        """Lead and kind of every breach that was ever said."""
        found, after = [], 0
        while True:
            page = self.ask("sla_monitor", f"/v1/firings?after={after}&limit=500")
            found += [
                (UUID(each["event"]["lead_id"]), each["event"]["kind"])
                for each in page["firings"]
                if each["level"] == "breach"
            ]
            if not page["firings"]:
                return found
            after = page["next_cursor"]

    def unaccounted(self) -> int:
        """What the four services together cannot account for."""
        names = ("intake", "scoring", "router", "sla_monitor")
        return sum(int(self.ask(name, "/v1/conservation")["unaccounted"]) for name in names)

    def ask(self, service: str, path: str, *, or_none: bool = False) -> Any:
        """GET as the operator; with `or_none` a 404 is None."""
        headers = {"Authorization": f"Bearer {self.at['operator_token']}"}
        answer = self._http.get(f"{self.at[service]}{path}", headers=headers)
        if or_none and answer.status_code == 404:
            return None
        assert answer.is_success, (path, answer.status_code, answer.text)
        return json.loads(answer.content)

    def eventually(self, question: Callable[[], Any], holds: Callable[[Any], bool], what: str) -> Any:
        """Ask until the answer is as it should be."""
        answer: Any = None

        def is_so() -> bool:
            nonlocal answer
            answer = question()
            return holds(answer)

        wait_until(is_so, SECONDS, what)
        return answer

    def _as_rep(self, rep: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.at['reps'][rep]['token']}"}


def somebody(**more: Any) -> dict[str, Any]:
    """The fields of a buyer who exists once; as such, a perfect lead where a demo is asked for."""
    number = uuid.uuid4()
    return {
        "first_name": "Lucía",
        "last_name": "Ibáñez",
        "email": f"lucia-{number.hex[:12]}@example.com",
        "company": "Talleres Ebro",
        "job_title": "Operations Director",
        "employees": 240,
        "industry": "manufacturing",
        "country": "ES",
    } | more

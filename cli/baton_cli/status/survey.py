"""Asks every service how it is and puts the answers into one document."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from baton_cli.client import Client, items
from baton_cli.dlq import AT_ONCE, STORES, is_sent_back
from baton_cli.errors import CommandFailed, FoundNothing
from baton_cli.output import progress
from baton_cli.stack import Service
from baton_cli.status import messages, rulebooks
from baton_cli.status.metrics import Reading, read_metrics, stalled
from baton_cli.status.verdict import judge, notes
from baton_cli.version import installed

HELD_SHOWN = 500
PAGE, PAGES = 500, 10
"""Of the quarantine: so many at once, and so many times."""
SENDERS = (Service.ROUTER, Service.SLA_MONITOR)
"""Who sends messages and lists those on their way."""
LOOKS = 6
SECONDS_BETWEEN_LOOKS = 2.0
"""A consumer that is behind and reads nothing over all looks stands still. Services count lag every five
seconds, so a figure caught between two batches needs that long to clear."""
_PASSWORD = re.compile(r"(//[^:/@]*):[^/]*@")
_NAMED_PASSWORD = re.compile(r"\bpassword=[^&\s]*[&\s]?")


class Survey:
    """One look at an installation. What cannot be learned is a problem in its document, no exception."""

    def __init__(
        self,
        client: Client,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._pause = pause
        self._now = now
        self.problems: list[str] = []

    def take(self) -> dict[str, Any]:
        """The whole document; `ok` is false when `problems` lists anything."""
        services = {each: self._service(each) for each in Service}
        answering = [each for each in Service if services[each]["answers"]]
        readings = self._readings(answering)
        is_scoring_here = Service.SCORING in answering
        active = self._asked(Service.SCORING, "/v1/rulebooks/active") if is_scoring_here else None
        document = {
            **self._file(),
            "versions": self._versions(readings, active),
            "forms": forms_of(active) if active else None,
            "served": self._served() if Service.INTAKE in answering else None,
            "services": {each.value: found for each, found in services.items()},
            "lag": {each.value: _lag(reading) for each, reading in readings.items()},
            "spool": readings[Service.INTAKE].spool if Service.INTAKE in readings else None,
            "unowned": readings[Service.ROUTER].unowned if Service.ROUTER in readings else None,
            "rulebooks": rulebooks.versions({each.value: reading for each, reading in readings.items()}),
            "messages": self._messages(each for each in SENDERS if each in answering),
            "held": self._held() if Service.ROUTER in answering else None,
            "quarantine": self._quarantine() if is_scoring_here else None,
            "alerts": self._alerts() if is_scoring_here else None,
            "agreement": self._agreement() if Service.SLA_MONITOR in answering else None,
            "dead_letters": self._dead_letters(each for each in STORES if each in answering),
            "conservation": self._conservation(answering),
        }
        self.problems += judge(document)
        return {"ok": not self.problems, "problems": self.problems, "notes": notes(document)} | document

    def _file(self) -> dict[str, Any]:
        """What is known without asking anybody."""
        stack = self._client.stack
        addresses: dict[str, Any] = {each.value: address for each, address in stack.addresses.items()}
        more = {name: stack.content[name] for name in ("kafka", "dsn") if name in stack.content}
        addresses |= without_passwords(more)
        return {
            "stack_file": stack.file,
            "started_at": stack.content.get("started_at"),
            "addresses": addresses,
            "credentials": {
                "operator_token": stack.operator_token,
                "reps": stack.content.get("reps", {}),
            },
        }

    def _service(self, service: Service) -> dict[str, Any]:
        try:
            response = self._client.answer("GET", service, "/readyz")
            content = response.json() if response.content else {}
        except (CommandFailed, ValueError) as error:
            self.problems.append(str(error))
            return {"answers": False, "ready": False, "reasons": {}}
        reasons = content.get("reasons", {}) if isinstance(content, dict) else {}
        if not response.is_success:
            why = "; ".join(f"{part}: {reason}" for part, reason in reasons.items()) or response.status_code
            self.problems.append(f"{service.spoken} is not ready ({why}).")
        return {"answers": True, "ready": response.is_success, "reasons": reasons}

    def _readings(self, services: Iterable[Service]) -> dict[Service, Reading]:
        """The metrics of each service; one that is behind is looked at until it moves, or the looks end."""
        found = {each: reading for each in services if (reading := self._reading(each)) is not None}
        first = dict(found)
        waiting = {each: sorted(reading.behind()) for each, reading in found.items() if reading.behind()}
        for _ in range(LOOKS):
            if not waiting:
                break
            progress(f"{', '.join(each.spoken for each in waiting)}: behind; looking again ...")
            self._pause(SECONDS_BETWEEN_LOOKS)
            found |= {each: again for each in waiting if (again := self._reading(each)) is not None}
            still = {each: stalled(first[each], found[each]) for each in waiting}
            waiting = {each: names for each, names in still.items() if names}
        self.problems += [
            f"{each.spoken}: consumer {name} stands still, {found[each].behind()[name]} records behind."
            for each, names in waiting.items()
            for name in names
        ]
        return found

    def _reading(self, service: Service) -> Reading | None:
        try:
            return read_metrics(self._client.request("GET", service, "/metrics").text)
        except (CommandFailed, ValueError) as error:
            self.problems.append(f"The metrics of {service.spoken} cannot be read: {error}")
            return None

    def _asked(self, service: Service, path: str, **params: Any) -> Any:
        """The answer, or None and a problem."""
        try:
            return self._client.get(service, path, **params)
        except CommandFailed as error:
            self.problems.append(str(error))
            return None

    def _served(self) -> list[dict[str, Any]] | None:
        """The forms as intake serves them, with the secrets that are missing there."""
        found = self._asked_if_known(Service.INTAKE, "/v1/forms")
        return None if found is None else items(found, "forms")

    def _agreement(self) -> dict[str, Any] | None:
        """How many objections wait for a decision, and which months for whose signature."""
        found: dict[str, Any] | None = self._asked_if_known(Service.SLA_MONITOR, "/v1/agreement/waiting")
        return found

    def _messages(self, senders: Iterable[Service]) -> dict[str, dict[str, Any]]:
        """What each has on its way; nothing of one that does not tell."""
        asks = {"state": "pending", "limit": messages.LISTED}
        found = {each: self._asked_if_known(each, "/v1/deliveries", **asks) for each in senders}
        return {
            sender.value: messages.counted(items(answer, "deliveries"), self._now())
            for sender, answer in found.items()
            if answer is not None
        }

    def _asked_if_known(self, service: Service, path: str, **params: Any) -> Any:
        """The answer, or None: with a problem, unless the service is of an earlier version, which does not
        tell."""
        try:
            return self._client.get(service, path, **params)
        except FoundNothing:
            return None
        except CommandFailed as error:
            self.problems.append(str(error))
            return None

    def _versions(self, readings: dict[Service, Reading], active: Any) -> dict[str, Any]:
        versions: dict[str, Any] = {
            **self._client.stack.content.get("versions", {}),
            "installed": installed(),
        }
        versions["services"] = {
            each.value: found.version for each, found in readings.items() if found.version
        }
        if active:
            versions["rulebook"] = active["version"]
        return versions

    def _held(self) -> dict[str, Any] | None:
        answer = self._asked(Service.ROUTER, "/v1/held", limit=HELD_SHOWN)
        if answer is None:
            return None
        leads = items(answer, "held")
        counted = answer.get("total") if isinstance(answer, dict) else None
        reasons = Counter(str(lead.get("hold_reason")) for lead in leads)
        total = len(leads) if counted is None else counted
        return {"total": total, "by_reason": dict(reasons.most_common())}

    def _quarantine(self) -> dict[str, Any] | None:
        """How many submissions wait for a person, by reason; of very many those of the newest pages."""
        reasons: Counter[str] = Counter()
        cursor: str | None = None
        for _ in range(PAGES):
            page = self._asked(Service.SCORING, "/v1/quarantine", limit=PAGE, cursor=cursor)
            if page is None:
                return None
            reasons.update(str(each["reason"]) for each in items(page, "quarantine"))
            cursor = page.get("next")
            if cursor is None:
                break
        return {
            "total": reasons.total(),
            "by_reason": dict(reasons.most_common()),
            "is_more": cursor is not None,
        }

    def _alerts(self) -> list[dict[str, Any]] | None:
        """Open alerts about forms, each with its kind, its form and what it says in short."""
        answer = self._asked(Service.SCORING, "/v1/alerts", state="open", limit=AT_ONCE)
        if answer is None:
            return None
        told = ("alert", "form", "subject")
        return [{name: each[name] for name in told} for each in items(answer, "alerts")]

    def _dead_letters(self, stores: Iterable[Service]) -> dict[str, Any]:
        by_service: dict[str, int] = {}
        stopped: list[dict[str, Any]] = []
        for store in stores:
            answer = self._asked(store, "/v1/dead-letters", limit=AT_ONCE)
            if answer is not None:
                letters = items(answer, "dead_letters")
                by_service[store.value] = sum(not is_sent_back(letter) for letter in letters)
                stopped += [{"service": store.value} | stop for stop in items(answer, "stopped")]
        return {"total": sum(by_service.values()), "by_service": by_service, "stopped": stopped}

    def _conservation(self, services: Iterable[Service]) -> dict[str, Any]:
        hops: list[dict[str, Any]] = []
        for service in services:
            answer = self._asked(service, "/v1/conservation")
            if answer is not None:
                hops += [{"service": service.value} | hop for hop in answer["hops"]]
        return {"unaccounted": sum(hop["unaccounted"] for hop in hops), "hops": hops}


def forms_of(published: dict[str, Any]) -> dict[str, Any]:
    """The forms of a published rulebook by id: name, status and publishable key."""
    forms = published.get("rulebook", {}).get("forms", {})
    keys = ("name", "status", "key")
    return {name: {key: forms[name].get(key) for key in keys} for name in sorted(forms)}


def without_passwords(value: Any) -> Any:
    """The same, less the passwords in addresses: postgresql://user:password@host/name, or password=... ."""
    if isinstance(value, dict):
        return {name: without_passwords(each) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    return _NAMED_PASSWORD.sub("", _PASSWORD.sub(r"\1@", value))


def _lag(reading: Reading) -> dict[str, Any]:
    return {"by_consumer": reading.lag, "behind": reading.behind()}

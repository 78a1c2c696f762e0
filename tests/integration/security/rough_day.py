"""A day on which everything that can go wrong with somebody's data does, so that logs have much to tell."""

import asyncio
import base64
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from baton_dev.waiting import wait_until
from tests.e2e.installation import Installation, somebody
from tests.integration.security.company import Installed

AWAY = {"dead letter", "Kafka cannot be used", "PostgreSQL cannot be used", "request failed"}
"""Events that the day must have left in the logs, or it was none."""
BACK_SECONDS = 240.0
"""A consumer that fell silent with its broker is replaced after 30 seconds; the rest is for busy machines."""


@dataclass(frozen=True)
class Marks:
    """Words that stand for a person: each occurs nowhere else, so that one in a log is a leak."""

    by_name: Mapping[str, str] = field(
        default_factory=lambda: {
            "e-mail": f"zyx{uuid4().hex[:10]}@example.com",
            "first name": f"Quirina{uuid4().hex[:8]}",
            "last name": f"Vandersloot{uuid4().hex[:8]}",
            "company": f"Hidrocal{uuid4().hex[:8]}",
            "phone": "+34655943817",
            "phone as typed": "655 943 817",
            "message": f"wants{uuid4().hex[:12]}",
            "address of the visitor": "203.0.113.77",
            "wrong token": f"tok{uuid4().hex}",
            "note of a rep": f"note{uuid4().hex[:10]}",
            "page": f"visitor-{uuid4().hex[:10]}",
        }
    )

    def person(self, **more: Any) -> dict[str, Any]:
        """Their fields, as a form has them."""
        known = self.by_name
        return (
            somebody(
                email=known["e-mail"],
                first_name=known["first name"],
                last_name=known["last name"],
                company=known["company"],
                phone=known["phone as typed"],
                message=known["message"],
                page_url=f"https://www.aurora.example/{known['page']}?email={known['e-mail']}",
            )
            | more
        )


def rough_day(running: Installed, baton: Installation, marks: Marks) -> None:
    """Bring it all about. Returns once each part has had its share."""
    with httpx.Client(timeout=20, trust_env=False, headers=_behind_proxy(marks)) as client:
        _good_leads(client, baton, marks)
        _bad_posts(client, baton, marks)
        _wrong_callers(client, baton, marks)
        _imported(client, baton, marks)
        _unreadable_records(running, baton, marks)
        _handlers_that_break(running, baton, marks)
        _servers_away(running, baton, marks)
        _erased(client, baton, marks)


def _behind_proxy(marks: Marks) -> dict[str, str]:
    return {"X-Forwarded-For": marks.by_name["address of the visitor"]}


def _good_leads(client: httpx.Client, baton: Installation, marks: Marks) -> None:
    person = marks.person()
    for how in (
        {"json": person},
        {"data": person},
        {"files": {k: (None, str(v)) for k, v in person.items()}},
    ):
        answer = client.post(baton.form_url("demo-request"), **how)
        assert answer.status_code == 202, answer.text
    (lead,) = baton.leads_of(baton.post("demo-request", person))
    rep = baton.assigned(lead)["rep_id"]
    note = marks.by_name["note of a rep"]
    baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached", "evidence": note})
    url = f"{baton.at['router']}/v1/assignments/{lead}"
    as_rep = {"Authorization": f"Bearer {baton.at['reps'][rep]['token']}"}
    for body in ({"reason": {"text": note}}, {"reason": note * 500}, [note]):
        assert client.post(f"{url}/reject", json=body, headers=as_rep).is_client_error
    baton.eventually(
        lambda: baton.ask("router", "/v1/deliveries?limit=50"),
        lambda found: len({each["channel"] for each in found["deliveries"] if each["attempts"]}) >= 3,
        "messages to have failed by several channels",
    )


def _bad_posts(client: httpx.Client, baton: Installation, marks: Marks) -> None:
    known, url = marks.by_name, baton.form_url("demo-request")
    email, message = known["e-mail"], known["message"]
    for body, kind in (
        (f'{{"email": "{email}", "message": ', "application/json"),
        (f"email={email}&email=%GG", "application/x-www-form-urlencoded"),
        (f"--x\r\nno header {email}", "multipart/form-data; boundary=x"),
        (f"<lead>{email}</lead>", "text/xml"),
        (json.dumps({"email": f"{message} is no address {email}@@"}), "application/json"),
        (json.dumps({"email": [email, {"deep": message}]}), "application/json"),
        (json.dumps({"email": email, "message": message * 8000}), "application/json"),
    ):
        assert client.post(url, content=body.encode(), headers={"Content-Type": kind}).status_code >= 200
    shop = baton.form_url("shop")
    signed = {
        "webhook-id": email,
        "webhook-timestamp": "1",
        "webhook-signature": f"v1,{known['wrong token']}",
    }
    assert client.post(shop, json=marks.person(), headers=signed).is_client_error
    assert client.post(f"{baton.at['intake']}/v1/forms/{email}/submissions", json={}).is_client_error
    assert client.post(f"{baton.at['intake']}/v1/signals", json={"email": email, "kind": message}).status_code
    assert client.post(url, json=marks.person(fax_number=message)).status_code == 202, "a robot's"
    _raw(urlsplit(url).port or 0, f"POST /{email} HTTP/9.9\r\nHost: {email}\r\n\r\n{message}")
    _raw(urlsplit(url).port or 0, f"\x16\x03{email}\r\n\r\n")


def _raw(port: int, text: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text.encode())
        connection.recv(1000)


def _wrong_callers(client: httpx.Client, baton: Installation, marks: Marks) -> None:
    known = marks.by_name
    wrong = {"Authorization": f"Bearer {known['wrong token']}"}
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    for service in ("intake", "scoring", "router", "sla_monitor"):
        base = baton.at[service]
        for path in ("/v1/conservation", f"/v1/leads/{known['e-mail']}", f"/v1/leads?q={known['e-mail']}"):
            client.get(base + path, headers=wrong)
            client.get(base + path, headers=operator)
        client.post(f"{base}/v1/leads", content=f'{{"email": "{known["e-mail"]}', headers=operator)
    links = f"{baton.at['router']}/a/{known['wrong token']}"
    assert client.get(links).status_code >= 400
    scoring = baton.at["scoring"]
    for body in ({"email": known["e-mail"]}, {"email": {"x": known["e-mail"]}}, {"phone": known["phone"]}):
        client.post(f"{scoring}/v1/persons/show", json=body, headers=operator)
        client.post(f"{scoring}/v1/persons/erase", json=body | {"by": known["first name"]}, headers=wrong)


def _imported(client: httpx.Client, baton: Installation, marks: Marks) -> None:
    known = marks.by_name
    rows = f"email,first_name,phone\r\n{known['e-mail']},{known['first name']},{known['phone']}\r\n"
    rows += f'{known["message"]} at nowhere,{known["last name"]},12\r\n"{known["company"]},open quote\r\n'
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}", "Content-Type": "text/csv"}
    answer = client.post(
        f"{baton.at['intake']}/v1/imports?form=generic&name={known['e-mail']}",
        content=rows.encode(),
        headers=operator,
    )
    if answer.status_code == 202:
        where = f"/v1/imports/{answer.json()['import_id']}"
        baton.eventually(
            lambda: baton.ask("intake", where),
            lambda found: found.get("state") not in ("waiting", "running"),
            "the import",
        )


def _unreadable_records(running: Installed, baton: Installation, marks: Marks) -> None:
    value = json.dumps({"submission_id": "none", "email": marks.by_name["e-mail"]} | marks.person()).encode()
    before = _letters(baton)
    topics = (
        "lead-submitted",
        "lead-imported",
        "lead-signalled",
        "lead-scored",
        "lead-routed",
        "lead-progressed",
    )
    asyncio.run(publish(running.stack.kafka.bootstrap, [(topic, value) for topic in topics]))
    baton.eventually(lambda: _letters(baton), lambda now: now >= before + 4, "dead letters")


async def publish(bootstrap: str, records: list[tuple[str, bytes]]) -> None:
    """Write values that are no events of ours, with headers and without."""
    headers = [("ce_id", base64.b64encode(b"id")), ("ce_type", b"lead-submitted")]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for topic, value in records:
            await producer.send_and_wait(topic, value, key=value[:100], headers=headers)
            await producer.send_and_wait(topic, value)


def _letters(baton: Installation) -> int:
    services = ("scoring", "router", "sla_monitor")
    return sum(len(baton.ask(name, "/v1/dead-letters?limit=500")["dead_letters"]) for name in services)


def _handlers_that_break(running: Installed, baton: Installation, marks: Marks) -> None:
    """An error that nobody expected, in the middle of somebody's lead: consumers bury it, requests fail."""
    scoring = running.stack.services["scoring"]
    before = _letters(baton)
    scoring.stop()
    scoring.env["BATON_FAILPOINTS"] = "consumer.in_transaction=error:unknown,unit.before_commit=error:unknown"
    scoring.start()
    scoring.await_answer()
    baton.post("newsletter", marks.person(), key=uuid4().hex)
    baton.eventually(lambda: _letters(baton), lambda now: now > before, "one more dead letter")
    order = {"email": marks.by_name["e-mail"], "by": marks.by_name["first name"], "reason": "asked"}
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    url = f"{baton.at['scoring']}/v1/persons/erase"
    answer = httpx.post(url, json=order, headers=operator, timeout=20, trust_env=False)
    assert answer.status_code == 500, answer.text
    scoring.stop()
    del scoring.env["BATON_FAILPOINTS"]
    scoring.start()
    scoring.await_answer()


def _servers_away(running: Installed, baton: Installation, marks: Marks) -> None:
    """Leads come while neither server is there, and acts fail."""
    running.stack.kafka.kill()
    running.stack.postgres.kill()
    submission = baton.post("newsletter", marks.person(), key=uuid4().hex)
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    for service in ("scoring", "router", "sla_monitor"):
        url = f"{baton.at[service]}/v1/leads?q={marks.by_name['e-mail']}"
        httpx.get(url, headers=operator, timeout=30, trust_env=False)
    running.stack.postgres.start(deadline=300)
    running.stack.kafka.start(deadline=300)
    where = f"/v1/submissions/{submission}"
    wait_until(
        lambda: baton.ask("scoring", where, or_none=True) is not None,
        BACK_SECONDS,
        "what came meanwhile to be known",
    )


def _erased(client: httpx.Client, baton: Installation, marks: Marks) -> None:
    order = {"email": marks.by_name["e-mail"], "by": "dpo", "reason": "asked"}
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    answer = client.post(f"{baton.at['scoring']}/v1/persons/erase", json=order, headers=operator)
    assert answer.is_success, answer.text

"""What a CRM says comes back: owners, outcomes, our own echoes, and what nothing can be done with."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hubspot.utils.signature import Signature

from lead_events import Consent
from router.crm.applier import CrmApplier
from service_kit.unit import Unit
from tests.integration.router.crm.conftest import SECRETS, CrmWorld
from tests.integration.router.crm.crms import EVENTS, Crm, book, contacts
from tests.integration.router.worlds import lead_id, rep


class Handing:
    """Stands for the handler that gives a lead to a named rep; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[UUID, str, str]] = []

    async def assign(self, unit: Unit, lead: UUID, rep: str, by: str) -> None:
        self.asked.append((lead, rep, by))


def handing(world: CrmWorld) -> Handing:
    """Have owners handed over to a recorder."""
    made, office = Handing(), world.wiring.crm
    office.applier = CrmApplier(world.runtime, office.books, world.wiring.acts, made)
    return made


def event(world: CrmWorld, field: str, value: str, *, ago: float = 0, **more: Any) -> dict[str, Any]:
    at = world.clock.now() - timedelta(seconds=ago)
    return {"id": f"{field}-{value}-{ago}", "object": "c-1", "field": field, "value": value} | {
        "at": int(at.timestamp() * 1000),
        **more,
    }


async def say(
    world: CrmWorld, *events: dict[str, Any], secret: str = SECRETS["crm-events"], name: str = "own"
) -> httpx.Response:
    body = json.dumps(list(events)).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    async with world.client() as client:
        return await client.post(f"/v1/crm/{name}/events", content=body, headers={"X-Signature": digest})


async def state(world: CrmWorld) -> list[tuple[str, str]]:
    found = await world.rows("SELECT state, why FROM crm_events ORDER BY occurred_at, id")
    return [(row["state"], row["why"]) for row in found]


async def test_an_outcome_there_is_the_act_of_who_has_the_lead(known: CrmWorld) -> None:
    answer = await say(known, event(known, "stage", "won", amount="1200.50", money="EUR"))
    assert (answer.status_code, answer.json()) == (202, {"taken": 1, "known": 0, "of_no_matter": 0})
    await known.apply()
    [told] = known.progressed("ada")
    assert (told.kind, told.rep_id) == ("outcome", "ana")
    assert (told.proof, told.evidence) == ("proved", "own:c-1")
    assert told.outcome is not None
    assert told.outcome.value is not None
    assert (told.outcome.result, told.outcome.value.minor, told.outcome.value.currency) == (
        "won",
        120050,
        "EUR",
    )
    assert known.kinds("ada")[-1] == "closed"


@pytest.fixture
async def telling(known: CrmWorld, crm: Crm) -> CrmWorld:
    """The CRM is told of contacts too."""
    connection = contacts(crm, events=EVENTS)
    connection["requests"]["accepted"]["on"].append("contacted")
    await known.publish_rulebook(book(connection), 2)
    crm.asked.clear()
    return known


async def test_a_call_that_is_logged_there_is_a_proved_try_and_not_told_back(
    telling: CrmWorld, crm: Crm
) -> None:
    at = telling.clock.now() - timedelta(minutes=4)
    logged = event(telling, "call", "1", ago=240)
    await say(telling, logged, logged)
    await telling.apply()
    [told] = telling.progressed("ada")
    assert (told.kind, told.contact, told.channel, told.at) == ("contacted", "attempt", "phone", at)
    assert (told.proof, told.evidence, told.rep_id) == ("proved", "own:c-1", "ana")
    await telling.tell()
    assert crm.asked == [], "what the CRM said is not said to it again"
    await telling.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await telling.tell()
    assert [each.document["status"] for each in crm.asked] == ["contacted"]


async def test_our_own_contact_come_back_and_one_from_before_the_handoff_are_none(
    telling: CrmWorld, crm: Crm
) -> None:
    await say(telling, event(telling, "call", "0", ago=7200))
    await telling.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await telling.tell()
    assert len(crm.asked) == 1
    await say(telling, event(telling, "status", "contacted"))
    await telling.apply()
    assert await state(telling) == [
        ("ignored", "the lead was handed on after it"),
        ("ignored", "our own report, come back"),
    ]
    assert len(telling.progressed("ada")) == 1


async def test_a_call_logged_there_right_after_our_own_telling_is_a_contact(
    telling: CrmWorld, crm: Crm
) -> None:
    """We told a status; nobody but a person logs a call. The time alone says nothing."""
    await telling.act("ana", "ada", "contacted", {"channel": "email", "result": "sent"})
    await telling.tell()
    await say(telling, event(telling, "status", "contacted"), event(telling, "call", "1"))
    await telling.apply()
    assert sorted(each for each, _ in await state(telling)) == ["applied", "ignored"]
    assert [(each.channel, each.proof) for each in telling.progressed("ada")] == [
        ("email", "stated"),
        ("phone", "proved"),
    ]


async def test_each_telling_comes_back_once_and_what_is_set_again_is_somebodys(
    telling: CrmWorld, crm: Crm
) -> None:
    await telling.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await telling.tell()
    await say(telling, event(telling, "status", "contacted", id="ours"))
    await telling.apply()
    await say(telling, event(telling, "status", "contacted", id="somebody's"))
    await telling.apply()
    assert sorted(each for each, _ in await state(telling)) == ["applied", "ignored"]
    assert len(telling.progressed("ada")) == 2


async def test_a_crm_that_says_who_changed_it_is_believed(known: CrmWorld, crm: Crm) -> None:
    connection = contacts(crm, events=EVENTS | {"own": {"/by": "baton"}})
    connection["requests"]["accepted"]["on"].append("contacted")
    await known.publish_rulebook(book(connection), 2)
    await known.act("ana", "ada", "contacted", {"channel": "phone", "result": "no_answer"})
    await known.tell()
    by = [
        ("status", "contacted", "baton"),
        ("call", "1", "baton"),
        ("call", "2", "ana"),
        ("owner", "902", "baton"),
    ]
    await say(known, *(event(known, field, value, by=who) for field, value, who in by))
    await known.apply()
    assert sorted(each for each, _ in await state(known)) == ["applied", "ignored", "ignored", "ignored"]
    assert len(known.progressed("ada")) == 2
    assert known.holder("ada") == "ana"


async def test_the_same_event_again_is_one_act(known: CrmWorld) -> None:
    won = event(known, "stage", "won")
    await say(known, won, won)
    again = await say(known, won)
    assert again.json() == {"taken": 0, "known": 1, "of_no_matter": 0}
    await known.apply()
    await known.apply()
    assert len(known.progressed("ada")) == 1


async def test_a_new_owner_there_gets_the_lead_here(known: CrmWorld) -> None:
    asked = handing(known)
    await say(known, event(known, "owner", "902"))
    await known.apply()
    assert asked.asked == [(lead_id("ada"), "bea", "crm:own")]


async def test_a_rep_whom_the_crm_names_has_the_lead_though_they_are_full(known: CrmWorld, crm: Crm) -> None:
    await known.operate("PATCH", "/v1/reps/bea", json={"capacity": 0})
    await say(known, event(known, "owner", "902"))
    await known.apply()
    assert known.kinds("ada") == ["assigned", "taken_back", "assigned"]
    last = known.routed("ada")[-1]
    assert (last.rep.id if last.rep else None, last.round) == ("bea", 2)
    assert last.why == "owner changed in own: Bea has it now"
    assert await state(known) == [("applied", "handed to bea")]
    await known.loads()
    await known.tell()
    assert crm.asked[-1].document == {"owner": "902"}


async def test_a_partner_whom_the_crm_names_gets_no_lead_whose_person_did_not_agree(
    known: CrmWorld, crm: Crm
) -> None:
    document = book(contacts(crm, events=EVENTS))
    document["roster"]["reps"]["dan"] = rep("Dan", team="outside", crm_id="904")
    document["roster"]["teams"]["outside"] = {"name": "Outside"}
    partners = {"name": "Partners", "reps": ["dan"], "partner_consent": "partners"}
    document["routing"]["pools"]["partners"] = partners
    await known.publish_rulebook(document, 2)
    await say(known, event(known, "owner", "904"))
    await known.apply()
    assert known.holder("ada") == "ana"
    [(became, why)] = await state(known)
    assert became == "unmatched"
    assert why.startswith("dan is a partner, and the person did not agree to partners")
    known.score("ada", consent=Consent(given=True, purposes=["partners"]))
    await known.tell()
    await known.operate("POST", "/v1/crm/unmatched/retry")
    await known.apply()
    assert known.holder("ada") == "dan"


async def test_when_it_was_counts_between_the_handoff_and_now(known: CrmWorld) -> None:
    for ago, counts in ((30, 30), (3600, 0), (-60, 0)):
        await say(known, event(known, "stage", "talking", ago=ago))
        await known.apply()
        told = known.progressed("ada")[-1]
        assert known.clock.now() - told.at == timedelta(seconds=counts), ago
        await known.act("ana", "ada", "outcome", {"result": "meeting"})
        async with known.runtime.database.acquire() as conn:
            await conn.execute("DELETE FROM crm_events")


async def test_our_own_change_come_back_changes_nothing(known: CrmWorld, crm: Crm) -> None:
    """Ana was told to the CRM; Bea has the lead since; the CRM's word of Ana comes last."""
    await known.act("ana", "ada", "decline", {"reason": "on a train"})
    asked = handing(known)
    await say(known, event(known, "owner", "901", ago=600))
    await known.apply()
    assert asked.asked == []
    assert await state(known) == [("ignored", "our own change, come back")]


async def test_our_own_report_come_back_is_no_second_one(known: CrmWorld, crm: Crm) -> None:
    """It comes back without the amount: taken for news it would wipe that out."""
    value = {"minor": 5000, "currency": "EUR"}
    connection = contacts(crm, events=EVENTS)
    connection["requests"]["accepted"]["on"] = ["outcome"]
    await known.publish_rulebook(book(connection), 2)
    await known.act("ana", "ada", "outcome", {"result": "opportunity", "value": value})
    await known.tell()
    await say(known, event(known, "stage", "talking"))
    await known.apply()
    assert len(known.progressed("ada")) == 1
    assert await state(known) == [("ignored", "our own report, come back")]


async def test_an_amount_that_we_did_not_tell_is_news(known: CrmWorld, crm: Crm) -> None:
    connection = contacts(crm, events=EVENTS)
    connection["requests"]["accepted"]["on"] = ["outcome"]
    await known.publish_rulebook(book(connection), 2)
    await known.act("ana", "ada", "outcome", {"result": "won", "value": {"minor": 5000, "currency": "EUR"}})
    await known.tell()
    await say(known, event(known, "stage", "won", amount="50", money="EUR"))
    await say(known, event(known, "stage", "won", amount="60", money="EUR", id="corrected"))
    await known.apply()
    values = [each.outcome.value for each in known.progressed("ada") if each.outcome]
    assert [value.minor for value in values if value] == [5000, 6000]


async def test_a_change_from_before_the_handoff_changes_nothing(known: CrmWorld) -> None:
    asked = handing(known)
    await say(known, event(known, "owner", "902", ago=3600))
    await known.apply()
    assert asked.asked == []
    assert await state(known) == [("ignored", "the lead was handed on after it")]


async def test_of_changes_out_of_order_the_last_one_holds(known: CrmWorld) -> None:
    asked = handing(known)
    await say(known, event(known, "owner", "902", ago=10))
    await known.apply()
    await say(known, event(known, "owner", "903", ago=20))
    await known.apply()
    assert [each[1] for each in asked.asked] == ["bea"]
    assert await state(known) == [
        ("ignored", "older than a change that is applied"),
        ("applied", "handed to bea"),
    ]


async def test_events_of_one_post_are_done_in_the_order_they_happened(known: CrmWorld) -> None:
    await say(known, event(known, "stage", "won"), event(known, "stage", "talking", ago=30))
    await known.apply()
    assert [each.outcome.result for each in known.progressed("ada") if each.outcome] == ["opportunity", "won"]


async def test_an_unknown_object_waits_until_its_id_is_known(routed: CrmWorld, crm: Crm) -> None:
    await routed.publish_rulebook(book(contacts(crm, events=EVENTS)))
    routed.score("ada")
    await routed.read()
    assert (await say(routed, event(routed, "stage", "talking"))).status_code == 202
    await routed.apply()
    [waits] = await routed.unmatched()
    assert (waits["object_id"], waits["why"]) == ("c-1", "no lead is known under this id")
    crm.answers("GET", "/search", 200, {"results": [{"id": "c-1"}]})
    crm.answers("PATCH", "/contacts/c-1", 200)
    routed.clock.advance(1)
    await routed.tell()
    await routed.apply()
    assert await routed.unmatched() == []
    assert [each.kind for each in routed.progressed("ada")] == ["outcome"]


async def test_an_owner_whom_no_rep_is_known_as_is_listed(known: CrmWorld) -> None:
    await say(known, event(known, "owner", "999"))
    await known.apply()
    [waits] = await known.unmatched()
    assert waits["why"] == "no rep of the roster has this crm_id: 999"


async def test_what_was_listed_is_done_once_its_reason_is_gone(known: CrmWorld) -> None:
    asked = handing(known)
    await say(known, event(known, "owner", "999"))
    await known.apply()
    async with known.runtime.database.acquire() as conn:
        await conn.execute("UPDATE reps SET crm_id = '999' WHERE id = 'bea'")
    assert (await known.operate("POST", "/v1/crm/unmatched/retry")).json() == {"again": 1}
    await known.apply()
    assert [each[1] for each in asked.asked] == ["bea"]


async def test_what_cannot_be_done_is_listed_with_the_reason(known: CrmWorld) -> None:
    await known.act("ana", "ada", "reject", {"reason": "student"})
    await say(known, event(known, "stage", "won"))
    await known.apply()
    [waits] = await known.unmatched()
    assert "closed as rejected" in waits["why"]
    assert known.kinds("ada").count("closed") == 1


async def test_a_person_with_two_open_leads_is_asked_about(routed: CrmWorld, crm: Crm) -> None:
    crm.answers("GET", "/search", 200, {"results": [{"id": "c-1"}]})
    crm.answers("PATCH", "/contacts/c-1", 200)
    await routed.publish_rulebook(book(contacts(crm, events=EVENTS)))
    routed.score("main", person="ada")
    routed.score("courses", person="ada", line="training")
    await routed.tell()
    await say(routed, event(routed, "stage", "won"))
    await routed.apply()
    [waits] = await routed.unmatched()
    assert waits["why"].startswith("the person has several open leads")


@pytest.mark.parametrize(
    ("name", "secret", "status"),
    [("own", "another", 401), ("other", "shared-secret", 404), ("own", "shared-secret", 202)],
)
async def test_only_the_crm_itself_is_heard(known: CrmWorld, name: str, secret: str, status: int) -> None:
    answer = await say(known, event(known, "stage", "won"), secret=secret, name=name)
    assert answer.status_code == status, answer.text


async def test_whoever_posts_hears_nothing_of_a_secret_that_is_missing(known: CrmWorld, crm: Crm) -> None:
    signature = {"scheme": "hmac_sha256", "secret": "not-given-yet"}
    await known.publish_rulebook(book(contacts(crm, events={**EVENTS, "signature": signature})), 2)
    answer = await say(known, event(known, "stage", "won"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert not [word for word in ("not-given-yet", "BATON_SECRET", "/") if word in answer.json()["detail"]]


async def test_events_that_mean_nothing_here_are_counted_and_not_kept(known: CrmWorld) -> None:
    answer = await say(known, event(known, "colour", "red"), event(known, "stage", "unheard of"))
    assert answer.json() == {"taken": 0, "known": 0, "of_no_matter": 2}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"7", 422), (b'[{"field": "owner", "value": "1"}]', 422), (b"[1, null]", 202)],
)
async def test_a_body_that_cannot_be_read_is_refused_by_what_is_wrong(
    known: CrmWorld, body: bytes, status: int
) -> None:
    digest = hmac.new(SECRETS["crm-events"].encode(), body, hashlib.sha256).hexdigest()
    async with known.client() as client:
        answer = await client.post(
            "/v1/crm/own/events", content=body, headers={"X-Signature": f"sha256={digest}"}
        )
    assert answer.status_code == status, answer.text


def _signed(url: str, body: str, at: datetime) -> dict[str, str]:
    """As HubSpot's own client computes it."""
    stamp = str(int(at.timestamp() * 1000))
    signature = Signature.get_signature(
        SECRETS["hubspot-app"], body, "v3", http_uri=url, http_method="POST", timestamp=stamp
    )
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}


async def test_hubspot_signs_as_its_own_client_does(known: CrmWorld, crm: Crm) -> None:
    url = "https://baton.example.com/v1/crm/own/events"
    signature = {"scheme": "hubspot_v3", "secret": "hubspot-app", "url": url}
    await known.publish_rulebook(book(contacts(crm, events={**EVENTS, "signature": signature})), 2)
    body, now = json.dumps([event(known, "stage", "talking", why="ñ")]), known.clock.now()
    async with known.client() as client:
        for headers, status in (
            (_signed(url, body, now), 202),
            (_signed(url, body, now - timedelta(minutes=6)), 401),
            (_signed(url + "?x", body, now), 401),
            (_signed(url, body + " ", now), 401),
            ({}, 401),
        ):
            answer = await client.post("/v1/crm/own/events", content=body.encode(), headers=headers)
            assert answer.status_code == status


OUTBOUND = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">
<OrganizationId>00D000000000001</OrganizationId><ActionId>04k1</ActionId>
<Notification><Id>04l000000000001</Id>
<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>c-1</sf:Id>
<sf:OwnerId>902</sf:OwnerId><sf:LastModifiedDate>2026-03-03T09:09:00.000Z</sf:LastModifiedDate></sObject>
</Notification></notifications></soapenv:Body></soapenv:Envelope>"""


async def test_an_outbound_message_of_salesforce_is_read_and_acknowledged(known: CrmWorld, crm: Crm) -> None:
    events = {
        "signature": {"scheme": "token", "secret": "crm-events", "query": "token"},
        "format": "salesforce_xml",
        "items": "/events",
        "id": "/event_id",
        "object": "/Id",
        "record": "contact",
        "occurred_at": "/LastModifiedDate",
        "changes": [{"owner": "/OwnerId"}],
    }
    await known.publish_rulebook(book(contacts(crm, events=events)), 2)
    asked = handing(known)
    async with known.client() as client:
        path = "/v1/crm/own/events?token="
        refused = await client.post(path + "guess", content=OUTBOUND)
        taken = await client.post(path + SECRETS["crm-events"], content=OUTBOUND)
        bomb = OUTBOUND.replace("<soapenv:Envelope", '<!DOCTYPE x [<!ENTITY a "b">]><soapenv:Envelope', 1)
        stopped = await client.post(path + SECRETS["crm-events"], content=bomb)
    assert (refused.status_code, taken.status_code, stopped.status_code) == (401, 200, 422)
    assert "<Ack>true</Ack>" in taken.text
    await known.apply()
    assert [each[1] for each in asked.asked] == ["bea"]

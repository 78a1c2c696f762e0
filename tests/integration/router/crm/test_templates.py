"""The ready templates against what each CRM's own client sends and reads."""

import asyncio
import hashlib
import hmac
import json
from typing import Any, cast

import hubspot
import pytest
import requests
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchResponseSimplePublicUpsertObject,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInput,
    SimplePublicUpsertObject,
)
from simple_salesforce.api import SFType

from rulebook.crm_presets import with_crm_presets
from tests.integration.router.crm.conftest import SECRETS, CrmWorld
from tests.integration.router.crm.crms import Asked, Crm, book

BUYER: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Núñez",
    "phone": "+34600000001",
    "company": 'O"Neill & Co',
    "job_title": "CTO",
}


def connection(template: str, **more: Any) -> dict[str, Any]:
    """As the loader reads it from crm.yaml."""
    merged = with_crm_presets({"own": {"template": template, **more}})
    return cast("dict[str, Any]", merged["own"])


class OfficialHubSpot:
    """The official client's own reading and writing, without its HTTP."""

    def __init__(self) -> None:
        self.api = hubspot.Client.create(access_token="pat-1").crm.contacts.batch_api.api_client

    def read(self, body: bytes, kind: str) -> Any:
        class Response:
            data = body.decode()
            status = 200

        return self.api.deserialize(Response(), kind)

    def write(self, thing: Any) -> Any:
        return self.api.sanitize_for_serialization(thing)


@pytest.fixture
def contact_store(crm: Crm) -> dict[str, Any]:
    """HubSpot's contacts by e-mail, read and answered with the official client's models."""
    official, store = OfficialHubSpot(), dict[str, Any]()

    def upsert(asked: Asked) -> tuple[int, Any] | None:
        if (asked.method, asked.path) != ("POST", "/crm/v3/objects/contacts/batch/upsert"):
            return None
        given = official.read(asked.body, "BatchInputSimplePublicObjectBatchInputUpsert")
        assert isinstance(given, BatchInputSimplePublicObjectBatchInputUpsert)
        [one] = given.inputs
        assert one.id_property == "email"
        is_new = one.id not in store
        store.setdefault(one.id, {}).update(one.properties)
        stamp = "2026-03-03T09:00:00.000Z"
        answer = BatchResponseSimplePublicUpsertObject(
            status="COMPLETE",
            started_at=stamp,
            completed_at=stamp,
            results=[
                SimplePublicUpsertObject(
                    id="501",
                    new=is_new,
                    properties=store[one.id],
                    created_at=stamp,
                    updated_at=stamp,
                    archived=False,
                )
            ],
        )
        return 200, official.write(answer)

    def update(asked: Asked) -> tuple[int, Any] | None:
        if (asked.method, asked.path) != ("PATCH", "/crm/v3/objects/contacts/501"):
            return None
        given = official.read(asked.body, "SimplePublicObjectInput")
        assert isinstance(given, SimplePublicObjectInput)
        next(iter(store.values())).update(given.properties)
        return 200, {"id": "501", "properties": given.properties}

    crm.rules += [upsert, update]
    return store


async def test_hubspot_keeps_a_contact_with_its_owner_and_status(
    routed: CrmWorld, crm: Crm, contact_store: dict[str, Any]
) -> None:
    await routed.publish_rulebook(book(connection("hubspot", url=crm.url)))
    routed.score("ada", **BUYER)
    await routed.tell()
    assert contact_store == {
        "ada@example.com": {
            "email": "ada@example.com",
            "firstname": "Ada",
            "lastname": "Núñez",
            "phone": "+34600000001",
            "jobtitle": "CTO",
            "company": 'O"Neill & Co',
            "hubspot_owner_id": "901",
            "hs_lead_status": "NEW",
        }
    }
    await routed.act("ana", "ada", "accept")
    await routed.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await routed.act("ana", "ada", "outcome", {"result": "opportunity"})
    await routed.act("ana", "ada", "outcome", {"result": "won"})
    await routed.tell()
    told = [each.document["properties"] for each in crm.asked[1:]]
    assert told == [
        {"hs_lead_status": "OPEN"},
        {"hs_lead_status": "IN_PROGRESS"},
        {"hs_lead_status": "OPEN_DEAL", "lifecyclestage": "opportunity"},
        {"lifecyclestage": "customer"},
    ]
    assert await routed.requests("pending") == []


@pytest.mark.parametrize(
    ("status", "comes_to"), [("ATTEMPTED_TO_CONTACT", "attempt"), ("CONNECTED", "conversation")]
)
async def test_a_lead_status_set_in_hubspot_is_a_proved_contact_and_stays_as_it_is_there(
    routed: CrmWorld, crm: Crm, contact_store: dict[str, Any], status: str, comes_to: str
) -> None:
    signature = {"scheme": "hmac_sha256", "secret": "crm-events"}
    hub = connection("hubspot", url=crm.url, events={"signature": signature})
    await routed.publish_rulebook(book(hub))
    routed.score("ada", **BUYER)
    await routed.tell()
    contact_store["ada@example.com"]["hs_lead_status"] = status
    routed.clock.advance(600)
    at = int(routed.clock.now().timestamp() * 1000)
    said = {"eventId": 7, "objectId": 501, "propertyName": "hs_lead_status", "occurredAt": at}
    body = json.dumps([{**said, "propertyValue": status}]).encode()
    sign = hmac.new(SECRETS["crm-events"].encode(), body, hashlib.sha256).hexdigest()
    async with routed.client() as client:
        answer = await client.post("/v1/crm/own/events", content=body, headers={"X-Signature": sign})
    assert answer.json()["taken"] == 1, answer.text
    await routed.apply()
    [told] = routed.progressed("ada")
    assert (told.kind, told.contact, told.proof, told.evidence) == (
        "contacted",
        comes_to,
        "proved",
        "own:501",
    )
    await routed.tell()
    assert contact_store["ada@example.com"]["hs_lead_status"] == status


async def test_hubspot_is_asked_as_its_official_client_asks(
    routed: CrmWorld, crm: Crm, contact_store: dict[str, Any]
) -> None:
    """The same upsert, sent by the official client to the same server: same method, address and body."""
    await routed.publish_rulebook(book(connection("hubspot", url=crm.url)))
    routed.score("ada", **BUYER)
    await routed.tell()
    [ours] = crm.asked
    properties = ours.document["inputs"][0]["properties"]
    one = SimplePublicObjectBatchInputUpsert(id="ada@example.com", id_property="email", properties=properties)
    official = hubspot.Client.create(access_token="pat-1").crm.contacts.batch_api
    official.api_client.configuration.host = crm.url
    answer = await asyncio.to_thread(
        official.upsert, BatchInputSimplePublicObjectBatchInputUpsert(inputs=[one])
    )
    theirs = crm.asked[-1]
    assert (theirs.method, theirs.path) == (ours.method, ours.path)
    assert theirs.document == ours.document
    assert theirs.headers["authorization"] == ours.headers["authorization"]
    assert theirs.headers["content-type"] == ours.headers["content-type"]
    assert (answer.results[0].id, answer.results[0].new) == ("501", False)


async def test_hubspot_is_told_nothing_of_who_has_no_email(
    routed: CrmWorld, crm: Crm, contact_store: dict[str, Any]
) -> None:
    await routed.publish_rulebook(book(connection("hubspot", url=crm.url)))
    routed.score("ada", **BUYER, email=None)
    await routed.tell()
    assert crm.asked == []
    assert [each["detail"] for each in await routed.requests("skipped")] == ["the lead has no person.email"]


def salesforce(crm: Crm) -> dict[str, Any]:
    auth = {"token_url": f"{crm.url}/services/oauth2/token", "client_id": "3MVG9"}
    return connection("salesforce", url=crm.url, auth=auth)


LEAD = "/services/data/v62.0/sobjects/Lead/"


def serves_salesforce(crm: Crm) -> None:
    token = {"access_token": "00D!1", "instance_url": crm.url, "token_type": "Bearer"}
    crm.answers("POST", "/services/oauth2/token", 200, token)
    crm.answers("PATCH", LEAD + "00Q", 204)
    made = {"id": "00Q000000000001", "success": True, "errors": [], "created": True}
    crm.answers("PATCH", LEAD + "Baton_Lead_Id__c/", 201, made)


async def test_salesforce_keeps_a_lead_under_our_id_with_one_token_for_all(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_salesforce(crm)
    await routed.publish_rulebook(book(salesforce(crm)))
    routed.score("ada", first_name="Ada")
    await routed.tell()
    await routed.act("ana", "ada", "contacted", {"channel": "phone", "result": "reached"})
    await routed.tell()
    token, lead, contacted = crm.asked
    assert token.body == b"grant_type=client_credentials&client_id=3MVG9&client_secret=client-secret"
    assert lead.headers["authorization"] == "Bearer 00D!1"
    assert lead.document["OwnerId"] == "901"
    assert (lead.document["LastName"], lead.document["Company"]) == ("(not given)", "(not given)")
    assert "Phone" not in lead.document
    assert contacted.path == LEAD + "00Q000000000001"
    assert contacted.document == {"Status": "Working - Contacted"}


async def test_a_token_that_salesforce_has_ended_is_renewed_at_once(routed: CrmWorld, crm: Crm) -> None:
    serves_salesforce(crm)
    await routed.publish_rulebook(book(salesforce(crm)))
    routed.score("ada")
    await routed.tell()
    crm.answers("POST", "/services/oauth2/token", 200, {"access_token": "00D!2"})

    def ended(asked: Asked) -> tuple[int, Any] | None:
        is_old = asked.headers.get("authorization") == "Bearer 00D!1"
        return (401, [{"errorCode": "INVALID_SESSION_ID"}]) if is_old else None

    crm.rules.insert(0, ended)
    routed.score("bob")
    await routed.tell()
    assert crm.asked[-1].headers["authorization"] == "Bearer 00D!2"
    assert [each["state"] for each in await routed.requests("done")] == ["done", "done"]


async def test_salesforce_is_asked_as_its_usual_client_asks(routed: CrmWorld, crm: Crm) -> None:
    serves_salesforce(crm)
    await routed.publish_rulebook(book(salesforce(crm)))
    routed.score("ada", **BUYER)
    await routed.tell()
    ours = crm.asked[-1]
    sent: list[requests.PreparedRequest] = []

    class Kept(requests.adapters.BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            sent.append(request)
            answer = requests.Response()
            answer.status_code = 201
            return answer

        def close(self) -> None:
            pass

    session = requests.Session()
    session.mount("https://", Kept())
    client = SFType("Lead", "00D!1", "acme.my.salesforce.com", sf_version="62.0", session=session)
    client.upsert(ours.path.removeprefix(LEAD), ours.document)
    [theirs] = sent
    assert (theirs.method, theirs.path_url) == (ours.method, ours.path)
    assert isinstance(theirs.body, str | bytes)
    assert json.loads(theirs.body) == ours.document
    assert theirs.headers["Authorization"] == ours.headers["authorization"]


async def test_rd_station_keeps_a_contact_and_its_owner_by_email(routed: CrmWorld, crm: Crm) -> None:
    token = {"access_token": "rd-1", "expires_in": 86400, "refresh_token": "refresh-1"}
    crm.answers("POST", "/auth/token", 200, token)
    crm.answers("PATCH", "/platform/contacts/email:", 200, {"uuid": "u-1"})
    crm.answers("PUT", "/platform/contacts/u-1/funnels/default", 200, {})
    crm.answers("POST", "/platform/events", 200, {"event_uuid": "e-1"})
    auth = {"token_url": f"{crm.url}/auth/token", "client_id": "rd"}
    await routed.publish_rulebook(book(connection("rd_station", url=crm.url, auth=auth)))
    routed.score("ada", **BUYER)
    await routed.tell()
    await routed.act("ana", "ada", "outcome", {"result": "won", "value": {"minor": 5000, "currency": "BRL"}})
    await routed.tell()
    asked, contact, owner, sale = crm.asked
    assert [each.method for each in crm.asked] == ["POST", "PATCH", "PUT", "POST"]
    assert b"grant_type=refresh_token" in asked.body
    assert b"refresh_token=refresh-1" in asked.body
    assert contact.path == "/platform/contacts/email:ada%40example.com"
    assert owner.document["contact_owner_email"] == "ana@example.com"
    assert sale.document["event_type"] == "SALE"
    assert sale.document["payload"] == {"funnel_name": "default", "email": "ada@example.com", "value": 50}

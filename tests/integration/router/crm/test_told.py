"""What a CRM is told, and in which order, against a server on loopback."""

import asyncio

from delivery.addresses import Allowed
from lead_events.words import CauseKind
from router.crm import ledger
from router.crm.handing import OwnerHandler
from router.crm.office import CrmOffice
from router.crm.sender import CLAIM, connections_at
from router.roster import RepReader
from tests.integration.router.crm.conftest import CrmWorld
from tests.integration.router.crm.crms import Asked, Crm, book, contacts
from tests.integration.router.worlds import lead_id, rep, rulebook
from tests.patience import HANGS_AFTER

MADE = {"id": "c-1"}
NOBODY: dict[str, list[object]] = {"results": []}


def serves_contacts(crm: Crm) -> None:
    crm.answers("GET", "/search", 200, NOBODY)
    crm.answers("POST", "/contacts", 201, MADE)
    crm.answers("PATCH", "/contacts/c-1", 200, MADE)


async def test_a_handoff_makes_a_contact_whose_owner_is_the_rep(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada", phone="+34600000001")
    await routed.tell()
    assert crm.told() == [("GET", "/search?email=ada%40example.com"), ("POST", "/contacts")]
    made = crm.asked[-1]
    assert made.headers["authorization"] == "Bearer tok-1"
    assert made.document == {"email": "ada@example.com", "owner": "901", "phone": "+34600000001"}
    answer = (await routed.operate("GET", f"/v1/crm/leads/{lead_id('ada')}")).json()
    assert [(each["name"], each["object_id"]) for each in answer["objects"]] == [("contact", "c-1")]
    assert [each["state"] for each in answer["requests"]] == ["done"]


async def test_nothing_is_asked_twice(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    await routed.tell()
    assert len(crm.asked) == 2


async def test_an_act_waits_until_the_contact_is_made_and_goes_by_its_id(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    away = crm.answers("POST", "/contacts", 500)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    assert (await routed.act("ana", "ada", "accept")).status_code == 200
    await routed.tell()
    assert ("PATCH", "/contacts/c-1") not in crm.told()
    crm.rules.remove(away)
    routed.clock.advance(60)
    await routed.tell()
    assert crm.told()[-2:] == [("POST", "/contacts"), ("PATCH", "/contacts/c-1")]
    assert crm.asked[-1].document == {"status": "accepted"}


async def test_a_lead_that_was_won_while_the_crm_was_away_is_made_and_won_there(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_contacts(crm)
    away = crm.answers("GET", "/search", 502)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    won = {"result": "won", "value": {"minor": 120050, "currency": "EUR"}}
    assert (await routed.act("ana", "ada", "outcome", won)).status_code == 200
    crm.rules.remove(away)
    routed.clock.advance(60)
    await routed.tell()
    assert crm.asked[-1].document == {"status": "outcome.won", "amount": 1200.5}


async def test_a_lead_handed_on_meanwhile_is_told_of_once_with_who_has_it_now(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_contacts(crm)
    away = crm.answers("GET", "/search", 503)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    await routed.act("ana", "ada", "decline", {"reason": "on a train"})
    crm.rules.remove(away)
    routed.clock.advance(60)
    await routed.tell()
    assert [each.document["owner"] for each in crm.asked if each.method == "POST"] == ["902"]
    [dropped] = await routed.requests("skipped")
    assert dropped["detail"] == "the lead was handed on meanwhile"


async def test_an_owner_changes_by_the_id_that_is_known(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    await routed.act("ana", "ada", "decline", {"reason": "on a train"})
    await routed.tell()
    assert crm.told()[-1] == ("PATCH", "/contacts/c-1")
    assert crm.asked[-1].document == {"owner": "902"}


async def test_a_contact_that_was_made_and_not_noted_is_found_again(routed: CrmWorld, crm: Crm) -> None:
    """The process died between the answer and the note: the request is sent again."""
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    async with routed.runtime.database.acquire() as conn:
        await conn.execute("DELETE FROM crm_records")
        await conn.execute("UPDATE crm_requests SET state = 'pending', ended_at = NULL")
    crm.answers("GET", "/search", 200, {"results": [{"id": "c-1"}]})
    await routed.tell()
    assert [each.method for each in crm.asked] == ["GET", "POST", "GET", "PATCH"]


async def test_what_was_found_and_has_no_update_is_left_as_it_is(routed: CrmWorld, crm: Crm) -> None:
    connection = contacts(crm)
    del connection["requests"]["contact"]["update"]
    crm.answers("GET", "/search", 200, {"results": [{"id": "c-1"}]})
    crm.answers("PATCH", "/contacts/c-1", 200)
    await routed.publish_rulebook(book(connection))
    routed.score("ada")
    await routed.tell()
    await routed.act("ana", "ada", "accept")
    await routed.tell()
    assert [each.method for each in crm.asked] == ["GET", "PATCH"]


async def test_two_leads_of_one_person_make_one_contact(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("main", person="ada", email="ada@example.com")
    routed.score("courses", person="ada", line="training", email="ada@example.com")
    await routed.tell()
    assert [each.method for each in crm.asked] == ["GET", "POST", "PATCH"]


async def test_of_one_persons_requests_one_is_in_hand_at_a_time(routed: CrmWorld, crm: Crm) -> None:
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("main", person="ada")
    routed.score("courses", person="ada", line="training")
    routed.score("bob")
    await routed.read()
    office = routed.wiring.crm

    async def claim() -> int:
        async with routed.runtime.database.transaction() as conn:
            now = routed.clock.now()
            await ledger.plan(conn, await connections_at(office.books, conn, now), now)
            taken = await ledger.claim(conn, now=now, for_=CLAIM, limit=10, of="own", known=["own"])
            return len(taken)

    assert [await claim(), await claim()] == [2, 0], "ada's first and bob's, then none"
    assert len(await routed.rows("SELECT * FROM crm_requests WHERE state = 'pending'")) == 3


async def test_an_answer_that_it_is_there_already_is_taken_for_it(routed: CrmWorld, crm: Crm) -> None:
    connection = contacts(crm)
    contact = connection["requests"]["contact"]
    del contact["find"]
    contact["exists"] = {"pattern": "Existing ID: ([a-z0-9-]+)"}
    crm.answers("POST", "/contacts", 409, {"message": "Contact already exists. Existing ID: c-7"})
    crm.answers("PATCH", "/contacts/c-7", 200)
    await routed.publish_rulebook(book(connection))
    routed.score("ada")
    await routed.tell()
    assert crm.told() == [("POST", "/contacts"), ("PATCH", "/contacts/c-7")]


async def test_a_contact_that_was_deleted_there_is_made_again(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    crm.answers("PATCH", "/contacts/c-1", 404)
    crm.answers("POST", "/contacts", 201, {"id": "c-2"})
    crm.answers("PATCH", "/contacts/c-2", 200)
    await routed.act("ana", "ada", "accept")
    await routed.tell()
    assert crm.told()[-1] == ("PATCH", "/contacts/c-2")
    assert crm.asked[-1].document == {"status": "accepted"}


async def test_a_lead_older_than_the_connection_is_made_with_its_first_act(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(rulebook(book({})["roster"]["reps"]))
    routed.score("ada")
    await routed.read()
    await routed.publish_rulebook(book(contacts(crm)), 2)
    await routed.act("ana", "ada", "accept")
    await routed.tell()
    assert [each.method for each in crm.asked] == ["GET", "POST", "PATCH"]


async def test_a_crm_that_asks_to_wait_is_left_alone_for_every_lead(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    busy = crm.answers("GET", "/search", 429, None, Retry_After="120")
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    crm.rules.remove(busy)
    routed.score("bob")
    routed.clock.advance(60)
    await routed.tell()
    assert len(crm.asked) == 1
    routed.clock.advance(61)
    await routed.tell()
    assert [each.method for each in crm.asked].count("POST") == 2


async def test_nothing_a_buyer_types_changes_a_request(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    connection = contacts(crm, headers={"X-Name": "{person.job_title}"})
    connection["requests"]["contact"]["body"] = {
        "name": "{person.job_title}",
        "text": "for {person.job_title}",
    }
    name = '", "owner": "eva"}\r\nX: {rep.email} ñ'
    await routed.publish_rulebook(book(connection))
    routed.score("ada", job_title=name, email="a&b=c/../x?y#z@example.com")
    await routed.tell()
    assert crm.asked[0].path == "/search?email=a%26b%3Dc%2F..%2Fx%3Fy%23z%40example.com"
    assert crm.asked[1].document == {"name": name, "text": f"for {name}"}
    assert crm.asked[1].headers["x-name"] == '", "owner": "eva"}??X: {rep.email} ?'
    assert "x" not in crm.asked[1].headers


async def test_no_connection_is_made_inside_unless_it_is_allowed(routed: CrmWorld, crm: Crm) -> None:
    connection = contacts(crm, url=f"http://169.254.169.254:{crm.port}")
    await routed.publish_rulebook(book(connection))
    routed.score("ada")
    await routed.tell()
    assert crm.asked == []
    [waits] = await routed.requests("pending")
    assert waits["outcome"] == "refused_address"


async def test_a_missing_secret_is_named_and_may_come_later(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm, auth={"kind": "bearer", "secret": "not-there-yet"})))
    routed.score("ada")
    await routed.tell()
    [waits] = await routed.requests("pending")
    assert waits["outcome"] == "misconfigured"
    assert "not-there-yet" in waits["detail"]
    assert routed.settings.secrets_dir is not None
    (routed.settings.secrets_dir / "not-there-yet").write_text("tok-9")
    routed.clock.advance(60)
    await routed.tell()
    assert crm.asked[-1].headers["authorization"] == "Bearer tok-9"


async def test_test_leads_are_told_only_where_it_is_said(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada", is_test=True)
    await routed.tell()
    assert crm.asked == []
    await routed.publish_rulebook(book(contacts(crm, tests=True)), 2)
    routed.score("bob", is_test=True)
    await routed.tell()
    assert len(crm.asked) == 2


async def test_without_a_crm_nothing_is_noted(routed: CrmWorld) -> None:
    await routed.publish_rulebook()
    routed.score("ada")
    await routed.tell()
    assert await routed.rows("SELECT * FROM crm_news") == []


async def test_what_was_given_up_can_be_sent_again(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    away = crm.answers("GET", "/search", 400, {"message": "no such property"})
    await routed.publish_rulebook(book(contacts(crm, gives_up_after="1h")))
    routed.score("ada")
    await routed.tell()
    for _ in range(8):
        routed.clock.advance(30 * 60)
        await routed.tell()
    [lost] = await routed.requests("given_up")
    assert "no such property" in lost["detail"]
    crm.rules.remove(away)
    again = await routed.operate("POST", f"/v1/crm/requests/{lost['id']}/retry")
    assert again.json()["state"] == "pending"
    await routed.tell()
    assert crm.told()[-1] == ("POST", "/contacts")
    twice = await routed.operate("POST", f"/v1/crm/requests/{lost['id']}/retry")
    assert twice.status_code == 404


async def test_of_an_erased_person_nothing_is_told_or_kept(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    await routed.tell()
    routed.erase("ada")
    await routed.tell()
    assert len(crm.asked) == 2
    for table in ("crm_records", "crm_requests", "crm_attempts", "crm_news"):
        assert await routed.rows(f"SELECT * FROM {table}") == [], table


async def test_an_end_without_an_act_is_told_as_closed(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    connection = contacts(crm)
    connection["requests"]["closed"] = {
        "on": ["closed"],
        "method": "PATCH",
        "path": "/contacts/{crm.contact}",
        "body": {"closed": "{close.reason}"},
    }
    await routed.publish_rulebook(book(connection))
    routed.score("ada")
    await routed.tell()
    routed.score("ada", cause=CauseKind.EXPLICIT_ASK, do_not_contact=True)
    await routed.tell()
    assert crm.asked[-1].document == {"closed": "do_not_contact"}


async def test_a_preview_shows_requests_without_secrets_and_sends_nothing(routed: CrmWorld, crm: Crm) -> None:
    await routed.publish_rulebook(book(contacts(crm)))
    await routed.take("ada")
    answer = await routed.operate("GET", f"/v1/crm/leads/{lead_id('ada')}/preview?event=accepted")
    [shown] = answer.json()["requests"]
    assert shown["url"] == f"{crm.url}/contacts/%28the%20id%20that%20the%20CRM%20gives%29"
    assert shown["headers"]["Authorization"] == "(secret crm-token)"
    assert "tok-1" not in answer.text
    assert crm.asked == []


async def test_a_crm_that_hangs_holds_back_its_own_lead_only(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)

    def of_ada(asked: Asked) -> tuple[int, object] | None:
        return (500, None) if "ada" in asked.path else None

    crm.rules.insert(0, of_ada)
    await routed.publish_rulebook(book(contacts(crm)))
    routed.score("ada")
    routed.score("bob")
    await routed.tell()
    assert [each.document["email"] for each in crm.asked if each.method == "POST"] == ["bob@example.com"]
    [waits] = await routed.requests("pending")
    assert waits["lead_id"] == str(lead_id("ada"))


async def test_a_crm_that_is_down_is_left_alone_for_a_while_and_keeps_no_other_waiting(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_contacts(crm)
    down = Crm()
    server = await asyncio.start_server(down.talk, "127.0.0.1", 0)
    down.port = server.sockets[0].getsockname()[1]
    down.answers("GET", "/search", 503)
    both = {"own": contacts(crm), "down": contacts(down)}
    await routed.publish_rulebook({**book({}), "crm": both})
    names = ("ada", "bob", "eva")
    for name in names:
        routed.score(name)
    await routed.tell()
    assert [each.method for each in crm.asked].count("POST") == 3
    assert len(down.asked) == 3
    routed.clock.advance(20)
    await routed.tell()
    assert len(down.asked) == 3, "each is due again, and the CRM is left alone"
    routed.clock.advance(20)
    await routed.tell()
    assert len(down.asked) == 6
    server.close()


async def test_requests_that_a_crm_refuses_one_by_one_leave_it_well(routed: CrmWorld, crm: Crm) -> None:
    serves_contacts(crm)
    refuses = crm.answers("POST", "/contacts", 422)
    await routed.publish_rulebook(book(contacts(crm)))
    for name in ("ada", "bob", "eva"):
        routed.score(name)
    await routed.tell()
    assert len(await routed.requests("pending")) == 3
    crm.rules.remove(refuses)
    routed.score("dan", person="dan", line="training")
    await routed.tell()
    assert crm.asked[-1].document["email"] == "dan@example.com", "it is not left alone"


async def test_a_crm_that_hangs_keeps_no_other_waiting_for_what_happens_meanwhile(
    routed: CrmWorld, crm: Crm
) -> None:
    serves_contacts(crm)
    reached, release = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await release.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    hung = Crm()
    hung.port = server.sockets[0].getsockname()[1]
    await routed.publish_rulebook({**book({}), "crm": {"own": contacts(crm), "hung": contacts(hung)}})
    routed.score("ada")
    await routed.read()
    working = asyncio.create_task(routed.wiring.crm.sender.work())
    async with asyncio.timeout(HANGS_AFTER):
        await reached.wait()
        routed.score("bob")
        await routed.read()
        while not [each for each in crm.asked if each.method == "POST" and "bob" in each.document["email"]]:
            await asyncio.wait({working}, timeout=0.02)
    assert not working.done(), "the other one still hangs"
    release.set()
    await working
    assert {each["connection"] for each in await routed.requests("pending")} == {"hung"}
    server.close()


async def test_several_processes_send_each_request_once_and_in_its_order(routed: CrmWorld, crm: Crm) -> None:
    names = [f"lead{number}" for number in range(12)]
    crm.answers("GET", "/search", 200, NOBODY)

    def made(asked: Asked) -> tuple[int, object] | None:
        at = asked.path.removeprefix("/contacts/")
        if asked.method == "POST":
            return 201, {"id": asked.document["email"].partition("@")[0]}
        return (200, None) if at in names else None

    crm.rules.insert(0, made)
    people = {f"rep{number}": rep(f"Rep{number}", capacity=20, crm_id=str(number)) for number in range(2)}
    document = rulebook({**people, "ana": rep("Ana"), "carla": rep("Carla")}, crm={"own": contacts(crm)})
    await routed.publish_rulebook(document)
    for name in names:
        routed.score(name)
    await routed.read()
    for name in names:
        holder = routed.holder(name)
        assert holder is not None
        await routed.act(holder, name, "accept")
    office = routed.wiring.crm
    others = [
        CrmOffice(
            routed.runtime,
            office.books,
            routed.wiring.acts,
            OwnerHandler(office.books, RepReader()),
            secrets=office.secrets,
            allowed=Allowed.parse("127.0.0.0/8"),
            wake=routed.wiring.drainer.wake,
        )
        for _ in range(3)
    ]
    for _ in range(3):
        await asyncio.gather(*(each.sender.work() for each in (office, *others)))
    for name in names:
        told = [each.method for each in crm.asked if name in each.path.split("/") or _is_of(each, name)]
        assert told == ["GET", "POST", "PATCH"], name


def _is_of(asked: Asked, name: str) -> bool:
    is_made = asked.method == "POST" and asked.document["email"] == f"{name}@example.com"
    return is_made or asked.path == f"/search?email={name}%40example.com"

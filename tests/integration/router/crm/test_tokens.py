"""A CRM whose refresh token changes with every use, through the whole router and a restart."""

from typing import Any
from urllib.parse import parse_qs

from delivery.addresses import Allowed
from router.crm.handing import OwnerHandler
from router.crm.office import CrmOffice
from router.roster import RepReader
from tests.integration.router.crm.conftest import CrmWorld
from tests.integration.router.crm.crms import Asked, Crm, book, contacts


def turning(crm: Crm) -> list[str]:
    """Serve tokens, each refresh token once; returns those that were shown."""
    shown: list[str] = []

    def rule(asked: Asked) -> tuple[int, Any] | None:
        if asked.path != "/token":
            good = asked.headers.get("authorization") == f"Bearer access-{len(shown)}"
            return None if good else (401, {"error": "expired"})
        [token] = parse_qs(asked.body.decode())["refresh_token"]
        if token != f"refresh-{len(shown) + 1}":
            return 400, {"error": "invalid_grant"}
        shown.append(token)
        number = len(shown)
        return 200, {"access_token": f"access-{number}", "refresh_token": f"refresh-{number + 1}"}

    crm.rules.insert(0, rule)
    return shown


def connection(crm: Crm) -> dict[str, Any]:
    auth = {
        "kind": "oauth2",
        "secret": "rd-client",
        "token_url": f"{crm.url}/token",
        "client_id": "abc",
        "refresh_token": "rd-refresh",
    }
    return contacts(crm, auth=auth)


def restarted(world: CrmWorld) -> CrmOffice:
    """The CRM parts as a new process has them."""
    office = world.wiring.crm
    return CrmOffice(
        world.runtime,
        office.books,
        world.wiring.acts,
        OwnerHandler(office.books, RepReader()),
        secrets=office.secrets,
        allowed=Allowed.parse("127.0.0.0/8"),
        wake=world.wiring.drainer.wake,
    )


async def test_a_restart_goes_on_with_the_newest_token(routed: CrmWorld, crm: Crm) -> None:
    crm.answers("GET", "/search", 200, {"results": []})
    crm.answers("POST", "/contacts", 201, {"id": "c-1"})
    shown = turning(crm)
    await routed.publish_rulebook(book(connection(crm)))
    routed.score("ada")
    await routed.tell()
    assert await routed.requests("pending") == []
    routed.clock.advance(7200)
    routed.score("bob")
    await routed.read()
    await restarted(routed).sender.work()
    assert shown == ["refresh-1", "refresh-2"]
    assert len(await routed.requests("done")) == 2


async def test_a_connection_that_is_over_is_told_with_what_to_do_and_nothing_is_lost(
    routed: CrmWorld, crm: Crm
) -> None:
    crm.answers("POST", "/token", 400, {"error": "invalid_grant"})
    await routed.publish_rulebook(book(connection(crm)))
    for name in ("ada", "bob", "eva"):
        routed.score(name)
    await routed.tell()
    waits = await routed.requests("pending")
    assert {each["outcome"] for each in waits} == {"misconfigured"}
    assert waits[0]["detail"].endswith(
        "connect the app anew and give the new refresh token as the secret 'rd-refresh'"
    )
    assert len(crm.asked) == 1, "a server that says no is not asked by each request"

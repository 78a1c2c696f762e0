"""Mail scanners follow links, load pages ahead and post to them: none of it changes anything."""

import re
from typing import Any

import pytest

from tests.integration.router.test_messages import SURE, Mailbox, mailbox, tell, text_of, with_mail
from tests.integration.router.worlds import World

__all__ = ["mailbox"]

OUTLOOK = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks"}
GMAIL = {"User-Agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

ASKED = [
    pytest.param("GET", {"headers": OUTLOOK}, id="outlook opens it"),
    pytest.param("GET", {"headers": GMAIL}, id="gmail opens it"),
    pytest.param("HEAD", {"headers": OUTLOOK}, id="only its head"),
    pytest.param(
        "GET", {"headers": {"Purpose": "prefetch", "Sec-Purpose": "prefetch"}}, id="ahead of a click"
    ),
    pytest.param("GET", {"headers": {"X-Moz": "prefetch"}}, id="ahead of a click, older"),
    pytest.param("GET", {"headers": {"Sec-Purpose": "prefetch;prerender"}}, id="drawn ahead of a click"),
    pytest.param(
        "GET", {"params": {"sure": "yes", "code": "no_time"}}, id="the form's fields in the address"
    ),
    pytest.param("OPTIONS", {}, id="what may be done with it"),
    pytest.param("POST", {}, id="posts nothing"),
    pytest.param("POST", {"content": b"", "headers": FORM}, id="posts an empty form"),
    pytest.param("POST", {"content": b"url=x&scan=1", "headers": FORM}, id="posts a form of its own"),
    pytest.param("POST", {"json": {"sure": "yes", "code": "no_time"}}, id="posts json"),
    pytest.param("POST", {"data": {"code": "no_time"}}, id="posts the form less its mark"),
    pytest.param("POST", {"params": {"sure": "yes"}}, id="posts with the fields in the address"),
    pytest.param("POST", {"content": b"\xff\xfe sure=yes", "headers": FORM}, id="posts bytes"),
    pytest.param("PUT", {"data": SURE}, id="puts"),
    pytest.param("DELETE", {}, id="deletes"),
]


def links_of(mailbox: Mailbox) -> set[str]:
    """Every link to act by, of the text and of the page in it."""
    (letter,) = mailbox.letters
    page = letter.get_body(("html",))
    assert page is not None
    in_text = re.findall(r"http://router(/act/\S+)", text_of(letter))
    in_page = re.findall(r'href="http://router(/act/[^"]+)"', page.get_content())
    assert sorted(in_text) == sorted(in_page)
    assert len(in_text) == 4
    return set(in_text)


@pytest.mark.parametrize(("method", "sent"), ASKED)
async def test_what_a_scanner_does_with_the_links_of_a_message_changes_nothing(
    routing: World, mailbox: Mailbox, method: str, sent: dict[str, Any]
) -> None:
    world = with_mail(routing, mailbox)
    await world.take("ada")
    await tell(world)
    links = links_of(mailbox)
    async with world.client() as client:
        for path in links:
            answer = await client.request(method, path, **sent)
            assert answer.status_code in (200, 405, 422), answer.text
    await world.runtime.published()
    assert world.progressed("ada") == []
    assert world.kinds("ada") == ["assigned"]
    async with world.client() as client:
        accept = re.search(r"Accept: http://router(\S+)", text_of(mailbox.letters[0]))
        assert accept is not None
        done = await client.post(accept[1], data=SURE)
    assert done.status_code == 200, "the rep can still answer"

"""What intake refuses, what it keeps for a person to look at, and that nothing of it stops the rest."""

import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack

JSON = "application/json"
FORM = "demo-request"


@dataclass(frozen=True)
class Refused:
    """One row: what is wrong, how it is sent, and the answer with a word of what to send instead."""

    wrong: str
    content_type: str
    body: bytes
    status: int
    says: str


def _deep(levels: int) -> bytes:
    return b'{"email": "ana@example.com", "note": ' + b'{"in": ' * levels + b"1" + b"}" * levels + b"}"


REFUSED = [
    Refused("JSON cut off", JSON, b'{"email": "ana@example.com", "na', 400, "not valid JSON"),
    Refused("an empty body", JSON, b"", 400, "send a JSON object"),
    Refused("a list instead of an object", JSON, b"[1, 2]", 422, "send {"),
    Refused(
        "Latin-1 in JSON",
        JSON,
        '{"email": "ana@example.com", "name": "Íñigo"}'.encode("latin-1"),
        400,
        "UTF-8",
    ),
    Refused(
        "a charset nobody knows", f"{JSON}; charset=klingon", b'{"email": "ana@example.com"}', 415, "UTF-8"
    ),
    Refused("XML", "application/xml", b"<email>ana@example.com</email>", 415, "application/json"),
    Refused(
        "no content type that says anything", "text/plain", b"email=ana@example.com", 415, "application/json"
    ),
    Refused("nested forty levels deep", JSON, _deep(40), 422, "32"),
    Refused("a NUL in a text", JSON, b'{"email": "ana@example.com", "name": "A\\u0000na"}', 422, "NUL"),
    Refused(
        "half a surrogate pair", JSON, b'{"email": "ana@example.com", "name": "\\ud83d"}', 422, "surrogate"
    ),
    Refused(
        "multipart without its end",
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disp",
        400,
        "multipart",
    ),
    Refused("no field that is required", JSON, b'{"first_name": "Ana"}', 422, "email"),
    Refused("an e-mail that is none", JSON, b'{"email": "ana at example"}', 422, "ana@example.com"),
    Refused(
        "a body of 70,000 bytes",
        JSON,
        b'{"email": "ana@example.com", "note": "' + b"x" * 70_000 + b'"}',
        413,
        "65536 bytes",
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.wrong)
def test_a_body_is_refused_with_what_to_send_instead(baton: Installation, row: Refused) -> None:
    answer = baton.post_bytes(FORM, row.body, row.content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (row.status, "application/problem+json")
    assert row.says in answer.json()["detail"]


def test_a_body_without_end_is_refused_while_it_streams(baton: Installation) -> None:
    address = urlsplit(baton.form_url(FORM))
    head = f"POST {address.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\n"
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=20) as wire:
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(65):
            wire.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
        assert wire.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_form_that_never_was_is_not_found(baton: Installation) -> None:
    baton.at["forms"]["never-was"] = {"key": "never-was"}
    answer = baton.post_bytes("never-was", b'{"email": "ana@example.com"}', JSON)
    assert answer.status_code == 404
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (somebody(fax_number="https://cheap-watches.example"), "honeypot"),
        ({"e_mail_adress": "ana@example.com", "first_name": "Ana"}, "field_missing"),
    ],
    ids=["a honeypot filled in", "a page whose field was renamed"],
)
def test_what_its_sender_cannot_correct_is_taken_and_waits_in_quarantine(
    baton: Installation, fields: dict[str, object], reason: str
) -> None:
    found = baton.submission(baton.post(FORM, fields))
    assert (found["state"], found["reason"]) == ("quarantined", reason)
    assert found["detail"]
    assert not found.get("lead_ids")


def test_a_repeat_of_any_kind_is_one_submission(baton: Installation) -> None:
    buyer = somebody()
    first = baton.post("newsletter", buyer, key="one-click")
    assert baton.post("newsletter", buyer, key="one-click") == first
    clicked = somebody()
    ids = {baton.post("newsletter", clicked) for _ in range(3)}
    ids.add(baton.post("newsletter", clicked | {"email": clicked["email"].upper()}))
    states = [baton.submission(each)["state"] for each in ids]
    assert states.count("opened") == 1
    assert set(states) <= {
        "opened",
        "duplicate",
    }  # two ids when the clicks fall into two slots of five minutes
    assert baton.unaccounted() == 0


def test_a_key_used_for_something_else_is_refused(baton: Installation) -> None:
    baton.post("newsletter", somebody(), key="used-once")
    body = json.dumps(somebody()).encode()
    answer = baton.post_bytes("newsletter", body, JSON, key="used-once")
    assert answer.status_code == 422
    assert "new key" in answer.json()["detail"]

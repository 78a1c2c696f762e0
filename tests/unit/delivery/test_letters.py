"""E-mails as they are written, and servers as settings name them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from delivery.mail import MailServer, letter_of
from delivery.message import Attachment, Message, Target

IDENTITY = UUID("00000000-0000-0000-0000-00000000000a")


def message(
    address: str = "ana@example.com", subject: str = "Form is silent", text: str = "Hola ñ"
) -> Message:
    at = datetime(2026, 3, 6, 18, 10, tzinfo=UTC)
    return Message(IDENTITY, IDENTITY, "form.silent", Target.email(address), subject, text, at)


def test_the_messages_id_is_the_letters() -> None:
    letter = letter_of(message(), "baton@example.org")
    assert letter["Message-ID"] == f"<{IDENTITY}@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content() == "Hola ñ\n"


def test_a_subject_brings_in_no_header() -> None:
    letter = letter_of(message(subject="Silent\r\nBcc: eva@example.com\u2028x"), "baton@example.org")
    assert letter["Subject"] == "Silent Bcc: eva@example.com x"
    assert letter["Bcc"] is None
    assert b"\nBcc" not in letter.as_bytes()


def test_a_file_goes_beside_the_text_and_brings_in_no_header_by_its_name() -> None:
    page = Attachment("2026-11\r\nBcc: eva@example.com.html", "text/html", "<p>ñ</p>".encode())
    letter = letter_of(replace(message(), html="<p>Hola</p>", attachments=[page]), "baton@example.org")
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "2026-11 Bcc: eva@example.com.html"
    assert attached.get_content_type() == "text/html"
    assert attached.get_payload(decode=True) == "<p>ñ</p>".encode()
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Hola ñ\n"
    assert b"\nBcc" not in letter.as_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?x=0D=0ABcc:_eva=40example.com?=",
        "=?utf-8?b?eApCY2M6IGV2YUBleGFtcGxlLmNvbQ==?=",
        "==??utf-8?q?x=0ABcc:_eva?=",
        "=?us-ascii?Q?x=0ABcc:_eva?= =?us-ascii?Q?=0A=0Abody?=",
        "\u202emoc.elpmaxe@ave\u2066",
    ],
)
def test_an_encoded_word_in_a_buyers_name_stays_what_they_typed(name: str) -> None:
    """Else it is decoded when the letter is made, and brings in lines of its own."""
    letter = letter_of(message(subject=f"New lead: {name} (perfect)"), "baton@example.org")
    head = letter.as_bytes().partition(b"\r\n\r\n")[0].lower()
    assert b"\nbcc" not in head.replace(b"\r", b"")
    assert letter["Subject"].startswith("New lead: ")
    assert letter["Subject"].endswith(" (perfect)")
    assert letter["Subject"].isprintable()


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?a=0ABcc=3A_x?=@example.com",
        "ana@example.com\r\nBcc: eva@example.com",
        "ana@example.com, eva@example.com",
        "ana",
        "<ana@example.com>",
        "",
    ],
)
def test_an_address_that_is_more_or_less_than_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="one plain address"):
        letter_of(message(address), "baton@example.org")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25 + 562, "offered", None)),
        ("smtp://a%40b:p%3Aw@mail.example.com:587", ("mail.example.com", 587, "always", "p:w")),
        ("smtps://a:b@mail.example.com", ("mail.example.com", 465, "tls", "b")),
        ("smtp://mail.example.com:25?starttls=never", ("mail.example.com", 25, "never", None)),
        (
            "\ufeffsmtp://a:b@mail.example.com:587?starttls=never \r\n",
            ("mail.example.com", 587, "never", "b"),
        ),
    ],
)
def test_servers_are_read_from_a_url(url: str, expected: tuple[str, int, str, str | None]) -> None:
    server = MailServer.parse(url)
    assert (server.host, server.port, server.encryption, server.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://h:x",
        "smtp://h?starttls=maybe",
        "smtp://baton:12/34@mail.example.com:587",
        "smtp://baton:12?34@mail.example.com:587",
        "smtp://baton:12#34@mail.example.com:587",
    ],
)
def test_a_url_that_names_no_server_says_what_to_write(url: str) -> None:
    """A password such as 12/34 would make `baton` the server, and port 12 its port."""
    with pytest.raises(ValueError, match="smtps://user:password@host:465") as refused:
        MailServer.parse(url)
    assert "%2F" in str(refused.value)

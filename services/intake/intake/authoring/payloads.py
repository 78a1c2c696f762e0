"""A payload out of a file as people have it: what a vendor's log shows, a body saved, or the page itself."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from intake.domain.bodies import JSON, MULTIPART, URLENCODED, decode
from intake.domain.refusals import Refusal

MOST_BYTES = 5 * 1024 * 1024
_MADE_UP = {
    "email": "ana@example.com",
    "tel": "+34600000001",
    "url": "https://www.example.com",
    "number": "5",
}
"""What an empty field of a page is filled with, by the type of its input, so that its type shows."""


class PayloadUnreadable(Exception):
    """The file holds no payload: give one of the kinds that are read."""


def read_payload(file: Path) -> dict[str, Any]:
    """The fields of JSON, a form's body (urlencoded, multipart) or an HTML page with a form.

    Raises PayloadUnreadable.
    """
    try:
        body = file.read_bytes()
    except OSError as error:
        raise PayloadUnreadable(f"{file} cannot be read: {error.strerror or error}") from None
    if len(body) > MOST_BYTES:
        raise PayloadUnreadable(f"{file} is larger than {MOST_BYTES // 2**20} MB: give one submission only")
    if not body.strip():
        raise PayloadUnreadable(f"{file} is empty: give the body of one submission, as it was sent")
    try:
        return _fields(body)
    except Refusal as refusal:
        raise PayloadUnreadable(f"{file}: {refusal.detail}") from None


def _fields(body: bytes) -> dict[str, Any]:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return decode(JSON, start).fields
    if start.startswith(b"--"):
        boundary = start.split(b"\n", 1)[0].strip()[2:]
        return decode(MULTIPART + b'; boundary="' + boundary + b'"', start).fields
    if start.startswith(b"<"):
        return _fields_of_page(body.decode("utf-8", "replace"))
    return decode(URLENCODED, start.strip()).fields


class _Page(HTMLParser):
    """Collects the named fields of a page's forms, the largest form last."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[dict[str, Any]] = []
        self._fields: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        kind = given.get("type", "text").lower()
        if tag == "form":
            self._fields = {}
        elif tag in ("input", "select", "textarea") and kind not in ("submit", "button", "image", "reset"):
            self._note(given.get("name", ""), kind, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.forms.append(self._fields)
            self._fields = {}

    def _note(self, name: str, kind: str, value: str) -> None:
        if not name:
            return
        if kind == "checkbox":
            value = value or "on"
        self._fields.setdefault(name, value or _MADE_UP.get(kind, ""))


def _fields_of_page(page: str) -> dict[str, Any]:
    reader = _Page()
    reader.feed(page)
    reader.close()
    forms = [fields for fields in reader.forms if fields]
    if not forms:
        raise Refusal(400, "No form", "the page holds no <form> with named fields: save the page that has it")
    return max(forms, key=len)

"""A sample out of a file as people have it: a tool's log, a body saved, the page itself, a file of leads."""

from pathlib import Path

from intake.authoring.files import is_file_of_rows, read_columns
from intake.authoring.pages import read_page
from intake.domain.bodies import JSON, MULTIPART, URLENCODED, decode
from intake.domain.refusals import Refusal
from rulebook.form_sample import Sample

MOST_BYTES = 5 * 1024 * 1024


class PayloadUnreadable(Exception):
    """The file holds no payload: give one of the kinds that are read."""


def read_sample(file: Path) -> Sample:
    """The fields of JSON, a form's body (urlencoded, multipart), an HTML page with a form, or the columns of
    a file of leads with the values of its first rows.

    Raises PayloadUnreadable.
    """
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise PayloadUnreadable(f"{file} cannot be read: {error.strerror or error}") from None
    if not body.strip():
        raise PayloadUnreadable(f"{file} is empty: give the body of one submission, as it was sent")
    try:
        if is_file_of_rows(file.name, body):
            return read_columns(_whole_lines(body))
        if len(body) > MOST_BYTES:
            raise PayloadUnreadable(
                f"{file} is larger than {MOST_BYTES // 2**20} MB: give one submission only"
            )
        return _sample(body)
    except Refusal as refusal:
        raise PayloadUnreadable(f"{file}: {refusal.detail}") from None


def _whole_lines(body: bytes) -> bytes:
    """Less the line that the reading cut in two."""
    return body[: body.rfind(b"\n") + 1] if len(body) > MOST_BYTES and b"\n" in body else body


def _sample(body: bytes) -> Sample:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return Sample(decode(JSON, start).fields)
    if start.startswith(b"--"):
        boundary = start.split(b"\n", 1)[0].strip()[2:]
        return Sample(decode(MULTIPART + b'; boundary="' + boundary + b'"', start).fields)
    if start.startswith(b"<"):
        return read_page(body)
    return Sample(decode(URLENCODED, start.strip()).fields)

"""A file of leads, as `baton import` reads it, for the form that its columns need."""

from io import BytesIO
from itertools import islice

from intake.domain.refusals import Refusal
from intake.imports.errors import FileRefused
from intake.imports.layout import rows_at_the_start
from rulebook.form_sample import Sample

_ENDINGS = (".csv", ".tsv", ".tab", ".xlsx", ".xls", ".ods")
_SEPARATORS = (b",", b";", b"\t", b"|")
_LOOKED_AT = 50


def is_file_of_rows(name: str, body: bytes) -> bool:
    """Whether this is a table rather than one submission: by its name, else by its first two lines."""
    if name.lower().endswith(_ENDINGS):
        return True
    lines = body.replace(b"\x00", b"").lstrip(b"\xff\xfe\xef\xbb\xbf").splitlines()[:2]
    if len(lines) < 2 or b"=" in lines[0] or lines[0][:1] in (b"{", b"[", b"<", b"-"):
        return False
    return any(all(line.count(sign) > 0 for line in lines) for sign in _SEPARATORS)


def read_columns(body: bytes) -> Sample:
    """The columns, each with its first value among the first rows. Raises Refusal."""
    try:
        columns, rows = rows_at_the_start(BytesIO(body))
        first = {name: "" for name in columns if name is not None}
        for row in islice(rows, _LOOKED_AT):
            for name, cell in zip(columns, row, strict=False):
                if name is not None and not first[name]:
                    first[name] = cell.strip()
    except FileRefused as refused:
        told = str(refused)
        if "--" in told:
            told += " (those are options of `baton import`; here the file must tell: save it as CSV UTF-8)"
        raise Refusal(400, "No file of leads", told) from None
    return Sample(first, kind="file")

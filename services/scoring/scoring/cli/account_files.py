"""Files of accounts as CRMs export them: CSV, TSV, JSON lines; whatever encoding and separator they have."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baton_cli.errors import BadUsage

FIELDS = ("crm_id", "name", "domains", "tax_id", "owner", "standing", "line")
SEPARATORS = ",;\t|"
WINDOWS = ("cp1252", "cp1250")
"""What spreadsheets write where they do not write UTF-8: western and eastern letters of Europe."""
_OTHER_NAMES = {
    "crm_id": "id account_id record_id company_id crm_account_id id_cuenta id_empresa",
    "name": "company company_name account_name account nombre nome denumire empresa azienda razon_social "
    "ragione_sociale",
    "domains": "domain website web url email_domain company_domain company_domain_name dominio dominios "
    "domeniu sito",
    "tax_id": "vat vat_id vat_number tax_number nif cif nipc partita_iva p_iva piva cui",
    "owner": "owner_id account_owner company_owner owner_email propietario proprietario responsable",
    "standing": "status type account_type lifecycle_stage relationship estado stato tipo",
    "line": "product_line linea linha",
}
_FIELD_OF = {name: field for field, names in _OTHER_NAMES.items() for name in (field, *names.split())}
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Line:
    """An account of a file, and the line that it begins on; `fault`: why it cannot be read."""

    number: int
    account: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class AccountFile:
    """Accounts in the file's order; `notes`: how the file was read, and what of it is not."""

    lines: Sequence[Line]
    notes: Sequence[str]


def read_accounts(
    path: Path, columns: Mapping[str, str], means: Mapping[str, str], encoding: str | None = None
) -> AccountFile:
    """Read a file. `columns`: field to the header it stands under, where that is not one of the usual;
    `means`: the standing that a word of the CRM's means. Raises BadUsage."""
    text, notes = _text(path, encoding)
    first = text.lstrip()[:1]
    lines = list(_of_json(text) if first in ("{", "[") else _of_table(text, columns, notes))
    if not lines:
        raise BadUsage(
            f"{path} holds no account: write a header and a line for each, or one JSON object a line."
        )
    words = {word.casefold().strip(): standing for word, standing in means.items()}
    return AccountFile([_with_standing(line, words) for line in _without_repeats(lines)], notes)


def _text(path: Path, encoding: str | None) -> tuple[str, list[str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadUsage(f"{path} cannot be read: {error.strerror or error}.") from None
    if raw.startswith(_SPREADSHEETS):
        raise BadUsage(f"{path} is a spreadsheet's own format: save it as CSV UTF-8 and import that.")
    if encoding is not None:
        return _decoded(path, raw, encoding), []
    for told, mark in (("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"), ("utf-8-sig", b"\xef\xbb\xbf")):
        if raw.startswith(mark):
            return _decoded(path, raw, told), []
    try:
        return raw.decode(), []
    except UnicodeDecodeError:
        return _of_windows(path, raw)


def _decoded(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except LookupError:
        raise BadUsage(f"{encoding!r} is no encoding: write utf-8, cp1252 or another name.") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadUsage(f"Line {line} of {path} is not {encoding}: name another with --encoding.") from None


def _of_windows(path: Path, raw: bytes) -> tuple[str, list[str]]:
    """Western or eastern letters, where only one of the two is possible. Which of both was meant no program
    can tell for names of companies: then a person says it."""
    readings = {name: text for name in WINDOWS if (text := _try(raw, name)) is not None}
    if not readings or b"\x00" in raw:
        raise BadUsage(f"{path} is not UTF-8: save it as CSV UTF-8, or name its encoding with --encoding.")
    told = list(readings.items())
    for line, other in zip(told[0][1].splitlines(), told[-1][1].splitlines(), strict=False):
        if line != other:
            one, two = _first_other_word(line, other)
            raise BadUsage(
                f"{path} is not UTF-8. Where {one!r} is right, import it with --encoding {told[0][0]}; where "
                f"{two!r} is, with --encoding {told[-1][0]}."
            )
    return told[0][1], [f"read as {told[0][0]}"]


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _first_other_word(line: str, other: str) -> tuple[str, str]:
    pairs = zip(re.split(r"[\s,;|\"]+", line), re.split(r"[\s,;|\"]+", other), strict=False)
    return next(((one, two) for one, two in pairs if one != two), (line[:60], other[:60]))


def _of_json(text: str) -> Iterator[Line]:
    """JSON lines, or one list of objects."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise BadUsage(f"The file is no JSON: {error}.") from None
        yield from (_object(number, each) for number, each in enumerate(found, start=1))
        return
    for number, line in enumerate(text.split("\n"), start=1):  # other line ends may stand within a text
        if line.strip():
            try:
                yield _object(number, json.loads(line))
            except ValueError as error:
                yield Line(number, fault=f"is no JSON: {error}; write one object a line")


def _object(number: int, found: Any) -> Line:
    if not isinstance(found, dict):
        return Line(number, fault='is no object: write {"crm_id": "A-1", "name": "Acme"}')
    return Line(number, found)


def _of_table(text: str, columns: Mapping[str, str], notes: list[str]) -> Iterator[Line]:
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = next((row for row in reader if any(map(str.strip, row))), [])
        fields = _fields(header, columns, notes)
        begins = reader.line_num + 1
        for row in reader:
            if any(map(str.strip, row)):
                yield _row(begins, row, fields)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadUsage(
            f"Line {reader.line_num} cannot be read as a row ({error}): close its quotes, or shorten it."
        ) from None


def _separator(text: str) -> str:
    """The sign that stands most often in the first line outside quotes."""
    first = re.sub(r'"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    return max(SEPARATORS, key=lambda sign: (first.count(sign), -SEPARATORS.index(sign)))


def _fields(header: Sequence[str], columns: Mapping[str, str], notes: list[str]) -> list[str | None]:
    """The field that each column holds, None for one that is not read."""
    plain = [_plain(name) for name in header]
    named = {_plain(name): field for field, name in columns.items()}
    for name, into in named.items():
        if name not in plain:
            raise BadUsage(f"There is no column {columns[into]!r}: the file's are {', '.join(header)}.")
    fields: list[str | None] = []
    for name in plain:
        guess = _FIELD_OF.get(name) if _FIELD_OF.get(name) not in columns else None
        fields.append(named.get(name, guess))
    _refuse_two_of_one(header, fields)
    if "crm_id" not in fields:
        raise BadUsage(
            f"No column holds the CRM's id: say which with --column crm_id=HEADER. The file's are "
            f"{', '.join(header)}."
        )
    unread = [name for name, field in zip(header, fields, strict=True) if field is None and name.strip()]
    if unread:
        notes.append(f"not read: {', '.join(unread)}; --column FIELD=HEADER reads one as {', '.join(FIELDS)}")
    return fields


def _refuse_two_of_one(header: Sequence[str], fields: Sequence[str | None]) -> None:
    for field_ in {each for each in fields if each is not None and fields.count(each) > 1}:
        both = " and ".join(repr(name) for name, of in zip(header, fields, strict=True) if of == field_)
        raise BadUsage(f"Columns {both} may both be {field_}: say which with --column {field_}=HEADER.")


def _row(number: int, row: Sequence[str], fields: Sequence[str | None]) -> Line:
    if len(row) > len(fields) and any(map(str.strip, row[len(fields) :])):
        told = f"has {len(row)} cells where the header has {len(fields)}"
        return Line(number, fault=f"{told}: put values that hold the separator in double quotes")
    return Line(number, {name: cell.strip() for name, cell in zip(fields, row, strict=False) if name})


def _without_repeats(lines: Sequence[Line]) -> Iterator[Line]:
    """Of lines about one account only the first is sent: which one holds nobody can tell."""
    first: dict[str, int] = {}
    for line in lines:
        crm_id = str(line.account.get("crm_id") or "").strip()
        known = first.setdefault(crm_id, line.number) if crm_id else line.number
        if known == line.number:
            yield line
        else:
            yield Line(
                line.number, line.account, f"{crm_id} stands in line {known} already: keep one of the two"
            )


def _with_standing(line: Line, words: Mapping[str, str]) -> Line:
    standing = line.account.get("standing")
    meant = words.get(standing.casefold().strip()) if isinstance(standing, str) else None
    return line if meant is None else Line(line.number, {**line.account, "standing": meant}, line.fault)


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.casefold()).strip("_")

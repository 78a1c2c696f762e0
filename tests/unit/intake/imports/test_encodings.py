"""Which bytes mean which text: found where it can be told for sure, refused where it cannot."""

import codecs
import io

import pytest

from intake.imports.errors import FileRefused
from intake.imports.layout import find_layout
from intake.imports.reading.encodings import find_encoding
from intake.imports.reading.lines import lines_of
from intake.imports.reading.rows import Row, Skipped
from intake.imports.wish import Wish
from rulebook.models import Form

TEXT = "name,email\r\nÍñigo Peña,inigo@example.com\r\nZoë 🌸,zoe@example.com\r\n"
FORM = Form.model_validate(
    {"name": "Fair", "key": "pk_fair_1", "source": "fair", "fields": {"email": ["email"], "name": ["name"]}}
)
LATIN = TEXT.replace(" 🌸", "")


@pytest.mark.parametrize(
    ("raw", "codec", "why"),
    [
        (b"name\r\nAna\r\n", "utf-8", "plain ASCII is UTF-8"),
        (TEXT.encode(), "utf-8", "valid UTF-8, emoji and all"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8", "its mark is no part of the first header"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", "Meta's export"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be", "the other order"),
        (TEXT.encode("utf-16-le"), "utf-16-le", "without a mark: every second byte is zero"),
        (LATIN.encode("latin-1"), "cp1252", "Western letters of one byte"),
        ("name\n“Ana” 5 €\n".encode("cp1252"), "cp1252", "curly quotes are not in Latin-1"),
    ],
)
def test_an_encoding_that_can_be_told_is_found(raw: bytes, codec: str, why: str) -> None:
    stream = io.BytesIO(raw)
    found = find_encoding(stream)
    assert found.codec == codec, why
    text = "".join(lines_of(stream, found))
    assert "\ufeff" not in text
    assert text == raw[found.skip :].decode(codec)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("이름,전화\n김하나,1\n", "cp949"),
        ("имя,почта\nАнна,a@example.com\n", "cp1251"),
        ("jméno\nDvořák Přemysl Jiří\n", "cp1250"),
        ("imię\nMałgorzata Łuczak\n", "cp1250"),
        ("名前\n山田花子\n", "shift_jis"),
    ],
)
def test_an_encoding_that_can_only_be_guessed_is_asked_for(text: str, codec: str) -> None:
    stream = io.BytesIO(text.encode(codec))
    with pytest.raises(FileRefused, match="--encoding"):
        find_encoding(stream)
    found = find_encoding(stream, codec)
    assert "".join(lines_of(stream, found)) == text


@pytest.mark.parametrize("letters", [0, 1, 3, 4, 50])
@pytest.mark.parametrize("bad", [b"O\x92Neil", b"M\xfcller"])
def test_one_row_of_another_source_changes_nothing_for_the_others(letters: int, bad: bytes) -> None:
    names = ["José"] * letters + ["Jose"] * (999 - letters)
    rows = [f"{name},a{number}@example.com\n".encode() for number, name in enumerate(names)]
    stream = io.BytesIO(b"name,email\n" + b"".join([*rows[:500], bad + b",b@example.com\n", *rows[500:]]))
    layout = find_layout(stream, FORM, Wish())
    read = [row for row in layout.rows(stream) if isinstance(row, Row)]
    assert (len(read), [row.fault for row in read if row.fault]) == (1000, [])
    assert read[500].cells[0] == bad.decode("cp1252")
    assert [row.cells[0] for row in read[:letters]] == ["José"] * letters


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(20), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(20), "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"a\x00\x00\x00b\x01\x02", "zero bytes"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_send(raw: bytes, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        find_encoding(io.BytesIO(raw))


def test_a_name_that_is_no_encoding_is_refused() -> None:
    with pytest.raises(FileRefused, match="windows-1252"):
        find_encoding(io.BytesIO(b"a\n"), "klingon")
    with pytest.raises(FileRefused, match="windows-1252"):
        find_encoding(io.BytesIO(b"a\n"), "rot13")


def test_dates_that_can_be_read_in_two_ways_are_asked_for() -> None:
    raw = b"email,when\nana@example.com,03/09/2026\nben@example.com,04/10/2026\n"
    with pytest.raises(FileRefused, match="--date-order"):
        find_layout(io.BytesIO(raw), FORM, Wish(date_column="when", time_zone="Europe/Madrid"))
    told = raw + b"eva@example.com,31/12/2026\n"
    layout = find_layout(io.BytesIO(told), FORM, Wish(date_column="when", time_zone="Europe/Madrid"))
    assert any("day_first" in note for note in layout.notes)


@pytest.mark.parametrize(
    ("header", "stated", "told"),
    [
        (b"email,nota\xff,name", "cp949", "CP949"),
        (b"email,nota\x81,name", "windows-1252", "windows-1252"),
        (b"email,nota\xf3,name", "ascii", "ASCII"),
        (b"email,nota\x81,name", "utf-8", "UTF-8"),
        (b"email,nota\x81,name", None, "UTF-8"),
        (b'email,"no\xffta",email', "shift_jis", "SHIFT_JIS"),
        ("email,nota\ud800,name".encode("utf-16-le", "surrogatepass"), "utf-16-le", "UTF-16-LE"),
    ],
)
def test_a_columns_name_with_bytes_that_the_encoding_has_not_is_refused_with_its_place(
    header: bytes, stated: str | None, told: str
) -> None:
    codec = "utf-16-le" if told == "UTF-16-LE" else "utf-8"
    rows = "\nana@example.com,x,Ana\n" + ("" if stated else "jose@example.com,y,José\n" * 20)
    with pytest.raises(FileRefused, match=r"column 2 \('not?.*no characters in") as refused:
        find_layout(io.BytesIO(header + rows.encode(codec)), FORM, Wish(encoding=stated))
    assert f"in {told}: state another encoding with --encoding" in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_columns_name_that_is_repaired_or_lost_a_letter_before_is_told() -> None:
    raw = b"email,direcci\xf3n\nana@example.com,Calle Mayor\n"
    found = find_layout(io.BytesIO(raw), FORM, Wish(encoding="utf-8"))
    assert found.header.names == ("email", "dirección")
    assert found.notes == (
        "the name of column 2 holds bytes that are no UTF-8; read as windows-1252 it is dirección",
    )
    lost = find_layout(io.BytesIO("email,direcci\ufffdn\na@example.com,x\n".encode()), FORM, Wish())
    assert "column 2 lost a letter before the file was saved" in lost.notes[0]


def test_a_footer_of_another_encoding_can_be_told() -> None:
    rows = "".join(f"José,a{number}@example.com\n" for number in range(20))
    stream = io.BytesIO(b"name,email\n" + rows.encode() + b"Informe de Jos\xe9\nHecho por \x81\n")
    skipped = [each for each in find_layout(stream, FORM, Wish()).rows(stream) if isinstance(each, Skipped)]
    assert [each.text for each in skipped] == ["Informe de José", "Hecho por \ufffd"]

"""Tables as spreadsheets save them: read whatever separates the cells, and told by line where wrong."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook.check import check, check_folder
from rulebook.findings import Severity, errors_in
from rulebook.loader import load_folder
from rulebook.models import Rulebook, Territory
from rulebook.publication import prepare, to_document
from rulebook.tables import read_table

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
HEAD = "territory,country,region,postcode_from,postcode_to,language,pool,order\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def table(folder: Path, content: bytes | str, name: str = "territories/europe.csv") -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def with_accounts(folder: Path, content: str) -> None:
    """The accounts of `content`, asked for by a rule of the main line."""
    table(folder, content, "accounts/named.csv")
    routing = folder / "routing.yaml"
    text = routing.read_text("utf-8")
    rule = "      - {id: named, accounts: named}\n      - id: europe\n"
    routing.write_text(text.replace("      - id: europe\n", rule, 1), "utf-8")


PLAIN = b"territory,country,postcode_from,pool\nMadrid,ES,08001,spain\n"
QUOTED = b'"territory",country , postcode_from,pool,order\n\n,,,,\n Madrid ,es,"08001",spain,\n'
SPREADSHEETS = [
    ("plain", PLAIN),
    ("a mark at the front, and Windows' ends of lines", b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n")),
    ("semicolons and capitals", b"Territory;Country;Postcode from;POOL\nMadrid;ES;08001;spain\n"),
    ("tabs, as Excel's Unicode text", PLAIN.decode().replace(",", "\t").encode("utf-16")),
    ("bars, as some tools write it", PLAIN.replace(b",", b"|")),
    ("its separator told", b"sep=;\n" + PLAIN.replace(b",", b";")),
    ("quotes, spaces, empty cells and rows", QUOTED),
    ("a zero lost and a country's name", b"territory,country,postcode_from,pool\nMadrid,Spain,8001,spain\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    "content", [case[1] for case in SPREADSHEETS], ids=[case[0] for case in SPREADSHEETS]
)
def test_a_table_is_read_as_spreadsheets_write_it(folder: Path, content: bytes) -> None:
    table(folder, content)
    assert errors_in(check_folder(folder)) == []
    (row,) = load_folder(folder).routing.territories["europe"]
    assert (row.territory, row.country, row.pool) == ("Madrid", "ES", "spain")
    assert row.postcode_from in ("08001", "8001")
    assert row.line_number == 1 + content.replace(b"\x00", b"").split(b"adrid")[0].count(b"\n")


TWICE = HEAD + "A,ES,,,,,spain,\n\nB,ES,,,,,italy,\n"
CROSSING = HEAD + "A,ES,,50,,,spain,\nB,ES,,08001,28001,,spain,\nC,ES,,28000,29000,,spain,\n"
LATIN = b"A,ES,,,,,spain,\n" + "Coruña,PT,,,,,spain,\n".encode("latin-1")
# what is wrong, the rows, the line of the finding, part of the message, part of the hint
SLIPS = [
    ("a column that is none", "territory,contry,pool\nA,ES,spain\n", 1, "no column `contry`", "`country`"),
    ("a column that is missing", "territory,country\nA,ES\n", 1, "no column `pool`", "territory, country"),
    ("a column twice", "territory,pool,pool\nA,spain,spain\n", 1, "two columns `pool`", "keep one"),
    ("no pool in a row", HEAD + "A,ES,,,,,,\n", 2, "nothing under `pool`", "write the pool"),
    ("a pool that is none", HEAD + "A,ES,,,,,spian,\n", 2, "no pool `spian`", "`spain`"),
    ("a country that is none", HEAD + "A,QQ,,,,,spain,\n", 2, "`QQ` is no country", "such as ES"),
    ("a language that is none", HEAD + "A,ES,,,,klingon,spain,\n", 2, "is no language", "such as es"),
    ("an order in words", HEAD + "A,ES,,,,,spain,first\n", 2, "no whole number", "1, 2 or 3"),
    ("postcodes of no country", HEAD + "A,,,28001,,,spain,\n", 2, "no country", "write the country"),
    ("a range backwards", HEAD + "A,ES,,28999,28001,,spain,\n", 2, "comes after", "lower postcode"),
    ("a range of two lengths", HEAD + "A,ES,,28,28999,,spain,\n", 2, "two lengths", "all their digits"),
    ("one country twice", TWICE, 4, "leads as line 2 (A: ES)", "`order`"),
    ("ranges that cross", CROSSING, 4, "as line 3 (B: ES, 08001-28001)", "`order`"),
    ("a cell too many", HEAD + "A,ES,,,,,spain,,x\n", 2, "more cells", "in quotes"),
    ("no UTF-8", HEAD.encode() + LATIN, 3, "`Coruña,PT,,,,,spain,`", "CSV UTF-8"),
    ("a quote left open", HEAD + 'A,ES,,,,,spain,\nB,"PT,,,,,spain,\n', 3, "no CSV from here", "quotes"),
    ("letters in digits", HEAD + "A,ES,,28O01,,,spain,\n", 2, "no postcode of ES", "digits"),
    ("two ends in one cell", HEAD + "A,ES,,28001-28080,,,spain,\n", 2, "is a range", "postcode_to"),
    ("a pool that sells another line", HEAD + "A,ES,,,,,academy,\n", 2, "nobody in pool `academy`", "`main`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line", "message", "hint"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS]
)
def test_what_is_wrong_in_a_table_is_told_by_its_line(
    folder: Path, content: bytes | str, line: int, message: str, hint: str
) -> None:
    table(folder, content)
    found = [each for each in check_folder(folder) if message in each.message]
    assert found, check_folder(folder)
    assert found[0].file == (folder / "territories/europe.csv").as_posix()
    assert (found[0].line, found[0].severity) == (line, Severity.ERROR)
    assert hint in found[0].hint


SAME_DOMAIN = "domain,pool\nacme.com,spain\nhttps://www.acme.com/es,italy\n"
SAME_NAME = "name,pool\nAcme S.L.,spain\nACME,italy\n"
ACCOUNTS = [
    ("a company without a name", "domain,pool\n,spain\n", "names no company", "its domain"),
    ("an address at a free provider", "domain,pool\ngmail.com,spain\n", "anybody has an address", "own"),
    ("no domain", "domain,pool\nacme,spain\n", "names no company", "its domain"),
    ("nowhere to go", "domain,pool\nacme.com,\n", "names no pool and no rep", "write one"),
    ("a rep that is none", "domain,rep\nacme.com,paola\n", "no rep `paola`", "`paola-ferri`"),
    ("one company twice", SAME_DOMAIN, "company of line 2, by its domain", "keep one"),
    ("one name twice", SAME_NAME, "company of line 2, by its name", "keep one"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message", "hint"), [slip[1:] for slip in ACCOUNTS], ids=[slip[0] for slip in ACCOUNTS]
)
def test_what_is_wrong_with_named_accounts_is_told(
    folder: Path, content: str, message: str, hint: str
) -> None:
    with_accounts(folder, content)
    found = [each for each in check_folder(folder) if message in each.message]
    assert found, check_folder(folder)
    assert found[0].file.endswith("accounts/named.csv")
    assert hint in found[0].hint


def test_a_table_that_no_rule_names_is_doubtful(folder: Path) -> None:
    table(folder, HEAD + "A,ES,,,,,spain,\n", "territories/old.csv")
    (finding,) = check_folder(folder)
    assert (finding.severity, finding.message) == (Severity.WARNING, "is named by no rule")


def test_a_table_that_is_no_csv_is_an_error(folder: Path) -> None:
    table(folder, b"PK", "territories/europe.xlsx")
    (finding,) = check_folder(folder)
    assert "tables are CSV" in finding.message
    assert "territories/europe.csv" in finding.hint


def test_a_rule_that_names_no_table_there_is_says_which_there_are(folder: Path) -> None:
    (folder / "territories/europe.csv").rename(folder / "territories/europa.csv")
    found = [each for each in errors_in(check_folder(folder)) if "no table" in each.message]
    assert [each.hint for each in found] == ["did you mean `europa`?"]


def test_one_table_is_checked_alone(folder: Path) -> None:
    table(folder, HEAD + "A,ES,,,,,spian,\n")
    checked = check(folder / "territories/europe.csv")
    assert [each.line for each in checked.findings] == [2]


def test_many_overlaps_are_not_told_one_by_one(folder: Path) -> None:
    table(folder, HEAD + "A,ES,,,,,spain,\n" * 100)
    found = [each for each in check_folder(folder) if "overlap" in each.message or "same" in each.message]
    assert len(found) == 21


def test_a_fault_of_every_row_is_told_some_times_and_counted(folder: Path) -> None:
    table(folder, HEAD + "A,QQ,,,,,spain,\n" * 1000)
    found = errors_in(check_folder(folder))
    assert len(found) == 51
    assert "has 950 more errors like the 50 told" in found[-1].message


def test_zeros_that_a_spreadsheet_may_have_taken_are_a_warning(folder: Path) -> None:
    table(folder, HEAD + "Rome,IT,,118,199,,italy,\n")
    (finding,) = [each for each in check_folder(folder) if "spreadsheet" in each.message]
    assert (finding.severity, finding.line) == (Severity.WARNING, 2)
    assert "write 00118" in finding.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "no column `territory`"), (b"\n\n", "no column `territory`"), (b"\x00", "no column")],
)
def test_a_file_with_nothing_in_it_is_told(folder: Path, content: bytes, message: str) -> None:
    table(folder, content)
    assert any(message in each.message for each in errors_in(check_folder(folder)))


def test_a_table_with_a_name_that_no_rule_can_write_is_told(folder: Path) -> None:
    table(folder, HEAD + "A,ES,,,,,spain,\n", "territories/Our Europe.csv")
    (finding,) = errors_in(check_folder(folder))
    assert finding.file.endswith("territories/Our Europe.csv")
    assert "small letters" in finding.hint


CELLS = st.sampled_from(
    [
        "",
        "ES",
        "es",
        "Spain",
        "QQ",
        "pt",
        "08001",
        "8001",
        "K1A 0B1",
        "\x00",
        "é",
        '"',
        "=1+1",
        "-5",
        "9" * 40,
    ]
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=9).map(",".join), max_size=6).map("\n".join)


@given(st.one_of(st.binary(max_size=80), ROWS.map(lambda rows: (HEAD + rows).encode())))
@settings(max_examples=300, deadline=None)
def test_whatever_is_in_a_table_is_read_or_told(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "europe.csv"
        path.write_bytes(content)
        document = read_table(path, "europe.csv", "territories")
    for number, row in enumerate(document.value):
        told = Territory.model_validate({**row, "pool": "spain"})
        assert document.places["routing", "territories", "europe", number] == ("europe.csv", told.line_number)
    assert all(each.message and each.hint and each.line >= 1 for each in document.findings)


def test_what_is_published_carries_the_tables() -> None:
    book = load_folder(EXAMPLE)
    prepared = prepare(to_document(book))
    assert prepared.rulebook.routing.territories == book.routing.territories
    assert Rulebook.model_validate(prepared.document).routing.territories["europe"][0].line_number == 2

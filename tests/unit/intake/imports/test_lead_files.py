"""Files of the shapes people really have: each is read as it should be, or refused with what to say."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from intake.domain.submission import Read
from intake.imports.errors import ColumnsUnknown, FileRefused
from intake.imports.layout import Layout, find_layout
from intake.imports.making import Maker, Order, RowRefused
from intake.imports.reading.rows import Row, Skipped
from intake.imports.wish import Wish
from rulebook.models import Form

FILES = Path(__file__).resolve().parents[4] / "../shared/lead-files"
FORM = Form.model_validate(
    {
        "name": "Fair",
        "key": "pk_fair_1",
        "source": "fair",
        "region": "ES",
        "fields": {
            "email": ["email"],
            "phone": ["phone", "phone_number"],
            "name": ["name", "full_name", "이름"],
            "first_name": ["first_name"],
            "last_name": ["last_name"],
            "company": ["company"],
            "job_title": ["job_title"],
            "employees": ["employees"],
            "country": ["country"],
        },
    }
)
META = FORM.model_copy(update={"vendor_id": "id", "vendor_time": "created_time"})
WISH = Wish(accept_proposed=True)
AT = datetime(2026, 10, 1, tzinfo=UTC)


class Found:
    """Everything that came of one file."""

    def __init__(self, name: str, form: Form = FORM, wish: Wish = WISH) -> None:
        with (FILES / name).open("rb") as stream:
            self.layout: Layout = find_layout(stream, form, wish)
            maker = Maker(Order(UUID(int=1), "fair", form, 1, AT, wish), self.layout)
            self.read: list[Read] = []
            self.refused: list[str] = []
            self.skipped: list[Skipped] = []
            for each in self.layout.rows(stream):
                if isinstance(each, Row):
                    self._make(maker, each)
                else:
                    self.skipped.append(each)

    def _make(self, maker: Maker, row: Row) -> None:
        try:
            self.read.append(maker.read(row))
        except RowRefused as error:
            self.refused.append(str(error))

    def profiles(self, *names: str) -> list[tuple[object, ...]]:
        return [tuple(read.mapped.profile.get(name) for name in names) for read in self.read]


@pytest.fixture(autouse=True)
def _files() -> None:
    if not FILES.is_dir():
        pytest.skip("the collection of lead files (../shared/lead-files) is not next to this repository")


def test_metas_export_is_utf16_with_tabs_prefixes_a_test_lead_and_a_repeat() -> None:
    found = Found("fb_leads_utf16le_tab.csv", META)
    assert (found.layout.encoding.codec, found.layout.separator) == ("utf-16-le", "\t")
    assert [read.mapped.is_test for read in found.read] == [False, False, True, False]
    assert found.read[0].submission_id == found.read[3].submission_id
    assert found.read[0].key == "1490781726400001"
    assert found.read[0].fields["ad_id"] == "120253263282510001"
    assert found.profiles("phone")[:2] == [("+34600000001",), ("+4915100000002",)]
    assert found.read[0].mapped.occurred_at == datetime(2026, 9, 3, 11, 45, 58, tzinfo=UTC)
    assert found.read[1].fields["email"] == "ZOE.MULLER@EXAMPLE.COM "


def test_a_korean_download_is_refused_until_its_encoding_is_said() -> None:
    with pytest.raises(FileRefused, match="cp949"):
        Found("fb_leads_cp949_comma.csv", META)
    found = Found("fb_leads_cp949_comma.csv", META, Wish(encoding="cp949"))
    assert found.profiles("name", "phone") == [("김하나", "+821000000003")]
    assert found.read[0].mapped.occurred_at == datetime(2026, 9, 5, 16, 43, 25, tzinfo=UTC)


def test_a_mark_stays_out_of_the_first_header_and_times_need_a_zone() -> None:
    found = Found("hubspot_export_utf8_bom.csv")
    assert found.layout.header.names[0] == "Record ID"
    assert found.profiles("company", "email") == [
        ("Exemple; SARL", "chloe.darcy@example.com"),
        (None, "info@example.com"),
    ]
    with pytest.raises(FileRefused, match="--time-zone"):
        Found("hubspot_export_utf8_bom.csv", wish=Wish(date_column="Create Date"))
    told = Wish(date_column="create date", time_zone="Europe/Paris", accept_proposed=True)
    dated = Found("hubspot_export_utf8_bom.csv", wish=told)
    assert dated.read[0].mapped.occurred_at == datetime(2026, 9, 3, 12, 2, tzinfo=UTC)


def test_a_reports_footer_is_said_to_be_skipped() -> None:
    found = Found("salesforce_report_latin1_footer.csv")
    assert found.profiles("name", "company") == [
        ("José Núñez", "Compañía Ejemplo S.A."),
        ("Renée O’Neil", "Example"),
    ]
    assert found.read[0].fields["Street"] == "Calle Mayor 1\nPiso 2"
    assert (len(found.skipped), found.refused) == (4, [])
    owned = Wish(mode="owner", owner_column="Lead Owner", accept_proposed=True)
    (first, _) = Found("salesforce_report_latin1_footer.csv", wish=owned).read
    assert (first.imported or {})["owner"] == "Rep One"


def test_european_excel_is_cp1252_with_semicolons_and_one_date_settles_the_order() -> None:
    told = Wish(accept_proposed=True, date_column="Fecha", time_zone="Europe/Madrid")
    found = Found("excel_es_semicolon_cp1252.csv", wish=told)
    assert (found.layout.encoding.codec, found.layout.separator) == ("cp1252", ";")
    assert found.profiles("company", "phone") == [
        ("“Comercial” López & Cía", "+34600000005"),
        ("Café €uro", "+34600000006"),
    ]
    assert [read.mapped.occurred_at for read in found.read] == [
        datetime(2026, 9, 2, 22, 0, tzinfo=UTC),
        datetime(2026, 9, 12, 22, 0, tzinfo=UTC),
    ]
    assert found.profiles("employees") == [(None,), (12,)]
    assert "employees:ambiguous" in found.read[0].mapped.flags
    spanish = Wish(accept_proposed=True, language="es")
    assert Found("excel_es_semicolon_cp1252.csv", wish=spanish).profiles("employees")[0] == (1250,)


def test_columns_that_the_form_does_not_know_are_proposed_and_not_taken_unasked() -> None:
    with pytest.raises(ColumnsUnknown, match="Correo = email") as caught:
        Found("excel_es_semicolon_cp1252.csv", wish=Wish())
    assert caught.value.proposed["Nombre"] == "name"
    stated = Wish(columns={"correo": "email"})
    assert Found("excel_es_semicolon_cp1252.csv", wish=stated).profiles("email")[0] == ("maria@example.com",)


def test_linkedins_export_keeps_quotes_commas_and_letters() -> None:
    found = Found("linkedin_lead_gen.csv", wish=Wish(accept_proposed=True, date_column="Submitted At"))
    assert found.profiles("name", "job_title", "country") == [("Łukasz Żak", 'Head of "Ops"', "PL")]
    assert found.read[0].fields["Form Name"] == "Guide, Q3"
    assert found.read[0].mapped.occurred_at == datetime(2026, 9, 3, 11, 20, 31, tzinfo=UTC)


def test_excels_separator_line_is_no_header() -> None:
    assert Found("sep_line_excel.csv").profiles("name", "email") == [("Ana", "ana@example.com")]


def test_of_two_address_columns_the_first_is_read_and_it_says_so() -> None:
    found = Found("duplicate_and_blank_headers.csv")
    assert found.profiles("email") == [("ana@example.com",), ("ben@example.com",)]
    assert any("Email like column 1" in note for note in found.layout.notes)


def test_formulas_are_stored_as_they_are() -> None:
    found = Found("formula_cells.csv")
    assert found.profiles("name", "company") == [
        ('=HYPERLINK("http://127.0.0.1/?"&B2)', "+ACME"),
        ("-Ben", "@home"),
    ]


def test_lines_may_end_with_cr_alone() -> None:
    assert Found("cr_only_mac.csv").profiles("name") == [("Ana",), ("Ben",)]

"""A dry run says what becomes of each column: the same that importing makes of it."""

import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from intake.domain.submission import Read
from intake.imports.layout import Layout, find_layout
from intake.imports.making import Maker, Order
from intake.imports.reading.rows import Row
from intake.imports.targets import spoken
from intake.imports.wish import Wish
from rulebook.models import Form

FORM = Form.model_validate(
    {
        "name": "Fair",
        "key": "pk_fair_1",
        "source": "fair",
        "region": "ES",
        "lines": ["crm", "erp"],
        "line_field": "interest",
        "vendor_id": "lead_id",
        "vendor_time": "created",
        "test_flag": "is_test",
        "honeypot": "fax",
        "consent_field": "privacy",
        "redirect_field": "thanks",
        "volatile": ["downloaded"],
        "unfold": ["answers|json"],
        "signature": {"scheme": "shared_secret", "secret": "fair", "field": "proof"},
        "fields": {
            "email": "email",
            "company": ["company", "firm_*"],
            "phone": "extra|json.phone",
            "job_title": "deep.title",
            "utm_medium": "medium",
            "click_ids.gclid": "google",
            "attributes.seats": {"from": "places", "as": "number"},
        },
    }
)
AT = datetime(2026, 10, 1, tzinfo=UTC)
EMAIL = "ana@example.com"


def layout_of(header: str, *rows: str, wish: Wish | None = None) -> tuple[Layout, list[Read]]:
    wish = wish or Wish()
    stream = io.BytesIO("\n".join([header, *rows]).encode() + b"\n")
    layout = find_layout(stream, FORM, wish)
    maker = Maker(Order(UUID(int=1), "fair", FORM, 1, AT, wish), layout)
    return layout, [maker.read(row) for row in layout.rows(stream) if isinstance(row, Row)]


def parts_of(read: Read) -> dict[str, Any]:
    """All that a submission says, by the names that a dry run uses."""
    mapped = read.mapped
    attribution = dict(mapped.attribution)
    profile = dict(mapped.profile)
    parts = {f"click_ids.{name}": value for name, value in (attribution.pop("click_ids", None) or {}).items()}
    parts |= {f"attributes.{name}": value for name, value in profile.pop("attributes").items()}
    others = {
        "vendor_id": mapped.vendor_id,
        "occurred_at": mapped.occurred_at,
        "consent": mapped.consent,
        "line": mapped.lines,
        "test": mapped.is_test,
        "visitor": mapped.visitor,
        "owner": (read.imported or {}).get("owner"),
    }
    return parts | profile | attribution | others


COLUMNS = [
    ("company", "Example", {"company"}),
    ("firm_name", "Example", {"company"}),
    ("extra", '"{""phone"": ""+34600000001""}"', {"phone"}),
    ("deep", "Director", {"unread"}),
    ("utm_source", "google", {"utm_source"}),
    ("utm_campaign", "spring", {"utm_campaign"}),
    ("utm_term", "crm", {"utm_term"}),
    ("utm_content", "a", {"utm_content"}),
    ("medium", "cpc", {"utm_medium"}),
    ("utm_medium", "cpc", {"unread"}),
    ("referer", "https://www.example.com", {"referrer"}),
    ("page_url", "https://www.example.com/a", {"landing_page"}),
    ("google", "Cj0K", {"click_ids.gclid"}),
    ("gclid", "Cj0K", {"click_ids.gclid"}),
    ("li_fat_id", "abc", {"click_ids.li_fat_id"}),
    ("baton_first_touch", '"{""utm_source"": ""x""}"', {"first_touch"}),
    ("baton_last_touch", '"{""utm_source"": ""x""}"', {"last_touch"}),
    ("baton_visitor", "v1", {"visitor"}),
    ("baton_else", "v1", {"unread"}),
    ("baton_hp_1234", "x", {"honeypot"}),
    ("cf-turnstile-response", "x", {"unread"}),
    ("_token", "x", {"unread"}),
    ("lead_id", "L-1", {"vendor_id"}),
    ("created", "2026-09-03T10:00:00Z", {"occurred_at"}),
    ("is_test", "yes", {"test"}),
    ("fax", "x", {"honeypot"}),
    ("privacy", "yes", {"consent"}),
    ("interest", "erp", {"line"}),
    ("thanks", "https://www.example.com", {"redirect"}),
    ("proof", "x", {"signature"}),
    ("downloaded", "1", {"volatile"}),
    ("answers", '"{""Size of stand"": 3}"', {"unfolded"}),
    ("places", "3", {"attributes.seats"}),
    ("Stand No.", "12", {"attributes.stand_no"}),
    ("Day", "2026-09-03T10:00:00Z", {"occurred_at", "attributes.day"}),
    ("Lead Owner", "Eva", {"owner", "attributes.lead_owner"}),
]
ONLY_SAID = {"unread", "volatile", "redirect", "signature", "honeypot", "unfolded"}
DERIVED = {"phone_raw", "attributes.size_of_stand"}


@pytest.mark.parametrize(("column", "cell", "told"), COLUMNS)
def test_a_column_is_told_to_become_what_it_becomes(column: str, cell: str, told: set[str]) -> None:
    wish = Wish(
        date_column=column if column == "Day" else None,
        owner_column=column if column == "Lead Owner" else None,
        mode="owner" if column == "Lead Owner" else "nurture",
    )
    layout, (bare, filled) = layout_of(f"email,{column}", f"{EMAIL},", f"{EMAIL},{cell}", wish=wish)
    assert set(layout.becomes[column]) == told
    assert layout.becomes["email"] == ("email",)
    before, after = parts_of(bare), parts_of(filled)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed - DERIVED == told - ONLY_SAID


def test_with_a_date_column_of_its_own_a_file_says_nothing_by_the_vendors() -> None:
    wish = Wish(date_column="day")
    header, row = "email,created,Day", f"{EMAIL},2026-09-01T10:00:00Z,2026-09-03T10:00:00Z"
    layout, (read,) = layout_of(header, row, wish=wish)
    assert layout.becomes["created"] == ("unread",)
    assert "occurred_at" in layout.becomes["Day"]
    assert read.mapped.occurred_at == datetime(2026, 9, 3, 10, tzinfo=UTC)


def test_a_column_read_under_another_name_becomes_what_that_name_does() -> None:
    wish = Wish(columns={"Campaign": "utm_campaign", "Trap": "fax", "Mail": "email"})
    layout, _ = layout_of("Mail,Campaign,Trap", f"{EMAIL},spring,", wish=wish)
    assert layout.becomes == {"Mail": ("email",), "Campaign": ("utm_campaign",), "Trap": ("honeypot",)}


def test_more_attributes_than_a_lead_keeps_are_told() -> None:
    def notes(count: int) -> tuple[str, ...]:
        columns = [f"c{number}" for number in range(count)]
        return layout_of(",".join(["email", *columns]), ",".join([EMAIL, *columns]))[0].notes

    assert notes(100) == ()
    assert "101 columns become attributes: of a row the first 100" in notes(101)[0]


def test_every_target_has_its_words() -> None:
    targets = {target for _, _, told in COLUMNS for target in told}
    profile = {"company", "phone"}
    assert {target for target in targets if spoken(target) == target} == profile | {"consent"}
    assert spoken("utm_source") == "campaign attribution: utm_source"
    assert spoken("click_ids.gclid") == "click id: gclid"
    assert spoken("attributes.stand_no") == "attribute: stand_no"
    assert spoken("occurred_at") == "date of the act"

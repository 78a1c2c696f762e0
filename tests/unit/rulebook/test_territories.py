"""Which row of a table of territories holds for a lead."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook.models import Territory
from rulebook.postcodes import postcode_doubt, postcode_fault, postcode_key, postcode_range
from rulebook.territories import Row, Spot, TerritoryTable, outer_first, overlaps, region_key, unreached


def row(territory: str, **says: object) -> Territory:
    return Territory.model_validate({"territory": territory, "pool": "north", **says})


def spain(territory: str, first: str, last: str | None = None, **says: object) -> Territory:
    return row(territory, country="ES", postcode_from=first, postcode_to=last, **says)


EVERYWHERE = row("everywhere")
SPAIN = row("Spain", country="ES")
CATALAN = row("Catalan", language="ca")
SPAIN_IN_CATALAN = row("Spain in Catalan", country="ES", language="ca")
CATALONIA = row("Catalonia", country="ES", region="Cataluña")
BARCELONA = spain("Barcelona", "08")
GRACIA = spain("Gràcia", "08012", "08025")
MADRID = spain("Madrid", "28001", "28999")
LONDON = row("London", country="GB", postcode_from="EC1", postcode_to="EC4")
ONTARIO = row("Ottawa", country="CA", postcode_from="K1A", postcode_to="K2Z")
LISBON = row("Lisbon", country="PT", postcode_from="1000", postcode_to="1999")
ALENTEJO = row("Alentejo", country="PT", postcode_from="7000-001", postcode_to="7999-999")
DRESDEN = row("Dresden", country="DE", postcode_from="1067", postcode_to="1328")
TABLE = TerritoryTable(
    [
        EVERYWHERE,
        SPAIN,
        CATALAN,
        SPAIN_IN_CATALAN,
        CATALONIA,
        BARCELONA,
        GRACIA,
        MADRID,
        LONDON,
        ONTARIO,
        LISBON,
        ALENTEJO,
        DRESDEN,
    ]
)


@pytest.mark.parametrize(
    ("profile", "territory"),
    [
        pytest.param({}, "everywhere", id="a row that says nothing holds for all"),
        pytest.param({"country": "FR"}, "everywhere", id="a country without a row"),
        pytest.param({"country": "ES"}, "Spain", id="a country"),
        pytest.param({"country": "AD", "language": "ca"}, "Catalan", id="a language"),
        pytest.param({"country": "ES", "language": "ca-ES"}, "Spain in Catalan", id="country and language"),
        pytest.param({"country": "ES", "region": "CATALUNA", "language": "ca"}, "Catalonia", id="a region"),
        pytest.param(
            {"country": "PT", "region": "Cataluña"}, "everywhere", id="the region of another country"
        ),
        pytest.param({"country": "ES", "postcode": "08001"}, "Barcelona", id="all that begin with 08"),
        pytest.param({"country": "ES", "postcode": "8001"}, "Barcelona", id="a zero lost in a spreadsheet"),
        pytest.param({"country": "ES", "postcode": "08012"}, "Gràcia", id="the narrower of two ranges"),
        pytest.param({"country": "ES", "postcode": "08026"}, "Barcelona", id="just beyond the narrower"),
        pytest.param({"country": "ES", "postcode": "28 999"}, "Madrid", id="the last of a range, spaced"),
        pytest.param({"country": "ES", "postcode": "29000"}, "Spain", id="beyond a range"),
        pytest.param({"country": "FR", "postcode": "28001"}, "everywhere", id="digits of another country"),
        pytest.param({"country": "GB", "postcode": "ec2a 4bx"}, "London", id="letters, within the range"),
        pytest.param({"country": "GB", "postcode": "EC4M 7AN"}, "London", id="what begins as the last one"),
        pytest.param({"country": "GB", "postcode": "EC5"}, "everywhere", id="letters, beyond the range"),
        pytest.param({"country": "CA", "postcode": "K1P 1J1"}, "Ottawa", id="Canada"),
        pytest.param({"country": "PT", "postcode": "1200-195"}, "Lisbon", id="a long one in a short range"),
        pytest.param({"country": "PT", "postcode": "7000"}, "Alentejo", id="a short one in a long range"),
        pytest.param({"country": "PT", "postcode": "7050-160"}, "Alentejo", id="a long one in a long range"),
        pytest.param({"country": "DE", "postcode": "01067"}, "Dresden", id="a zero lost in the table"),
        pytest.param(
            {"country": "DE", "postcode": "10670"}, "everywhere", id="what the table without it reads"
        ),
    ],
)
def test_the_row_that_says_most_holds(profile: dict[str, str], territory: str) -> None:
    found = TABLE.find(Spot.of(profile))
    assert found is not None
    assert found.territory == territory


def test_a_lead_that_no_row_knows_has_no_territory() -> None:
    assert TerritoryTable([SPAIN]).find(Spot.of({"country": "IT"})) is None
    assert TerritoryTable([]).find(Spot()) is None


def test_order_goes_before_the_narrower_range() -> None:
    table = TerritoryTable([spain("wide", "08", order=1), spain("narrow", "08012", order=2)])
    found = table.find(Spot("ES", postcode="08012"))
    assert found is not None
    assert found.territory == "wide"


def test_a_region_is_read_without_case_accents_and_signs() -> None:
    assert region_key("Castilla-La Mancha") == region_key("CASTILLA LA MANCHA") == "castilla la mancha"
    assert region_key("Trás-os-Montes") == region_key("tras os montes")


@pytest.mark.parametrize(
    ("first", "last", "country", "said"),
    [
        ("28999", "28001", "ES", "comes after"),
        ("28", "28999", "ES", "two lengths"),
        ("K2", "K1", "CA", "comes after"),
    ],
)
def test_a_range_that_cannot_be_meant_says_what_to_write(
    first: str, last: str, country: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        postcode_range(first, last, country)


@pytest.mark.parametrize(
    ("country", "first", "last", "inside", "outside"),
    [
        ("GB", "M1", None, ["M1 1AA", "m11aa", "M1", "M1 1"], ["M11 1AA", "M10 4BD", "ME1 1AA"]),
        ("GB", "M1", "M20", ["M3 1AA", "M9 1AA", "M20 2BB"], ["M21 1AA", "ME3 1AA"]),
        ("GB", "EC1", None, ["EC1A 1BB", "EC1Y8SY"], ["EC2A 1BB"]),
        ("GB", "SW1A", "SW1P", ["SW1A 2AA", "SW1H 0AA"], ["SW1V 1AA", "SW10 0AA"]),
        ("GB", "B", None, ["B1 1AA", "B90 1AA"], ["BA1 1AA", "BS1 1AA"]),
        ("GB", "SW", None, ["SW1A 2AA", "SW19 5AE"], ["SY1 1AA"]),
        ("PT", "1000-001", "1999-999", ["1000", "1000-001", "1500", "1999-123"], ["2000", "2000-001"]),
        ("BR", "01000-000", "09999-999", ["01000", "1000", "01310-100", "09999"], ["10000-000"]),
        ("US", "02134", None, ["2134", "02134-1000", "2134-1000"], ["02135"]),
        ("IT", "00118", "00199", ["118", "00144"], ["11800", "00200"]),
        ("FI", "00100", "00990", ["100", "00500"], ["10000"]),
        ("ES", "28001.0", "28080.0", ["28001", "28080", "28050"], ["28081"]),
        ("DE", "80331", "81929", ["D-80331", "80999"], ["82000"]),
        ("LU", "L-1000", "L-1999", ["L-1234", "1234"], ["L-2000"]),
        ("RS", "11000", "11999", ["11000", "11070"], ["21000"]),
        ("PL", "00-001", "04-999", ["00-950", "1-001"], ["05-075"]),
    ],
)
def test_a_postcode_is_found_however_people_and_spreadsheets_write_it(
    country: str, first: str, last: str | None, inside: list[str], outside: list[str]
) -> None:
    found = postcode_range(first, last, country)
    assert found is not None
    assert [each for each in inside if postcode_key(each, country) not in found] == []
    assert [each for each in outside if postcode_key(each, country) in found] == []


@pytest.mark.parametrize(
    ("text", "country", "said"),
    [
        ("28O01", "ES", "is no postcode of ES; write its digits"),
        ("280010", "ES", "has 6 digits, and postcodes of ES have 5"),
        ("28001-28080", "ES", "is a range; write its ends"),
        ("28-29", "ES", "is a range; write its ends"),
        ("28,29", "ES", "more than one postcode; write a row for each"),
        ("EC1/EC2", "GB", "more than one postcode; write a row for each"),
    ],
)
def test_a_cell_that_is_no_postcode_says_what_to_write(text: str, country: str, said: str) -> None:
    assert said in (postcode_fault(text, country) or "")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("1000-001", "PT"),
        ("28001,00", "ES"),
        ("123-45", "SE"),
        ("K1A 0B1", "CA"),
        ("D-80331", "DE"),
        ("08", "ES"),
    ],
)
def test_a_cell_that_may_be_a_postcode_is_not_complained_of(text: str, country: str) -> None:
    assert postcode_fault(text, country) is None
    assert postcode_doubt(text, country) is None


def test_two_zeros_that_a_spreadsheet_may_have_taken_are_asked_for() -> None:
    assert "may have been 00118 before a spreadsheet read it; write 00118" in (
        postcode_doubt("118", "IT") or ""
    )
    assert postcode_doubt("941", "US") is None, "three digits name an area there"


def test_digits_of_an_unknown_country_get_back_their_zeros() -> None:
    found = postcode_range("501", "19999", "ZZ")
    assert found is not None
    assert "00501" in found
    assert "20000" not in found
    assert postcode_key("501", "ZZ") == "501"


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        pytest.param([SPAIN, row("again", country="ES")], 1, id="the same country twice"),
        pytest.param([SPAIN, row("again", country="ES", order=1)], 0, id="one of them has an order"),
        pytest.param([SPAIN, SPAIN_IN_CATALAN], 0, id="one says more"),
        pytest.param(
            [CATALONIA, row("x", country="ES", region="cataluna")], 1, id="a region without accents"
        ),
        pytest.param([spain("a", "08001", "08010"), spain("b", "08010", "08020")], 1, id="ranges that cross"),
        pytest.param([spain("a", "08001", "08010"), spain("b", "08011", "08020")], 0, id="side by side"),
        pytest.param([BARCELONA, GRACIA], 0, id="one range inside the other"),
        pytest.param([BARCELONA, spain("b", "08")], 1, id="the same range twice"),
        pytest.param(
            [BARCELONA, GRACIA, spain("b", "08020", "08030")], 1, id="two that cross inside a third"
        ),
        pytest.param(
            [MADRID, row("x", country="PT", postcode_from="28001", postcode_to="29999")], 0, id="abroad"
        ),
    ],
)
def test_rows_overlap_where_nothing_says_which_comes_first(rows: list[Territory], pairs: int) -> None:
    assert len(list(overlaps(rows))) == pairs


DIGITS = st.integers(0, 299).map(lambda number: f"{number:05}")
ROWS = st.lists(
    st.builds(
        lambda country, region, language, bounds, order: row(
            "any",
            country=country or ("ES" if bounds else None),
            region=region,
            language=language,
            postcode_from=min(bounds) if bounds else None,
            postcode_to=max(bounds) if bounds else None,
            order=order,
        ),
        st.sampled_from([None, "ES", "PT"]),
        st.sampled_from([None, None, "Norte"]),
        st.sampled_from([None, None, "pt"]),
        st.none() | st.tuples(DIGITS, DIGITS),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=25,
)
SPOTS = st.builds(
    Spot,
    st.sampled_from([None, "ES", "PT"]),
    st.sampled_from([None, "norte"]),
    st.none() | DIGITS,
    st.sampled_from([None, "pt"]),
)


def numbered(rows: list[Territory]) -> list[Territory]:
    return [each.model_copy(update={"line_number": number}) for number, each in enumerate(rows, 2)]


@given(ROWS, st.lists(SPOTS, max_size=20))
@settings(max_examples=300, deadline=None)
def test_the_index_finds_what_a_look_at_every_row_finds(rows: list[Territory], spots: list[Spot]) -> None:
    numbers = numbered(rows)
    table, plain = TerritoryTable(numbers), [Row.of(each) for each in numbers]
    for spot in spots:
        holding = [each for each in plain if each.holds(spot)]
        most = max((each.specificity for each in holding), default=())
        best = outer_first(each for each in holding if each.specificity == most)
        first = min(reversed(best), key=lambda it: it.order, default=None)
        assert table.find(spot) is (first.source if first is not None else None)


def crossing(one: Row, other: Row) -> bool:
    if one.key != other.key or one.source.order != other.source.order:
        return False
    if one.range is None or other.range is None:
        return one.range is other.range
    apart = one.range.end <= other.range.start or other.range.end <= one.range.start
    return not (apart or one.range.is_inside(other.range) or other.range.is_inside(one.range))


@given(ROWS)
@settings(max_examples=300, deadline=None)
def test_overlaps_are_found_if_and_only_if_there_are_any(rows: list[Territory]) -> None:
    plain = [Row.of(each) for each in numbered(rows)]
    pairs = {
        (one.source.line_number, other.source.line_number)
        for place, one in enumerate(plain)
        for other in plain[place + 1 :]
        if crossing(one, other)
    }
    found = {(one.line_number, other.line_number) for one, other in overlaps(numbered(rows))}
    assert found <= pairs
    assert bool(found) == bool(pairs)


def test_fifty_thousand_rows_answer_in_microseconds() -> None:
    rows = [spain(f"t{number}", f"{number:05}") for number in range(50_000)]
    table, spots = TerritoryTable(rows), [Spot("ES", postcode=f"{n:05}", language="es") for n in range(2_000)]
    began = time.process_time()
    found = [table.find(spot) for spot in spots]
    spent = time.process_time() - began
    assert [each.territory for each in found if each is not None] == [f"t{n}" for n in range(2_000)]
    assert spent / len(spots) < 50e-6


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(
            [SPAIN, row("again", country="ES", order=1)], {"Spain": ["again"]}, id="a country twice"
        ),
        pytest.param([spain("b", "08010", order=2), spain("a", "08", order=1)], {"b": ["a"]}, id="inside"),
        pytest.param(
            [spain("a", "0801"), spain("b", "0802"), spain("c", "08010", "08029", order=3)],
            {},
            id="by an order that is the only one",
        ),
        pytest.param(
            [
                spain("a", "0801", "0802", order=1),
                spain("b", "0802", "0803", order=2),
                spain("c", "0801", "0803", order=3),
            ],
            {"c": ["a", "b"]},
            id="two between them",
        ),
        pytest.param([BARCELONA, GRACIA], {}, id="what is around the narrower one is left"),
        pytest.param([EVERYWHERE, SPAIN, CATALAN, BARCELONA], {}, id="each says more than another"),
    ],
)
def test_rows_that_are_found_for_no_lead_are_told_with_those_before_them(
    rows: list[Territory], told: dict[str, list[str]]
) -> None:
    found = {each.territory: [other.territory for other in before] for each, before in unreached(rows)}
    assert found == told


@given(ROWS, st.lists(SPOTS, min_size=20, max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_row_that_is_told_to_be_found_for_no_lead_is_found_for_none(
    rows: list[Territory], spots: list[Spot]
) -> None:
    rows = numbered(rows)
    told = {each.line_number for each, _ in unreached(rows)}
    table = TerritoryTable(rows)
    found = {row.line_number for spot in spots if (row := table.find(spot)) is not None}
    assert not told & found

"""From JSON to what may be published, and what changed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_events import RulebookPublished
from rulebook.diff import Change, diff
from rulebook.findings import Finding, RulebookInvalid
from rulebook.loader import load_folder
from rulebook.models import Rulebook
from rulebook.publication import Prepared, checksum, parse, prepare, to_document

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")


def document() -> dict[str, Any]:
    """A copy of the example that a test may change."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(to_document(BOOK)))
    return copy


def test_a_rulebook_survives_its_json() -> None:
    prepared = prepare(document())
    assert prepared.rulebook == BOOK
    assert prepared.document == to_document(BOOK)
    assert prepared.warnings == ()


def test_the_checksum_depends_on_content_only() -> None:
    turned = dict(reversed(list(document().items())))
    assert checksum(turned) == prepare(document()).checksum
    turned["company"] = "Other"
    assert checksum(turned) != prepare(document()).checksum


def test_an_invalid_rulebook_is_refused_with_all_findings() -> None:
    wrong = document()
    wrong["routing"]["plans"]["main"]["fallback"] = "nobody"
    wrong["scorecards"]["main"]["fit"][0]["when"] = "lead.employees >"
    with pytest.raises(RulebookInvalid) as caught:
        prepare(wrong)
    assert {finding.path for finding in caught.value.findings} == {
        "routing.plans.main.fallback",
        "scorecards.main.fit[0].when",
    }


@pytest.mark.parametrize("wrong", [None, [], "rulebook", 7, {}, {"company": 3}])
def test_what_is_no_rulebook_is_refused_plainly(wrong: object) -> None:
    with pytest.raises(RulebookInvalid):
        parse(wrong)


def changed(**places: Any) -> Rulebook:
    other = document()
    other.update(places)
    return parse(other)


def test_equal_rulebooks_do_not_differ() -> None:
    assert diff(BOOK, BOOK) == []


def test_a_change_names_its_path_and_both_values() -> None:
    other = document()
    other["agreement"]["sales"]["promises"]["perfect"]["accept_within"] = "5m"
    (change,) = diff(BOOK, parse(other))
    assert str(change) == "~ agreement.sales.promises.perfect.accept_within: 10m -> 5m"


def test_rules_are_told_apart_by_id() -> None:
    other = document()
    rules = other["scorecards"]["main"]["fit"]
    rules[0]["points"] = 30
    del rules[1]
    rules.append({"id": "new", "when": "true", "points": 1, "reason": "new"})
    lines = [str(change) for change in diff(BOOK, parse(other))]
    assert lines[0] == "~ scorecards.main.fit[right-size].points: 25 -> 30"
    assert lines[1].startswith("- scorecards.main.fit[large].id: large\n")
    assert lines[2].startswith("+ scorecards.main.fit[new].id: new\n")
    assert len(lines) == 3


def test_a_rule_that_moved_is_a_change_of_order() -> None:
    other = document()
    rules = other["routing"]["plans"]["main"]["rules"]
    rules[0], rules[1] = rules[1], rules[0]
    (change,) = diff(BOOK, parse(other))
    assert change.path == "routing.plans.main.rules order"
    assert str(change.after).startswith("europe, large-account")


def test_of_a_table_the_rows_are_told_that_came_and_went() -> None:
    other = document()
    rows = other["routing"]["territories"]["europe"]
    rows[0]["pool"] = "portugal"
    rows.insert(1, {"territory": "Ceuta", "country": "ES", "region": "Ceuta", "pool": "spain"})
    for number, row in enumerate(rows, 2):
        row["line_number"] = number
    assert [str(change) for change in diff(BOOK, parse(other))] == [
        "- routing.territories.europe: territory Spain, country ES, pool spain",
        "+ routing.territories.europe: territory Spain, country ES, pool portugal",
        "+ routing.territories.europe: territory Ceuta, country ES, region Ceuta, pool spain",
    ]


def test_a_form_added_is_one_change() -> None:
    forms = document()["forms"]
    forms["second"] = {**forms["newsletter"], "key": "another-key-1"}
    (change,) = diff(BOOK, changed(forms=forms))
    assert (change.path, change.before) == ("forms.second", None)


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 1, -5, 10**30, "", "\x00", "\ud800", [], {}, [[]], {"a": 1}, True, 1.5, "a[", "has("]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in inside for place in places(inner, (*path, key)))]


@given(st.sampled_from(places(document())[1:]), JUNK)
@settings(max_examples=60, deadline=None)
def test_whatever_is_sent_is_either_fit_to_publish_or_refused_with_a_hint(
    place: tuple[Any, ...], junk: Any
) -> None:
    wrong = document()
    inside: Any = wrong
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = junk
    prepared, findings = prepared_or_findings(wrong)
    assert all(finding.message and finding.hint for finding in findings)
    assert prepared is None or prepare(prepared.document) == prepared


def prepared_or_findings(document: Any) -> tuple[Prepared | None, list[Finding]]:
    try:
        return prepare(document), []
    except RulebookInvalid as refused:
        return None, refused.findings


UNSTORABLE = [
    ("a zero character", "a\x00"),
    ("half a character", "a\ud83c"),
    ("a number beyond 64 bits", 2**63),
]


@pytest.mark.parametrize("value", [case[1] for case in UNSTORABLE], ids=[case[0] for case in UNSTORABLE])
def test_what_no_store_keeps_is_refused_by_its_place(value: Any) -> None:
    wrong = document()
    wrong["forms"]["education"]["fields"]["city"]["values"]["Select"] = value
    with pytest.raises(RulebookInvalid, match=r"forms\.education\.fields\.city\.values\.Select"):
        prepare(wrong)


def test_the_published_event_carries_the_whole_document() -> None:
    prepared = prepare(document())
    now = datetime(2026, 3, 2, tzinfo=UTC)
    event = RulebookPublished(
        version=1,
        effective_from=now,
        published_at=now,
        published_by="ana",
        checksum=prepared.checksum,
        rulebook=prepared.document,
    )
    read = RulebookPublished.model_validate_json(event.to_json())
    assert checksum(read.rulebook) == prepared.checksum
    assert parse(read.rulebook) == BOOK


# what changed, the value before, the one after, the lines that say so
NESTED: list[tuple[str, object, object, list[str]]] = [
    ("a promise is added", None, {"accept_within": "1h"}, ["+ at.accept_within: 1h"]),
    ("a promise is gone", {"attempts": {"count": 4}}, None, ["- at.attempts.count: 4"]),
    ("a word, not a Python one", True, False, ["~ at: true -> false"]),
    ("a list of plain values", [0.5, 0.8], [0.5], ["~ at: [0.5, 0.8] -> [0.5]"]),
    ("shifts", [["09:00", "14:00"]], [["09:00", "13:00"]], ["~ at: [[09:00, 14:00]] -> [[09:00, 13:00]]"]),
    ("nothing in it", None, {}, ["+ at: {}"]),
    (
        "a list of objects",
        [{"first_day": "2026-12-21", "reason": "away"}],
        [{"first_day": "2026-12-22", "reason": "away"}, {"first_day": "2027-01-07"}],
        ["~ at[0].first_day: 2026-12-21 -> 2026-12-22", "+ at[1].first_day: 2027-01-07"],
    ),
    ("an object instead of a word", "goal", {"goal": 3}, ["~ at: goal -> {goal: 3}"]),
]


@pytest.mark.parametrize(
    ("before", "after", "lines"), [each[1:] for each in NESTED], ids=[each[0] for each in NESTED]
)
def test_a_nested_change_is_told_line_by_line(before: object, after: object, lines: list[str]) -> None:
    assert str(Change("at", before, after)).splitlines() == lines


def test_another_agreement_is_told_in_the_words_of_the_file() -> None:
    other = to_document(BOOK)
    other["agreements"] = {"next": {"name": "Next", "state": "draft", "sales": {"promises": {}}}}
    other["agreement"]["sales"]["teams"] = {"italy": {"warm": {"outcome_within": "2d"}}}
    told = "\n".join(map(str, diff(BOOK, parse(other)))).splitlines()
    assert "+ agreement.sales.teams.italy.warm.outcome_within: 48h" in told
    assert "+ agreements.next.name: Next" in told
    assert "+ agreements.next.sales.pauses.waits_for_buyer: [next_attempt, outcome]" in told
    assert not [line for line in told if "{" in line and not line.endswith(": {}")]

"""From JSON to what may be published, and what changed."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rulebook.diff import diff
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.models import Rulebook
from rulebook.publication import checksum, parse, prepare, to_document

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
    assert lines[1].startswith("- scorecards.main.fit[large]: ")
    assert lines[2].startswith("+ scorecards.main.fit[new]: ")
    assert len(lines) == 3


def test_a_rule_that_moved_is_a_change_of_order() -> None:
    other = document()
    rules = other["routing"]["plans"]["main"]["rules"]
    rules[0], rules[1] = rules[1], rules[0]
    (change,) = diff(BOOK, parse(other))
    assert change.path == "routing.plans.main.rules order"
    assert str(change.after).startswith("spain, large-account")


def test_a_form_added_is_one_change() -> None:
    forms = document()["forms"]
    forms["second"] = {**forms["newsletter"], "key": "another-key-1"}
    (change,) = diff(BOOK, changed(forms=forms))
    assert (change.path, change.before) == ("forms.second", None)

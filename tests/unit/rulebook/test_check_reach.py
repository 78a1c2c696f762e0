"""Rules, rows of tables, pools and keys that no lead ever reaches."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Finding, Severity

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
HEAD = "territory,country,region,postcode_from,postcode_to,language,pool,order\n"
EVERYWHERE = HEAD + "Spain,ES,,,,,spain,\nRest,,,,,,everywhere-else,\n"
EUROPE = "      - id: europe\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def table(folder: Path, rows: str, name: str = "europe") -> None:
    (folder / f"territories/{name}.csv").write_text(rows, "utf-8")


def edit(folder: Path, old: str, new: str) -> None:
    """Change the plan once."""
    path = folder / "routing.yaml"
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")


def unreached(folder: Path) -> list[Finding]:
    return [each for each in check_folder(folder) if "never reached" in each.message]


def test_a_rule_after_a_table_with_a_row_for_everywhere_is_an_error(folder: Path) -> None:
    table(folder, EVERYWHERE)
    found = unreached(folder)
    assert [each.path for each in found] == [f"routing.plans.main.rules[{number}]" for number in range(2, 6)]
    assert {each.severity for each in found} == {Severity.ERROR}
    assert "`europe` before it" in found[0].message
    assert "line 3 of territories/europe.csv holds for every lead" in found[0].hint


def test_a_table_that_is_asked_of_some_leads_bars_no_others(folder: Path) -> None:
    table(folder, EVERYWHERE)
    edit(folder, EUROPE, EUROPE + "        when: asks\n")
    assert unreached(folder) == []


def test_a_table_whose_rows_need_a_consent_leaves_leads_to_the_rules_after_it(folder: Path) -> None:
    table(folder, EVERYWHERE.replace("everywhere-else", "partners"))
    edit(folder, "  academy:", "  partners: {name: P, team: italy, partner_consent: partners}\n  academy:")
    assert unreached(folder) == []


def test_a_table_all_of_whose_countries_an_earlier_rule_takes_is_an_error(folder: Path) -> None:
    table(folder, HEAD + "Spain,ES,,,,,spain,\nMadrid,ES,,28,,,spain,\nPortugal,PT,,,,,portugal,\n")
    rule = "      - {id: iberia, when: \"has(lead.country) && lead.country in ['PT', 'ES']\", pool: spain}\n"
    edit(folder, EUROPE, rule + EUROPE)
    (found,) = unreached(folder)
    assert (found.path, found.severity) == ("routing.plans.main.rules[2]", Severity.ERROR)
    assert "`iberia` before it holds for all its leads" in found.message


def test_a_table_with_one_country_that_is_left_is_reached(folder: Path) -> None:
    table(folder, HEAD + "Spain,ES,,,,,spain,\nPortugal,PT,,,,,portugal,\nIn Catalan,,,,,ca,spain,\n")
    rule = "      - {id: iberia, when: \"has(lead.country) && lead.country in ['PT', 'ES']\", pool: spain}\n"
    edit(folder, EUROPE, rule + EUROPE)
    assert unreached(folder) == []


def test_a_row_that_others_always_come_before_is_doubtful_and_told_by_its_line(folder: Path) -> None:
    table(folder, HEAD + "Spain,ES,,28,,,spain,1\nMadrid,ES,,28010,28020,,italy,2\n")
    (found,) = unreached(folder)
    assert (found.file, found.line) == ((folder / "territories/europe.csv").as_posix(), 3)
    assert (found.severity, found.message) == (
        Severity.WARNING,
        "is never reached: line 2 (Spain: ES, 28) comes first for all its leads",
    )
    assert "lower number under `order`" in found.hint


def test_of_rows_that_overlap_nothing_else_is_told(folder: Path) -> None:
    table(folder, HEAD + "Spain,ES,,,,,spain,\nAgain,ES,,,,,italy,\n")
    assert unreached(folder) == []


def test_a_pool_that_follows_the_sun_and_sells_another_line_is_an_error(folder: Path) -> None:
    spain = "spain: {name: Spain, team: spain, "
    edit(folder, spain, spain + "when_nobody_open: follow_the_sun, then: [academy], ")
    (found,) = check_folder(folder)
    assert (found.path, found.severity) == ("routing.pools.spain.then[0]", Severity.ERROR)
    assert "nobody in pool `academy` can take a lead of line `main`" in found.message


def test_a_pool_that_follows_the_sun_for_one_of_two_lines_is_reached(folder: Path) -> None:
    follows = "everywhere-else:\n    when_nobody_open: follow_the_sun\n    then: [academy]"
    edit(folder, "everywhere-else:", follows)
    edit(folder, "    fallback: academy\n", "    fallback: everywhere-else\n")
    assert not [each for each in check_folder(folder) if "then[0]" in each.path]


@pytest.mark.parametrize(
    ("old", "new", "path", "hint"),
    [
        pytest.param(
            "spain: {name: Spain,",
            "spain: {name: Spain, strategy: least_loaded, catch_up: true,",
            "routing.pools.spain.catch_up",
            "`weighted_round_robin` or `value_fair`",
            id="turns to make up for where nobody has any",
        ),
        pytest.param(
            "when_away: pool,",
            "when_away: pool, wait_at_most: 2h,",
            "routing.plans.main.owners.wait_at_most",
            "`when_away: wait`",
            id="a wait for owners whom nobody waits for",
        ),
    ],
)
def test_a_key_that_changes_nothing_is_doubtful(
    folder: Path, old: str, new: str, path: str, hint: str
) -> None:
    edit(folder, old, new)
    (found,) = check_folder(folder)
    assert (found.path, found.severity) == (path, Severity.WARNING)
    assert hint in found.hint

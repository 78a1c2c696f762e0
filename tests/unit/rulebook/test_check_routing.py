"""What `baton check` says about plans, pools, people and hours that cannot be meant."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Severity, errors_in

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text once; the line on which the new one ends up."""
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


ROUTING, ROSTER, HOURS = "routing.yaml", "roster.yaml", "calendars.yaml"
FIRST = "      - id: large-account\n        when: segment.large\n"
PHONE = "when: segment.tells_no_country && has(lead.phone) && lead.phone.startsWith('+34')"
SPAIN = "spain: {name: Spain, team: spain, deadline_aware: true, language: required}"
ACADEMY = "academy: {name: Aurora Academy, team: academy}"
LUCA = "    lines: [training]\n    calendar: milan\n    languages: [it, en]\n"
MADRID = '  week:\n    mon: [["09:00", "14:00"], ["15:30", "18:30"]]\n'

# what is wrong, file, text, its replacement, path of the finding, part of the message, part of the hint
SLIPS = [
    (
        "a rule after one that always holds", ROUTING, FIRST, FIRST.replace("segment.large", '"true"'),
        "routing.plans.main.rules[1]", "never reached: `large-account` before it always holds", "move it up",
    ),
    (
        "the same condition twice", ROUTING, "has(lead.phone) && lead.phone.startsWith('+351')",
        "has(lead.phone) && lead.phone.startsWith(\"+34\")".replace('"', "'"),
        "routing.plans.main.rules[3]", "`phone-spain` before it holds for all its leads", "delete one",
    ),
    (
        "a condition within an earlier one", ROUTING, PHONE, "when: segment.large && asks",
        "routing.plans.main.rules[2]", "`large-account` before it holds", "move it up",
    ),
    (
        "a longer list before a country", ROUTING, "when: has(lead.country) && lead.country in ['IT', 'SM']",
        "when: lead.country in ['IT', 'SM']\n        pool: academy\n      - id: again\n"
        "        when: lead.country == 'SM'",
        "routing.plans.training.rules[1]", "`italy` before it holds for all its leads", "delete one",
    ),
    (
        "the same table twice", ROUTING, "      # A country that",
        "      - {id: again, territories: europe}\n      #",
        "routing.plans.main.rules[2]", "`europe` before it", "delete one",
    ),
    (
        "a rule without pool or table", ROUTING, "territories: europe   #", "because: it is there #",
        "routing.plans.main.rules[1]", "names no pool", "`territories: ...`",
    ),
    (
        "a pool beside a table", ROUTING, "territories: europe   #",
        "pool: spain\n        territories: europe #",
        "routing.plans.main.rules[1].pool", "never used", "delete one",
    ),
    (
        "an unknown table", ROUTING, "territories: europe ", "territories: europa ",
        "routing.plans.main.rules[1].territories", "no table of territories `europa`", "`europe`",
    ),
    (
        "a segment that is none", ROUTING, "when: segment.large", "when: segment.lrge",
        "routing.plans.main.rules[0].when", "no `segment.lrge`", "`large`",
    ),
    (
        "a segment that reads another", ROUTING, 'tells_no_country: "!',
        'tells_no_country: "segment.large && !',
        "routing.segments.tells_no_country", "reads no segment", "write out",
    ),
    (
        "a segment no condition can name", ROUTING, "  large: has", "  very-large: has",
        "routing.segments.very-large", "cannot be read", "`very_large`",
    ),
    (
        "a segment that does not compile", ROUTING, "lead.employees >= 1000", "lead.employees >= '1000'",
        "routing.segments.large", "does not take", "in quotes",
    ),
    (
        "an empty pool", ROUTING, ACADEMY, "academy: {name: Aurora Academy}",
        "routing.pools.academy", "no team and no reps", "add `team: ...`",
    ),
    (
        "a way on that is never taken", ROUTING, SPAIN, SPAIN[:-1] + ", then: [portugal]}",
        "routing.pools.spain.then", "never asked", "follow_the_sun",
    ),
    (
        "following the sun to nobody", ROUTING, SPAIN, SPAIN[:-1] + ", when_nobody_open: follow_the_sun}",
        "routing.pools.spain.when_nobody_open", "to nobody", "then: [...]",
    ),
    (
        "following the sun to no pool", ROUTING, SPAIN,
        SPAIN[:-1] + ", when_nobody_open: follow_the_sun, then: [portugl]}",
        "routing.pools.spain.then[0]", "no pool `portugl`", "`portugal`",
    ),
    (
        "following the sun to itself", ROUTING, SPAIN,
        SPAIN[:-1] + ", when_nobody_open: follow_the_sun, then: [spain]}",
        "routing.pools.spain.then[0]", "the pool itself", "another pool",
    ),
    (
        "following the sun in a circle", ROUTING, SPAIN,
        SPAIN[:-1] + ", when_nobody_open: follow_the_sun, then: [east]}\n"
        "  east: {name: East, team: romania, when_nobody_open: follow_the_sun, then: [spain]}",
        "routing.pools.spain.then[0]", "circle: spain -> east -> spain", "end it",
    ),
    (
        "a skill nobody has", ROUTING, "skills: [tenders]", "skills: [tender]",
        "routing.pools.large-accounts.skills", "nobody has the skill `tender`", "`tenders`",
    ),
    (
        "a skill nobody of the pool has", ROUTING, ACADEMY, ACADEMY[:-1] + ", skills: [tenders]}",
        "routing.pools.academy.skills", "nobody of the pool has `tenders`", "skills_match: preferred",
    ),
    (
        "a rule's skill nobody of its pool has", ROUTING, "        pool: academy-italy\n",
        "        pool: academy-italy\n        skills: [tenders]\n",
        "routing.plans.training.rules[0].skills", "nobody of pool `academy-italy`", "add somebody",
    ),
    (
        "a language nobody of the pool speaks", ROUTING, "      - id: italy\n        when: has(",
        "      - {id: german, when: has(lead.language) && lead.language == 'de', pool: academy, "
        "language: required}\n"
        "      - id: italy\n        when: has(",
        "routing.plans.training.rules[0]", "nobody of Aurora Academy speaks `de`", "`unspoken: POOL`",
    ),
    (
        "a pool for what nobody speaks that requires a language", ROUTING, "unspoken: everywhere-else",
        "unspoken: spain", "routing.plans.main.unspoken", "requires a language", "preferred",
    ),
    (
        "a rule for nobody", ROUTING, FIRST,
        FIRST.replace("segment.large", '"score.fit > 90 && score.fit < 60"'),
        "routing.plans.main.rules[0].when", "can hold for no lead", "`||` where one of several",
    ),
    (
        "a rule after two that leave it nothing", ROUTING, FIRST,
        "      - {id: asking, when: asks, pool: spain}\n"
        "      - {id: others, when: '!asks', pool: italy}\n" + FIRST,
        "routing.plans.main.rules[2]", "`asking` before it hold for all its leads", "move it up",
    ),
    (
        "a whole number beside one with a point", ROUTING, FIRST,
        FIRST.replace("segment.large", "score.fit > 90.0"),
        "routing.plans.main.rules[0].when", "a whole number and one with a point", "100 is not 100.0",
    ),
    (
        "partners as the last resort", ROUTING, "name: Everywhere else, in English",
        "name: Everywhere else\n    partner_consent: partners",
        "routing.plans.main.fallback", "only leads who consented to `partners`", "your own reps",
    ),
    (
        "a language in words", ROSTER, "languages: [ro, it]", "languages: [romanian, it]",
        "roster.reps.andreea-stanciu.languages[0]", "`romanian` is no language", "`ro`",
    ),
    (
        "a rep in no team", ROSTER, "    team: academy\n" + LUCA, LUCA,
        "roster.reps.luca-marchetti.team", "is missing", "add `team: ...`",
    ),
    (
        "a rep in a team that is none", ROSTER, "    team: academy\n" + LUCA, "    team: akademy\n" + LUCA,
        "roster.reps.luca-marchetti.team", "no team `akademy`", "`academy`",
    ),
    (
        "Slack without anybody", ROSTER, "    capacity: 15\n", "    notify: [{channel: slack}]\n",
        "roster.reps.marta-ibanez.notify[0]", "nobody in Slack", "`to:`",
    ),
    (
        "a webhook without address", ROSTER, "    capacity: 15\n",
        "    notify: [{channel: webhook, secret: s}]\n",
        "roster.reps.marta-ibanez.notify[0]", "no address", "`to: https://...`",
    ),
    (
        "a webhook that nobody signs", ROSTER, "    capacity: 15\n",
        "    notify: [{channel: webhook, to: 'https://example.com/'}]\n",
        "roster.reps.marta-ibanez.notify[0]", "no secret", "`secret: NAME`",
    ),
    (
        "Apprise without an address", ROSTER, "lead: marta-ibanez}",
        "lead: marta-ibanez, notify: [{channel: apprise}]}",
        "roster.teams.spain.notify[0]", "no secret", "`secret: NAME`",
    ),
    (
        "an e-mail to no address", ROSTER, "    capacity: 15\n",
        "    notify: [{channel: email, to: marta}]\n",
        "roster.reps.marta-ibanez.notify[0].to", "no e-mail address", "leave it out",
    ),
    (
        "an unknown zone", HOURS, "tz: Europe/Madrid", "tz: Europe/Madrit",
        "calendars.madrid.tz", "not a time zone", "Europe/Madrid",
    ),
    (
        "an hour that is none", HOURS, '"18:30"]]', '"25:00"]]',
        "calendars.madrid.week.mon", "not a time", "24:00",
    ),
    (
        "shifts that overlap", HOURS, '["15:30", "18:30"]', '["13:30", "18:30"]',
        "calendars.madrid.week.mon", "overlap", "join them",
    ),
    (
        "a shift of no length", HOURS, '["15:30", "18:30"]', '["15:30", "15:30"]',
        "calendars.madrid.week.mon", "starts and ends at the same time", "24:00",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message", "hint"), [slip[1:] for slip in SLIPS], ids=[s[0] for s in SLIPS]
)
def test_what_cannot_work_is_an_error_with_its_place_and_what_to_write(
    folder: Path, file: str, old: str, new: str, path: str, message: str, hint: str
) -> None:
    near = edit(folder, file, old, new)
    found = [each for each in check_folder(folder) if each.path == path and message in each.message]
    assert len(found) == 1, check_folder(folder)
    assert found[0].severity is Severity.ERROR
    assert hint in found[0].hint
    assert found[0].file == (folder / file).as_posix()
    assert found[0].line > 1
    assert abs(found[0].line - near) < 60


DOUBTS = [
    (
        "a rule switched off", ROUTING, FIRST, FIRST.replace("segment.large", '"false"'),
        "routing.plans.main.rules[0].when", "the rule is for no lead", "delete the rule",
    ),
    (
        "languages required and nobody for the rest", ROUTING, "    unspoken: everywhere-else", "    #",
        "routing.plans.main", "would wait for ever", "`unspoken: POOL`",
    ),
    (
        "a segment nobody reads", ROUTING, "when: segment.large", "when: has(lead.website)",
        "routing.segments.large", "read by no rule", "delete it",
    ),
    (
        "partners no form asks about", ROUTING, "team: academy}", "team: academy, partner_consent: partners}",
        "routing.pools.academy.partner_consent", "no form asks for `partners`", "consent_purposes",
    ),
    (
        "more a day than a week", ROSTER, "capacity: 15\n", "capacity: 15\n    per_day: 9\n    per_week: 7\n",
        "roster.reps.marta-ibanez.per_day", "more than the 7 of a week", "7 or less",
    ),
    (
        "more a day than may be open", ROSTER, "capacity: 15\n", "capacity: 15\n    per_day: 16\n",
        "roster.reps.marta-ibanez.per_day", "more than the 15 open at once", "raise `capacity`",
    ),
    (
        "a shift with its ends changed over", HOURS, '["09:00", "15:00"]', '["15:00", "09:00"]',
        "calendars.madrid.week.fri[0]", "18 hours, to the next day", '["09:00", "15:00"]',
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message", "hint"),
    [doubt[1:] for doubt in DOUBTS],
    ids=[doubt[0] for doubt in DOUBTS],
)
def test_what_is_hardly_meant_is_a_warning(
    folder: Path, file: str, old: str, new: str, path: str, message: str, hint: str
) -> None:
    edit(folder, file, old, new)
    found = [each for each in check_folder(folder) if each.path == path and message in each.message]
    assert [each.severity for each in found] == [Severity.WARNING], check_folder(folder)
    assert hint in found[0].hint


def test_a_rep_in_no_pool_gets_no_leads(folder: Path) -> None:
    edit(folder, ROUTING, "team: academy}", "reps: [elena-navarro, ioana-petrescu]}")
    edit(folder, ROUTING, "reps: [luca-marchetti, ioana-petrescu]", "reps: [ioana-petrescu]")
    (finding,) = check_folder(folder)
    assert (finding.path, finding.severity) == ("roster.reps.luca-marchetti", Severity.WARNING)
    assert "in no pool" in finding.message


def test_a_language_is_required_of_people_who_tell_none(folder: Path) -> None:
    edit(folder, ROSTER, "languages: [ro, it]", "languages: []")
    edit(folder, ROSTER, "languages: [ro, en]\n    skills", "skills")
    messages = [each.message for each in errors_in(check_folder(folder)) if "romania" in each.path]
    assert messages == ["is required, and nobody of the pool speaks any"]


def test_account_owners_who_are_not_asked(folder: Path) -> None:
    edit(folder, ROUTING, "account: true, when_away", "account: false, when_away")
    edit(folder, ROUTING, SPAIN, SPAIN[:-1] + ", strategy: account_owner}")
    (finding,) = check_folder(folder)
    assert finding.path == "routing.plans.main.owners.account"
    assert "gives leads to the account's owner" in finding.message


def test_money_is_shared_out_where_leads_have_a_value(folder: Path) -> None:
    edit(folder, ROUTING, ACADEMY, ACADEMY[:-1] + ", strategy: value_fair}")
    assert check_folder(folder) == []
    card = folder / "scorecards/training.yaml"
    card.write_text(card.read_text("utf-8").partition("\nvalue:")[0] + "\n", "utf-8")
    found = [each for each in check_folder(folder) if "expected money" in each.message]
    assert [(each.path, each.severity) for each in found] == [("routing.plans.training", Severity.WARNING)]
    assert "scorecards/training.yaml" in found[0].hint


def test_a_row_for_a_language_nobody_of_its_pool_speaks(folder: Path) -> None:
    edit(folder, ROUTING, "    unspoken: everywhere-else", "    #")
    edit(folder, "territories/europe.csv", "Andorra,AD,,,,,spain", "Andorra,AD,,,,fr,spain")
    (finding,) = errors_in(check_folder(folder))
    assert (finding.file, finding.line) == ((folder / "territories/europe.csv").as_posix(), 3)
    assert "nobody of Spain speaks `fr`" in finding.message


def test_a_pool_for_what_nobody_speaks_lacks_the_skill_its_leads_need(folder: Path) -> None:
    edit(folder, ROUTING, "language: preferred   # for", "language: required   # for")
    edit(folder, ROUTING, "reps: [marta-ibanez, javier-otxoa, rui", "reps: [javier-otxoa] # [rui")
    found = [each for each in check_folder(folder) if each.path == "routing.plans.main.unspoken"]
    assert [each.severity for each in found] == [Severity.ERROR]
    assert "nobody of it has `tenders`, which leads of Large accounts need" in found[0].message


def test_a_named_accounts_rep_who_does_not_sell_the_line_is_doubtful(folder: Path) -> None:
    (folder / "accounts").mkdir()
    (folder / "accounts/named.csv").write_text("domain,rep\nacme.com,luca-marchetti\n", "utf-8")
    rule = "      - {id: named, accounts: named, pool: spain}\n" + FIRST
    edit(folder, ROUTING, FIRST, rule)
    (finding,) = check_folder(folder)
    assert (finding.severity, finding.line) == (Severity.WARNING, 2)
    assert "`luca-marchetti` does not sell line `main`" in finding.message


def test_partners_are_asked_for_by_a_form(folder: Path) -> None:
    edit(
        folder,
        ROUTING,
        "reps: [luca-marchetti, ioana-petrescu]}",
        "reps: [luca-marchetti], partner_consent: partners}",
    )
    edit(
        folder,
        "forms/demo-request.yaml",
        "consent_field: privacy\n",
        "consent_field: privacy\nconsent_purposes: {partners: share}\n",
    )
    assert check_folder(folder) == []


def test_partners_that_come_first_bar_nobody_without_their_consent(folder: Path) -> None:
    """Who did not consent goes on to the rule that says the same."""
    first = "      - {id: partners, when: segment.large, pool: partners}\n"
    edit(folder, ROUTING, FIRST, first + FIRST)
    edit(
        folder,
        ROUTING,
        "  academy:",
        "  partners: {name: Partners, team: italy, partner_consent: partners}\n  academy:",
    )
    edit(
        folder,
        "forms/demo-request.yaml",
        "consent_field: privacy\n",
        "consent_field: privacy\nconsent_purposes: {partners: share}\n",
    )
    assert check_folder(folder) == []


def test_a_purpose_counts_beside_a_consent_only(folder: Path) -> None:
    edit(
        folder, "forms/demo-request.yaml", "consent_field: privacy\n", "consent_purposes: {partners: share}\n"
    )
    assert ["beside it only" in each.message for each in errors_in(check_folder(folder))] == [True]


def test_an_unknown_skill_of_a_rule_names_the_one_that_was_meant(folder: Path) -> None:
    edit(folder, ROUTING, FIRST, FIRST + "        skills: [tendrs]\n")
    (finding,) = errors_in(check_folder(folder))
    assert (finding.path, finding.hint) == ("routing.plans.main.rules[0].skills", "did you mean `tenders`?")


def test_opening_on_single_days_only_is_doubtful(folder: Path) -> None:
    text = (folder / HOURS).read_text("utf-8")
    fair = 'fair:\n  tz: UTC\n  week: {}\n  date_overrides:\n    2026-12-24: [["09:00", "13:00"]]\n'
    (folder / HOURS).write_text(f"{text}\n{fair}", "utf-8")
    (finding,) = check_folder(folder)
    assert (finding.path, finding.severity) == ("calendars.fair.week", Severity.WARNING)

"""What submissions say of their form, and which trouble follows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from intake.domain.suspicion import SUSPECT as INTAKES_SUSPECTS
from rulebook.models import Wave as WaveRule
from scoring.domain.alerts import Alert, AlertKind, Finding, Situation, changes, findings
from scoring.domain.health import SUSPECTS, WINDOW, FormHealth, Mapped, Seen, counts, kind_of, shown_name
from scoring.domain.waves import Minute, Wave, wave_of

START = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
MAPPED = Mapped(
    {"email": ("email",), "phone": ("phone",), "company": ("company",)}, required=(("email", "phone"),)
)


def seen(number: int, unmapped: tuple[str, ...] = (), reason: str | None = None, **profile: Any) -> Seen:
    at = START + timedelta(minutes=number)
    fields = {**profile, **dict.fromkeys(unmapped, "x@example.com")} or {"message": "x"}
    return Seen("demo", at, at, reason, profile=profile, fields=fields, unmapped=unmapped)


def form(*submissions: Seen) -> FormHealth:
    health = FormHealth("demo", START, START)
    for each in submissions:
        health.take(each, MAPPED)
    return health


FULL: dict[str, Any] = {"email": "eva@example.com", "phone": "+34600000000", "company": "Example"}
USUAL = [seen(number, **FULL) for number in range(40)]
NO_COMPANY = {name: value for name, value in FULL.items() if name != "company"}


def trouble(health: FormHealth) -> dict[tuple[AlertKind, str], Finding]:
    found = findings(Situation("demo", MAPPED, health))
    return {(each.kind, each.subject): each for each in found}


def test_a_usually_filled_field_empty_nineteen_times_is_no_trouble_and_twenty_times_is() -> None:
    health = form(*USUAL, *(seen(40 + n, **NO_COMPANY) for n in range(19)))
    assert trouble(health) == {}
    health.take(seen(59, **NO_COMPANY), MAPPED)
    found = trouble(health)[AlertKind.FIELD_EMPTY, "company"]
    assert found.since == START + timedelta(minutes=40)
    assert found.facts["empty"] == 20
    health.take(seen(60, **FULL), MAPPED)
    assert trouble(health) == {}


def test_a_field_that_is_often_left_empty_is_never_missed() -> None:
    half = [seen(n, **(FULL if n % 2 else NO_COMPANY)) for n in range(100)]
    assert trouble(form(*half, *(seen(100 + n, **NO_COMPANY) for n in range(60)))) == {}


def test_a_required_field_is_missed_after_three() -> None:
    """Either would do, so only both missing is told early."""
    one_left = form(*USUAL, *(seen(40 + n, email="a@example.com", company="x") for n in range(5)))
    assert trouble(one_left) == {}
    missing = [seen(40 + n, reason="field_missing", company="x") for n in range(3)]
    assert trouble(form(*USUAL, *missing[:2])) == {}
    none_left = form(*USUAL, *missing)
    assert set(trouble(none_left)) == {(AlertKind.FIELD_EMPTY, "email"), (AlertKind.FIELD_EMPTY, "phone")}


def test_a_renamed_required_field_is_told_at_the_first_submission() -> None:
    health = form(*USUAL, seen(40, ("e_mail",), "field_missing", company="x"))
    found = trouble(health)
    assert (AlertKind.FIELD_RENAMED, "email") in found
    assert found[AlertKind.FIELD_RENAMED, "email"].facts["now"] == "e_mail"
    assert (AlertKind.UNKNOWN_FIELD, "e_mail") not in found


def test_a_required_field_is_renamed_though_the_other_that_would_do_is_rarely_filled() -> None:
    usual = [seen(n, **(FULL if n % 10 == 0 else {"email": "eva@example.com"})) for n in range(40)]
    found = trouble(form(*usual, seen(40, ("mail_nuevo",), "field_missing", company="x")))
    assert set(found) == {(AlertKind.FIELD_RENAMED, "email")}
    assert found[AlertKind.FIELD_RENAMED, "email"].facts["needed"]
    by_phone = seen(40, ("mail_nuevo",), phone="+34600000000")
    assert (AlertKind.FIELD_RENAMED, "email") not in trouble(form(*usual, by_phone))


def test_what_a_new_form_requires_and_does_not_get_is_told_after_three() -> None:
    wrong = [seen(1 + n, ("mail_nuevo",), "field_missing", company="x") for n in range(3)]
    assert trouble(form(seen(0, **FULL), *wrong[:2])) == {}
    found = trouble(form(seen(0, **FULL), *wrong))
    assert set(found) == {(AlertKind.FIELD_EMPTY, "email")}
    assert found[AlertKind.FIELD_EMPTY, "email"].facts["unread"] == ["mail_nuevo"]


def test_a_renamed_other_field_is_told_as_unknown_first_and_as_renamed_after_five() -> None:
    health = form(*USUAL, seen(40, ("company_name",), **NO_COMPANY))
    found = trouble(health)
    assert set(found) == {(AlertKind.UNKNOWN_FIELD, "company_name")}
    assert found[AlertKind.UNKNOWN_FIELD, "company_name"].facts["missing"] == ["company"]
    for number in range(4):
        health.take(seen(41 + number, ("company_name",), **NO_COMPANY), MAPPED)
    assert set(trouble(health)) == {(AlertKind.FIELD_RENAMED, "company")}


def test_three_renamed_fields_find_their_own_pairs() -> None:
    names = ("firma", "correo_email", "phone_number")
    health = form(*USUAL, *(seen(40 + n, names, "field_missing") for n in range(5)))
    pairs = {each.subject: each.facts["now"] for each in trouble(health).values()}
    assert pairs == {"email": "correo_email", "phone": "phone_number", "company": "firma"}


def test_what_comes_among_the_first_twenty_is_how_the_form_is() -> None:
    health = form(*(seen(n, ("budget",), **FULL) for n in range(30)))
    assert trouble(health) == {}


def test_an_unknown_field_lasts_for_as_long_as_it_comes() -> None:
    """Fifty days of one in an hour; then twenty without it, or a week of rarer ones."""
    health = form(*USUAL, *(seen(40 + 60 * n, ("budget",), **FULL) for n in range(1200)))
    assert set(trouble(health)) == {(AlertKind.UNKNOWN_FIELD, "budget")}
    for number in range(19):
        health.take(seen(72_100 + number, **FULL), MAPPED)
    assert set(trouble(health)) == {(AlertKind.UNKNOWN_FIELD, "budget")}
    health.take(seen(72_120, **FULL), MAPPED)
    assert trouble(health) == {}


def test_an_unknown_field_that_came_once_on_a_form_of_few_is_gone_after_a_week() -> None:
    week = 7 * 24 * 60
    health = form(*USUAL, seen(40, ("budget",), **FULL), seen(40 + week - 1, **FULL))
    assert set(trouble(health)) == {(AlertKind.UNKNOWN_FIELD, "budget")}
    health.take(seen(40 + week, **FULL), MAPPED)
    assert trouble(health) == {}


def test_counted_again_after_a_replay_a_form_goes_on_from_what_was_gone() -> None:
    """Ten of sixty are kept no more; the five renamed ones read rightly now."""
    names = ("budget",)
    before = form(*USUAL, *(seen(40 + n, (*names, "firma"), **NO_COMPANY) for n in range(5)))
    again = form(*USUAL[10:], *(seen(40 + n, names, **FULL) for n in range(5)))
    again.continues(before)
    assert (again.counted, again.submissions) == (before.counted, before.submissions)
    assert set(trouble(again)) == {(AlertKind.UNKNOWN_FIELD, "budget")}
    assert again.unmapped["budget"].first_number == before.unmapped["budget"].first_number
    again.take(seen(50, ("strange",), **FULL), MAPPED)
    assert (AlertKind.UNKNOWN_FIELD, "strange") in trouble(again)


def test_made_up_names_are_told_five_at_a_time_and_kept_two_hundred_at_a_time() -> None:
    health = form(
        *USUAL,
        *(
            seen(40 + n, (f"x{'abcdefghij'[n % 10]}{'klmnopqrstuvwxyz'[n // 40]}{n % 97}",), **FULL)
            for n in range(400)
        ),
    )
    assert len(health.unmapped) == 200
    assert len(trouble(health)) == 5


def test_a_mended_mapping_starts_anew() -> None:
    health = form(*USUAL, *(seen(40 + n, **NO_COMPANY) for n in range(20)))
    mended = Mapped({**MAPPED.paths, "company": ("company", "firma")}, MAPPED.required)
    health.take(seen(60, **NO_COMPANY), mended)
    assert findings(Situation("demo", mended, health)) == []


def test_what_was_typed_and_cannot_be_used_is_filled() -> None:
    at = START
    unusable = Seen("demo", at, at, None, profile={}, fields={"phone": "call me"}, flags=("phone:unusable",))
    assert form(unusable).fields["phone"].filled == 1


def test_the_usual_is_that_of_the_last_two_hundred_before_the_run() -> None:
    health = form(*(seen(n, **(NO_COMPANY if n < 300 else FULL)) for n in range(500)))
    assert health.fields["company"].usual == 1.0
    assert len(health.fields["company"].recent) == WINDOW


@pytest.mark.parametrize(
    ("reason", "is_aside", "expected"),
    [
        (None, False, True),
        ("field_missing", False, True),
        ("honeypot", False, False),
        ("spam_wave", False, False),
        (None, True, False),
    ],
)
def test_spam_tests_imports_and_repeats_say_nothing_of_a_form(
    reason: str | None, is_aside: bool, expected: bool
) -> None:
    assert counts(Seen("demo", START, START, reason, is_aside=is_aside)) is expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a@example.com", "email"),
        ("+34 600 000 000", "phone"),
        ("12", "number"),
        ("hello", "text"),
        ("", "empty"),
        (None, "empty"),
        (True, "yes or no"),
        ("on", "yes or no"),
        (["a", "b"], "list"),
        (["a@example.com"], "email"),
        ({"a": 1}, "object"),
    ],
)
def test_kinds_of_content(value: object, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("company_name", "company_name"),
        ("eva@example.com", "(a name with an address or number in it)"),
        ("tel 600 123 456", "(a name with an address or number in it)"),
        ("<script>\x00", "script"),
        ("", "(no name)"),
        ("x" * 500, "x" * 80),
    ],
)
def test_names_are_shown_without_persons_and_control_characters(name: str, shown: str) -> None:
    assert shown_name(name) == shown


RULE = WaveRule(suspects=100, window="10m", calm="30m")


def minute(number: int, suspects: int = 0, bystanders: int = 0, stored: int | None = None) -> Minute:
    at = START + timedelta(minutes=number)
    stored_at = START + timedelta(minutes=number if stored is None else stored)
    return Minute(at, suspects, bystanders, stored_at)


def under_wave(*minutes: Minute, now: int) -> tuple[int, int] | None:
    wave = wave_of(minutes, RULE, START + timedelta(minutes=now))
    return None if wave is None else (wave.suspects, wave.bystanders)


@pytest.mark.parametrize(
    ("sentence", "minutes", "now", "expected"),
    [
        ("a hundred are no wave yet", [minute(0, 100)], 1, None),
        ("one more is, with nobody held back", [minute(0, 60), minute(9, 41)], 10, (101, 0)),
        ("not where they come over a longer time", [minute(0, 60), minute(20, 41)], 21, None),
        ("a single bystander proves one", [minute(0, 3), minute(1, 0, 1)], 2, (3, 1)),
        ("all of it counts", [minute(0, 101), minute(20, 7, 2), minute(45, 1)], 60, (109, 2)),
        ("half an hour of calm ends it", [minute(0, 101), minute(1, 0, 4)], 31, None),
        ("the next one is another", [minute(0, 101), minute(60, 102, 1)], 61, (102, 1)),
        ("a spool brings one late", [minute(0, 101, 0, stored=500)], 510, (101, 0)),
    ],
)
def test_waves(sentence: str, minutes: list[Minute], now: int, expected: tuple[int, int] | None) -> None:
    assert under_wave(*minutes, now=now) == expected, sentence


def test_a_wave_is_told_whatever_its_bystanders_and_by_intakes_own_reasons() -> None:
    for held in (0, 1, 4, 50):
        (found,) = findings(Situation("demo", MAPPED, wave=Wave(START, START, START, 101, held)))
        assert (found.kind, found.facts) == (AlertKind.SPAM_WAVE, {"suspects": 101, "bystanders": held})
    assert SUSPECTS == INTAKES_SUSPECTS


DAY = timedelta(days=1)


def alert(finding: Finding, told_at: datetime = START) -> Alert:
    return Alert(UUID(int=1), finding, START, told_at)


def finding(kind: AlertKind = AlertKind.FORM_SILENT, subject: str = "") -> Finding:
    return Finding(kind, "demo", subject, START, {}, frozenset({subject} - {""}))


def test_an_alert_opens_once_is_repeated_and_closes_by_itself() -> None:
    one = finding()
    assert changes([], [one], START, DAY).opened == [one]
    assert changes([alert(one)], [one], START + timedelta(hours=23), DAY) == changes([], [], START, DAY)
    assert changes([alert(one)], [one], START + DAY, DAY).repeated == [(alert(one), one)]
    assert changes([alert(one)], [], START + DAY, DAY).closed == [alert(one)]


def test_numbers_of_an_alert_that_lasts_are_kept_up_to_date() -> None:
    before, now = (Finding(AlertKind.SPAM_WAVE, "demo", "", START, {"suspects": n}) for n in (101, 500))
    made = changes([alert(before)], [now], START, DAY)
    assert (made.repeated, made.counted) == ([], [(alert(before), now)])


def test_an_alert_that_another_explains_better_ends_without_a_word() -> None:
    unknown = finding(AlertKind.UNKNOWN_FIELD, "firma")
    renamed = Finding(AlertKind.FIELD_RENAMED, "demo", "company", START, {}, frozenset({"company", "firma"}))
    made = changes([alert(unknown)], [renamed], START, DAY)
    assert (made.opened, made.superseded, made.closed) == ([renamed], [alert(unknown)], [])

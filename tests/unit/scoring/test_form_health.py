"""What submissions say of their form, and which trouble follows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from scoring.domain.alerts import Alert, AlertKind, Finding, Situation, Wave, changes, findings
from scoring.domain.health import WINDOW, FormHealth, Mapped, Seen, counts, kind_of, shown_name

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


def trouble(health: FormHealth, minutes: int = 100) -> dict[tuple[AlertKind, str], Finding]:
    now = START + timedelta(minutes=minutes)
    found = findings(Situation("demo", MAPPED, health), now)
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


def test_an_unknown_field_is_no_news_after_a_week_or_when_it_stays_away() -> None:
    health = form(*USUAL, seen(40, ("budget",), **FULL))
    assert set(trouble(health)) == {(AlertKind.UNKNOWN_FIELD, "budget")}
    assert trouble(health, minutes=8 * 24 * 60) == {}
    for number in range(20):
        health.take(seen(41 + number, **FULL), MAPPED)
    assert trouble(health) == {}


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
    assert findings(Situation("demo", mended, health), START + timedelta(minutes=61)) == []


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


def test_a_wave_is_many() -> None:
    few, many = (Situation("demo", MAPPED, wave=Wave(START, n)) for n in (4, 5))
    assert findings(few, START) == []
    assert [each.kind for each in findings(many, START)] == [AlertKind.SPAM_WAVE]


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


def test_an_alert_that_another_explains_better_ends_without_a_word() -> None:
    unknown = finding(AlertKind.UNKNOWN_FIELD, "firma")
    renamed = Finding(AlertKind.FIELD_RENAMED, "demo", "company", START, {}, frozenset({"company", "firma"}))
    made = changes([alert(unknown)], [renamed], START, DAY)
    assert (made.opened, made.superseded, made.closed) == ([renamed], [alert(unknown)], [])

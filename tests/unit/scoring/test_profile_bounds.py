"""A person's profile stays small enough to be published, whatever is posted under their e-mail."""

from datetime import UTC, datetime, timedelta

import pytest

from lead_events import Profile
from scoring.domain.profile import LARGEST_ATTRIBUTES, MOST_ATTRIBUTES, Known

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def answers(known: Known) -> dict[str, object]:
    found: dict[str, object] = known.as_mapping()["attributes"]
    return found


def test_ever_new_field_names_push_out_the_oldest_answers() -> None:
    known = Known()
    for number in range(30):
        given = {f"n{number}_{each}": "x" for each in range(10)}
        known.learn(Profile(attributes=given), START + timedelta(minutes=number))
    assert len(answers(known)) == MOST_ATTRIBUTES
    assert set(answers(known)) == {f"n{number}_{each}" for number in range(20, 30) for each in range(10)}
    assert set(known.received) == set(known.values)


@pytest.mark.parametrize("value", ["x" * 20_000, ["x" * 200] * 100])
def test_long_answers_push_out_the_oldest_ones(value: object) -> None:
    known = Known()
    for number in range(40):
        known.learn(Profile(attributes={f"n{number}": value}), START + timedelta(minutes=number))
    kept = answers(known)
    assert sum(len(str(each)) for each in kept.values()) <= LARGEST_ATTRIBUTES * 1.1
    assert "n39" in kept
    assert "n0" not in kept


def test_persons_found_to_be_one_are_bounded_together() -> None:
    one, other = Known(), Known()
    one.learn(Profile(attributes={f"a{n}": n for n in range(MOST_ATTRIBUTES)}), START)
    other.learn(Profile(attributes={f"b{n}": n for n in range(60)}), START + timedelta(minutes=1))
    one.absorb(other)
    assert len(answers(one)) == MOST_ATTRIBUTES
    assert sum(name.startswith("b") for name in answers(one)) == 60


def test_plain_fields_are_never_pushed_out() -> None:
    known = Known()
    known.learn(Profile(email="eva@example.com", company="Aurora"), START)
    for number in range(150):
        known.learn(Profile(attributes={f"n{number}": "x"}), START + timedelta(minutes=number))
    assert (known.values["email"], known.values["company"]) == ("eva@example.com", "Aurora")


@pytest.mark.parametrize(
    ("later", "shown"),
    [("eva.ruiz@example.com", "Eva.Ruiz@Example.com"), ("eva@other.example", "eva@other.example")],
)
def test_an_email_keeps_its_first_spelling_until_it_is_another_address(later: str, shown: str) -> None:
    known = Known()
    known.learn(Profile(email="Eva.Ruiz@Example.com"), START)
    known.learn(Profile(email=later), START + timedelta(minutes=1))
    assert known.values["email"] == shown

"""A form is found by its key, in the version in force at that time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.domain.refusals import Refusal
from intake.forms import Forms
from rulebook.models import Rulebook
from rulebook.versions import Versioned

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def rulebook(**forms: dict[str, Any]) -> Rulebook:
    return Rulebook.model_validate(
        {
            "company": "Example",
            "time_zone": "Europe/Madrid",
            "currency": "EUR",
            "lines": {"main": "Main"},
            "forms": {
                form_id: {
                    "name": form_id,
                    "source": "website",
                    "fields": {"email": {"from": "email"}},
                    **form,
                }
                for form_id, form in forms.items()
            },
            "sources": {"website": {"name": "Website"}},
            "scorecards": {},
            "routing": {"pools": {}, "plans": {}},
            "roster": {"teams": {}, "reps": {}},
            "calendars": {},
            "agreement": {"name": "Agreement", "sales": {"promises": {}}},
        }
    )


DEMO = rulebook(demo={"key": "pk_demo_1"})
SEMINAR = rulebook(seminar={"key": "pk_seminar_1"})


def refused(forms: Forms, key: str, at: datetime = NOON) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        forms.find(key, at)
    return refusal.value


def test_without_a_rulebook_the_caller_is_to_come_again() -> None:
    forms = Forms()
    assert not forms.is_known
    refusal = refused(forms, "pk_demo_1")
    assert (refusal.status, bool(refusal.retry_after)) == (503, True)


def test_the_seed_serves_until_a_version_is_published() -> None:
    forms = Forms(DEMO, NOON)
    assert forms.find("pk_demo_1", NOON - timedelta(days=1)).version == 0
    forms.add(Versioned(1, NOON, SEMINAR))
    assert forms.find("pk_seminar_1", NOON).version == 1
    forms.topic_was_read = True
    assert refused(forms, "pk_demo_1").status == 404


def test_an_unknown_key_is_the_callers_error_only_once_the_topic_has_been_read() -> None:
    forms = Forms()
    forms.add(Versioned(1, NOON, DEMO))
    assert refused(forms, "pk_nothing").status == 503
    forms.topic_was_read = True
    assert refused(forms, "pk_nothing").status == 404


def test_a_later_version_counts_from_its_moment_on() -> None:
    forms = Forms()
    forms.topic_was_read = True
    forms.add(Versioned(1, NOON, DEMO))
    forms.add(Versioned(2, NOON + timedelta(hours=1), rulebook(demo={"key": "pk_demo_1", "language": "it"})))
    assert forms.find("pk_demo_1", NOON + timedelta(minutes=59)).version == 1
    assert forms.find("pk_demo_1", NOON + timedelta(minutes=60)).form.language == "it"


@pytest.mark.parametrize("newer", [SEMINAR, rulebook(demo={"key": "pk_demo_1", "status": "retired"})])
def test_a_key_that_was_valid_once_is_retired_not_unknown(newer: Rulebook) -> None:
    forms = Forms()
    forms.topic_was_read = True
    forms.add(Versioned(1, NOON, DEMO))
    forms.add(Versioned(2, NOON + timedelta(hours=1), newer))
    assert not forms.find("pk_demo_1", NOON).is_retired
    found = forms.find("pk_demo_1", NOON + timedelta(hours=2))
    assert (found.is_retired, found.form_id, found.version) == (True, "demo", 2)


def test_a_key_that_only_a_later_version_has_is_told_from_when_it_is_taken() -> None:
    forms = Forms()
    forms.add(Versioned(1, NOON, DEMO))
    forms.add(Versioned(2, NOON + timedelta(seconds=30), SEMINAR))
    early = refused(forms, "pk_seminar_1", NOON + timedelta(seconds=6.5))
    assert (early.status, early.retry_after) == (503, 5)  # a version not read yet may have it already
    forms.topic_was_read = True
    refusal = refused(forms, "pk_seminar_1", NOON + timedelta(seconds=6.5))
    assert (refusal.status, refusal.retry_after) == (404, 24)
    assert "from 2026-03-02T12:00:30Z on" in refusal.detail
    assert "in 24 seconds" in refusal.detail
    assert forms.find("pk_seminar_1", NOON + timedelta(seconds=30)).version == 2


@pytest.mark.parametrize(
    ("sentence", "versions", "moment"),
    [
        ("the first version that will have it", [(2, 60, SEMINAR), (3, 30, SEMINAR)], "12:00:30Z"),
        ("a version superseded at its own moment never comes", [(2, 60, SEMINAR), (3, 60, DEMO)], None),
        ("one that another precedes comes all the same", [(2, 30, DEMO), (3, 60, SEMINAR)], "12:01:00Z"),
    ],
)
def test_what_a_coming_key_is_told(
    sentence: str, versions: list[tuple[int, int, Rulebook]], moment: str | None
) -> None:
    forms = Forms()
    forms.topic_was_read = True
    forms.add(Versioned(1, NOON, DEMO))
    for number, seconds, content in versions:
        forms.add(Versioned(number, NOON + timedelta(seconds=seconds), content))
    refusal = refused(forms, "pk_seminar_1")
    assert refusal.status == 404, sentence
    assert (moment is None) == (refusal.retry_after is None), sentence
    assert moment is None or moment in refusal.detail, sentence

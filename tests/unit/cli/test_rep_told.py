"""What `baton rep` says of a rep, their changes and absences reads as people write it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from router.cli.rep_told import absence_told, changed, said

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "reads"),
    [
        (
            "ramp_up",
            {"first_day": "2026-03-02", "weeks": 4, "start": 0.25},
            "4 weeks from 2026-03-02, at first 25%",
        ),
        ("notify", [{"channel": "email", "to": None, "secret": None}], "email"),
        (
            "notify",
            [{"channel": "slack", "to": "U1"}, {"channel": "apprise", "secret": "x"}],
            "slack:U1, apprise:#x",
        ),
        (
            "own_hours",
            {"fri": [["09:00", "15:00"]], "mon": [["09:00", "14:00"], ["15:00", "18:00"]]},
            "mon 09:00-14:00 15:00-18:00; fri 09:00-15:00",
        ),
        (
            "absences",
            [
                {
                    "from": "2026-03-05T15:00:13.481+01:00",
                    "until": "2026-03-05T18:00:00+01:00",
                    "reason": "flu",
                }
            ],
            "2026-03-05 15:00 to 2026-03-05 18:00 (flu)",
        ),
        ("is_active", True, "yes"),
        ("skills", [], None),
    ],
)
def test_a_field_reads_as_people_write_it(field: str, value: Any, reads: str | None) -> None:
    assert said(field, value) == reads


def test_of_a_new_rep_only_what_was_said_is_listed() -> None:
    after: dict[str, Any] = {"name": "Ana", "skills": [], "crm_id": None, "weight": 1}
    assert changed({"before": {}, "after": after}) == [("name", "none", "Ana"), ("weight", "none", "1")]
    emptied = {"before": {"skills": ["tenders"]}, "after": {"skills": []}}
    assert changed(emptied) == [("skills", "tenders", "none")]


@pytest.mark.parametrize(
    ("away_until", "since", "until", "says"),
    [
        (
            "2026-03-06T23:00:00Z",
            None,
            "2026-03-06",
            "ana is away until Sat 2026-03-07 00:00 (Europe/Madrid).",
        ),
        (None, "2026-08-03", "2026-08-14", "ana is away from 2026-08-03 until 2026-08-14. When it begins"),
        ("2026-03-06T23:00:00Z", "2026-08-03", "2026-08-14", "ana is away from 2026-08-03 until 2026-08-14."),
        ("2026-03-06T23:00:00Z", "2026-03-01", "2026-03-02", "is over already"),
        (None, "2026-03-01", "2026-03-02", "is over already: it is kept, and no lead moves."),
        (None, "2026-03-03T08:00", "2026-03-03T09:30", "is over already"),
        (None, "2026-03-03T11:00", "2026-03-03T12:00", "ana is away from 2026-03-03T11:00 until"),
    ],
)
def test_an_absence_is_told_as_what_it_comes_to(
    away_until: str | None, since: str | None, until: str, says: str
) -> None:
    rep = {"id": "ana", "time_zone": "Europe/Madrid", "away_until": away_until}
    assert says in absence_told(rep, since, until, NOW)

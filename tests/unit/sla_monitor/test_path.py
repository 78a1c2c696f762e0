"""Who had a lead from when to when, and who answers."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lead_events.words import ChargedTo, Part, RoutedKind
from sla_monitor.domain.charge import charge
from sla_monitor.domain.facts import Fact, in_order
from sla_monitor.domain.path import Origin, Share, split, totals
from sla_monitor.domain.schedule import Schedule, schedule
from tests.unit.sla_monitor.samples import MADRID, START, acted, around_the_clock, assigned, fact
from tests.unit.sla_monitor.test_promises import histories


def minute(number: float) -> timedelta:
    return timedelta(minutes=number)


def in_madrid(opening: Fact) -> Schedule:
    return schedule(MADRID, revision=1, opened_at=opening.at)


def test_a_path_names_each_holder_in_turn() -> None:
    origin = Origin(
        occurred_at=START - minute(30),
        received_at=START - minute(20),
        spooled_at=START - minute(19),
        durable_at=START - minute(15),
        released_at=START - minute(10),
        scored_at=START - minute(8),
    )
    facts = [
        fact(1, RoutedKind.HELD, -7, 0, reason="no_capacity"),
        assigned(2, 0),
        acted(3, "declined", 4),
        assigned(4, 5, 2),
        acted(5, "accepted", 6, 2),
    ]
    found = totals(split(origin, facts, START + minute(15), around_the_clock))
    assert [(part.value, detail, length // minute(1)) for part, detail, length in found] == [
        ("source_delay", None, 10),
        ("intake", None, 1),
        ("spool", None, 4),
        ("quarantine", None, 5),
        ("scoring", None, 2),
        ("routing", None, 2),
        ("held", "no_capacity", 7),
        ("declined", "rep-1", 4),
        ("rep", "rep-2", 10),
    ]


def test_time_with_a_rep_is_split_by_their_hours() -> None:
    opening = assigned(1, 4 * 60 - 60)  # 12:00 UTC, 13:00 in Madrid; lunch from 14:00 to 15:00
    found = totals(split(None, [opening], opening.at + minute(150), in_madrid))
    assert [(part, length) for part, _, length in found] == [
        (Part.REP, minute(90)),
        (Part.OUT_OF_HOURS, minute(60)),
    ]


def test_a_lead_that_became_a_sql_later_starts_at_the_act_that_made_it_one() -> None:
    origin = Origin(
        received_at=START - minute(600),
        durable_at=START - minute(600),
        scored_at=START,
        sql_at=START - minute(1),
    )
    assert origin.act_at == origin.speed_from == START - minute(1)
    released = Origin(received_at=START, durable_at=START, scored_at=START, released_at=START + minute(5))
    assert (released.act_at, released.speed_from) == (START, START + minute(5))


_moments = st.integers(-90, 90).map(lambda number: START + minute(number))
_maybe = st.none() | _moments
_origins = st.none() | st.builds(Origin, _moments, _moments, _moments, _maybe, _maybe, _maybe, _maybe)


@given(_origins, histories(), st.integers(-100, 3000))
def test_the_shares_of_a_path_leave_no_gap_and_no_overlap(
    origin: Origin | None, facts: list[Fact], minutes: int
) -> None:
    end = START + timedelta(minutes=minutes, microseconds=7)
    ordered = in_order(facts)
    known = [each for each in ordered if each.at <= end]
    start = origin.act_at if origin else (known[0].at if known else end)
    shares = split(origin, ordered, end, in_madrid)
    cursor = start
    for share in shares:
        assert share.start == cursor
        assert share.end > share.start
        cursor = share.end
    assert cursor == max(start, end)
    assert sum((length for _, _, length in totals(shares)), timedelta(0)) == max(end - start, timedelta(0))


def _share(part: Part, minutes: float) -> Share:
    return Share(part, None, START, START + minute(minutes))


def test_only_a_rep_whose_own_working_time_ran_out_answers_for_a_breach() -> None:
    target = minute(15)

    def charged(own: float, *path: Share) -> ChargedTo:
        return charge(minute(own), target, path).to

    assert charged(15) is ChargedTo.REP
    assert charged(14, _share(Part.HELD, 30), _share(Part.SPOOL, 5)) is ChargedTo.SALES_TEAM
    assert charged(14, _share(Part.HELD, 5), _share(Part.SPOOL, 30)) is ChargedTo.SYSTEM
    assert charged(0, _share(Part.SOURCE_DELAY, 30)) is ChargedTo.MARKETING
    assert charged(14, _share(Part.REP, 5), _share(Part.PAUSED, 30)) is ChargedTo.NOBODY
    assert charged(14) is ChargedTo.SALES_TEAM

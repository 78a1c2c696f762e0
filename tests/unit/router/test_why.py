"""Why is said by keys and values, in whatever language has the words for them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import orjson

from lead_events.words import AccountStanding, CloseReason, HoldReason, Quadrant
from router.domain import why
from router.domain.book import NO_PLAN, PoolChoice
from router.domain.decision import RoutableLead, decide, decide_for_owner
from router.domain.eligibility import Standing
from router.domain.imports import ImportTerms
from router.domain.needs import Needs
from router.domain.owners import Belonging, Owner, Passed, Waits
from router.domain.said import read_said, said, say
from router.domain.why import Around, Why, why_assigned, why_held
from router.domain.why_words import ENGLISH
from tests.unit.router.pools import LEAD, NOW, make_pool, make_rep

RULE = PoolChoice("north", "spanish", "the lead is in Spain")
NIGHT = NOW.replace(hour=22)
ROUTER = Path(why.__file__).parents[1]


def assigned(choice: PoolChoice = RULE, around: Around | None = None, **lead: object) -> Why:
    """Why Ana or Bea gets a lead now."""
    pool = make_pool(make_rep("ana", languages={"es"}), make_rep("bea", languages={"en"}))
    decision = decide(pool, RoutableLead(LEAD, "main", **lead), NOW)  # type: ignore[arg-type]
    assert decision.rep is not None
    return why_assigned(decision.rep, decision, choice, around=around or Around())


def test_what_is_kept_is_told_again_the_same_and_in_another_language() -> None:
    told = assigned(replace(RULE, waited_since=NOW - timedelta(hours=1)))
    kept = [read_said(each) for each in orjson.loads(orjson.dumps(told.document()))]
    assert tuple(kept) == told.parts
    shouted = {key: re.sub(r"\{\w+\}|\w+", _loud, text) for key, text in ENGLISH.items()}
    first = say(kept[0], shouted, lambda at: at.isoformat())
    assert first == "Ana OF North: NEXT IN TURN OF 2 BY WEIGHT, 1 OF 1000 LEADS WITH THIS ONE"


def _loud(word: re.Match[str]) -> str:
    return word.group() if word.group().startswith("{") else word.group().upper()


def test_every_word_that_a_decision_may_use_is_there() -> None:
    wanted = {f"standing.{each.value}" for each in why._NOT_NOW}
    wanted |= {f"account.{each.value}" for each in AccountStanding}
    wanted |= {f"quadrant.{each.value}" for each in Quadrant}
    wanted |= {f"closed.{each.value}" for each in CloseReason}
    wanted |= {f"held.{each.value}" for each in HoldReason} - {"held.no_rule_matched"}
    wanted |= {f"rule.{each}" for each in why._PLAIN_RULES}
    wanted |= {f"{word}.{each.value}" for word in ("passed", "unknown", "whose") for each in Belonging}
    wanted |= {f"gone.{each.value}" for each in (Standing.DECLINED, Standing.TIMED_OUT, Standing.REASSIGNED)}
    assert wanted <= ENGLISH.keys()


def test_every_key_that_is_written_out_has_words_with_the_same_values() -> None:
    source = "".join(
        part.read_text("utf-8")
        for folder in ("", "handlers/", "crm/")
        for part in (ROUTER / folder).glob("*.py" if folder else "domain/why.py")
    )
    used = re.findall(r'said\(\s*"([a-z_.]+)"((?:,\s*\w+=)?)', source)
    assert len(used) > 30
    assert {key for key, _ in used} <= ENGLISH.keys()
    assert all(bool(list(_fields(ENGLISH[key]))) is bool(values) for key, values in used)


def _fields(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def test_who_had_it_before_and_why_no_more_is_said_with_who_has_it_now() -> None:
    gone = why.after("Bea", said("gone.away"))
    assert "; taken back from Bea, who is away; rule spanish" in assigned(around=Around(after=gone)).text
    pool = make_pool(make_rep("ana"))
    held = why_held(decide(pool, RoutableLead(LEAD, "main"), NIGHT), RULE, Around(after=gone)).text
    assert "; taken back from Bea, who is away; rule spanish" in held


def test_an_owner_beside_the_pool_is_said_to_be_of_none() -> None:
    pool, owner = make_pool(make_rep("bea")), make_rep("ana")
    pool.loads["ana"] = pool.loads["bea"]  # type: ignore[index]
    decision = decide_for_owner(owner, pool, RoutableLead(LEAD, "main"), NOW)
    assert not isinstance(decision, Standing)
    whose = Owner("ana", Belonging.PERSON)
    told = why_assigned(owner, decision, RULE, whose, Around(is_outside=True)).text
    assert told == (
        "Ana: who knows this person from before, 1 of 1000 leads with this one;"
        " else the pool North would have it; rule spanish (the lead is in Spain)"
    )


def test_what_is_preferred_says_until_when_and_that_it_was_given_up() -> None:
    needs = Needs(frozenset({"es"}), "preferred")
    until = NOW + timedelta(minutes=10)
    pool = make_pool(make_rep("ana", languages={"es"}, capacity=1), make_rep("bea"), load={"ana": 1})
    decision = decide(pool, RoutableLead(LEAD, "main", needs=needs, since=NOW), NOW)
    held = why_held(decision, RULE, Around(needs, until)).text
    assert "until Tue 2026-03-03 10:10 UTC it is kept for who has what it prefers" in held
    later = decide(pool, RoutableLead(LEAD, "main", needs=needs, since=NOW), until)
    assert later.rep is not None
    told = why_assigned(later.rep, later, RULE, around=Around(needs)).text
    assert "its language was only preferred, and nobody who speaks it could take it" in told


def test_the_next_pool_that_follows_the_sun_says_for_whom_it_stands_in() -> None:
    told = assigned(replace(RULE, pool="spain")).text
    assert "nobody of the pool spain is at work, and North comes next" in told


def test_a_rule_passed_over_for_want_of_consent_is_named() -> None:
    told = assigned(PoolChoice("north", "fallback", None, unconsented=("abroad",))).text
    assert "not to partners by rule abroad, as the person did not agree to that" in told


def test_an_import_that_names_the_rep_is_the_reason() -> None:
    told = assigned(terms=ImportTerms(owner="bea")).text
    assert told.startswith("Bea of North: whom the import names as its owner")


def test_what_belonged_to_who_left_goes_to_the_pool_of_their_team() -> None:
    left = Passed(Owner("zoe", Belonging.PERSON), make_rep("zoe"), Standing.INACTIVE)
    told = assigned(PoolChoice("north", "team", None, owner_cannot=(why.why_passed(left),))).text
    assert "Zoe, who knows the person, cannot take it: not active; so the first pool of their team" in told


def test_each_other_reason_reads_as_a_sentence() -> None:
    ana = make_rep("ana")
    waits = Waits(ana, Standing.ABSENT, datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    assert [
        why.why_waits(waits, Owner("ana", Belonging.ACCOUNT)).text,
        why.why_by_hand(ana, "marta").text,
        why.why_found(ana).text,
        why.why_as_crm_says(ana, "HubSpot").text,
        why.why_taken_back("Ana", said("gone.unanswered")).text,
        why.why_no_pool("main", has_rulebook=False).text,
        why.why_kept_back(AccountStanding.COMPETITOR).text,
        why.why_left_queue(Quadrant.WARM).text,
        why.why_closed(CloseReason.WON, "Ana").text,
        why.why_closed(CloseReason.MERGED, None).text,
    ] == [
        "Held for Ana, owner of its account, now away; next try Wed 2026-03-04 09:00 UTC",
        "Given to Ana by hand, by marta",
        "Found and entered by Ana",
        "owner changed in HubSpot: Ana has it now",
        "Taken back from Ana, who did not answer within the promised time",
        "Held: no rulebook has reached the router yet",
        "For no rep: its account is a competitor, and the plan names no pool for them under `competitors`",
        "Left the queue for nurturing: by its score it is warm now, and no SQL any more",
        "Closed by Ana: won",
        "Closed: it became one with another lead",
    ]
    assert NO_PLAN.owner_cannot == ()

"""A plan by tables, segments, needs, partners and owners: which pool, why, and what is asked of the rep."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lead_events.words import Quadrant
from router.domain.asking import Asked
from router.domain.book import Book, PoolChoice, read_book
from router.domain.choice import choose_pool, consents_of
from router.domain.leads import Lead
from router.domain.needs import NO_NEEDS, Needs
from rulebook.context import routing_context, scoring_context
from rulebook.loader import load_folder
from rulebook.models import Rulebook

EXAMPLE = read_book(1, load_folder(Path(__file__).resolve().parents[3] / "rulebook"))
POOLS = {name: {"name": name.title(), "reps": ["ana"]} for name in ("north", "south", "rest", "broken")}


def book(rules: list[dict[str, Any]], *, plan: dict[str, Any] | None = None, **routing: Any) -> Book:
    """A rulebook of these rules; `pools` adds to the usual ones."""
    pools = {**POOLS, **routing.pop("pools", {})}
    document: dict[str, Any] = {
        "company": "Aurora",
        "time_zone": "UTC",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {},
        "sources": {},
        "scorecards": {},
        "routing": {
            "pools": pools,
            "plans": {"main": {"rules": rules, "fallback": "rest", **(plan or {})}},
            **routing,
        },
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": {"name": "A", "sales": {"promises": {}}},
    }
    return read_book(1, Rulebook.model_validate(document))


def choose(
    of: Book, account: dict[str, Any] | None = None, consents: tuple[str, ...] = (), **profile: Any
) -> PoolChoice:
    scoring = scoring_context(
        profile,
        form="demo",
        source="web",
        campaign=None,
        line="main",
        submissions=1,
        asks=True,
        account=account,
    )
    context = routing_context(scoring, fit=80, interest=20, quadrant="warm")
    return of.choose_pool("main", context, account, consents)


TERRITORIES = {
    "iberia": [
        {"territory": "Norte", "country": "PT", "postcode_from": "4000", "pool": "north"},
        {"territory": "Portugal", "country": "PT", "pool": "south"},
    ]
}
BY_TABLE = {"id": "where", "territories": "iberia"}


@pytest.mark.parametrize(
    ("profile", "pool", "rule", "territory"),
    [
        ({"country": "PT", "postcode": "4000-123"}, "north", "where", "Norte"),
        ({"country": "PT", "postcode": "1200-195"}, "south", "where", "Portugal"),
        ({"country": "ES"}, "rest", "fallback", None),
    ],
)
def test_a_table_chooses_for_the_leads_that_it_knows(
    profile: dict[str, Any], pool: str, rule: str, territory: str | None
) -> None:
    choice = choose(book([BY_TABLE], territories=TERRITORIES), **profile)
    assert (choice.pool, choice.rule, choice.territory) == (pool, rule, territory)


def test_a_territory_says_why_where_the_rule_does_not() -> None:
    told = book([BY_TABLE], territories=TERRITORIES)
    assert choose(told, country="PT").because == "territory Portugal"
    spoken = book([{**BY_TABLE, "because": "near the sea"}], territories=TERRITORIES)
    assert choose(spoken, country="PT").because == "near the sea"


def test_a_table_is_asked_only_where_its_condition_holds() -> None:
    made = book([{**BY_TABLE, "when": "score.fit > 90"}], territories=TERRITORIES)
    assert choose(made, country="PT").rule == "fallback"


ACCOUNTS = {
    "named": [
        {"crm_id": "A-1", "pool": "north", "rep": "bea"},
        {"domain": "acme.com", "pool": "north"},
        {"name": "Conservas Alborán, S.L.", "rep": "bea"},
    ]
}


@pytest.mark.parametrize(
    ("profile", "account", "pool", "owner"),
    [
        pytest.param({}, {"crm_id": "a-1", "standing": "none"}, "north", "bea", id="by its CRM id"),
        pytest.param({"email": "x@es.acme.com"}, None, "north", None, id="by its domain, and those below"),
        pytest.param({"website": "https://www.acme.com"}, None, "north", None, id="by its website"),
        pytest.param({"email": "x@acme.co"}, None, "rest", None, id="another domain"),
        pytest.param({"company": "CONSERVAS ALBORAN"}, None, "rest", "bea", id="by name: only a rep"),
    ],
)
def test_named_accounts_have_their_pool_and_their_rep(
    profile: dict[str, Any], account: dict[str, Any] | None, pool: str, owner: str | None
) -> None:
    choice = choose(book([{"id": "named", "accounts": "named"}], accounts=ACCOUNTS), account, **profile)
    assert (choice.pool, choice.owner, choice.is_named_account) == (pool, owner, owner is not None)


def test_a_row_that_names_only_a_rep_leaves_the_pool_to_the_rules_after_it() -> None:
    rules = [{"id": "named", "accounts": "named"}, {"id": "all", "pool": "south"}]
    choice = choose(book(rules, accounts=ACCOUNTS), company="Conservas Alborán")
    assert (choice.pool, choice.rule, choice.owner) == ("south", "all", "bea")


def test_a_rule_lends_its_pool_to_rows_that_name_none() -> None:
    choice = choose(
        book([{"id": "named", "accounts": "named", "pool": "south"}], accounts=ACCOUNTS),
        company="Conservas Alborán",
    )
    assert (choice.pool, choice.rule, choice.owner) == ("south", "named", "bea")


SEGMENTS = {"large": "lead.employees >= 1000", "asking": "asks"}


@pytest.mark.parametrize(
    ("when", "profile", "rule", "errors"),
    [
        pytest.param("segment.large", {"employees": 2000}, "one", [], id="it holds"),
        pytest.param("segment.large", {"employees": 20}, "fallback", [], id="it does not"),
        pytest.param(
            "segment.large",
            {},
            "on_error",
            ['segment large: the lead has no "employees"'],
            id="its error is the rule's",
        ),
        pytest.param("segment.asking || segment.large", {}, "one", [], id="not needed for the answer"),
        pytest.param("segment.asking && !segment.large", {"employees": 5}, "one", [], id="two of them"),
    ],
)
def test_a_rule_reads_segments_by_name(
    when: str, profile: dict[str, Any], rule: str, errors: list[str]
) -> None:
    rules = [{"id": "one", "when": when, "pool": "north"}]
    choice = choose(book(rules, segments=SEGMENTS, plan={"on_error": "broken"}), **profile)
    assert choice.rule == rule
    assert [each.message for each in choice.errors] == errors


def test_a_segment_that_no_rule_came_to_is_not_asked() -> None:
    rules = [
        {"id": "one", "when": "segment.asking", "pool": "north"},
        {"id": "two", "when": "segment.large", "pool": "south"},
    ]
    choice = choose(book(rules, segments=SEGMENTS))
    assert (choice.rule, choice.errors) == ("one", ())


SPEAKING = {"north": {"name": "North", "reps": ["ana"], "language": "required", "skills": ["tenders"]}}


def test_what_rule_and_pool_ask_of_the_rep_goes_with_the_choice() -> None:
    rule = {"id": "one", "pool": "north", "skills": ["export"]}
    choice = choose(book([rule], pools=SPEAKING, plan={"unspoken": "rest"}), language="pt-BR")
    assert choice.needs == Needs(
        frozenset({"pt"}), "required", frozenset({"tenders", "export"}), "required", timedelta(minutes=10)
    )
    assert choice.unspoken == "rest"


def test_a_rules_word_on_languages_goes_before_its_pools() -> None:
    rule = {"id": "one", "pool": "north", "language": "preferred"}
    choice = choose(book([rule], pools=SPEAKING, plan={"unspoken": "rest"}), language="pt")
    assert (choice.needs.language_match, choice.unspoken) == ("preferred", None)


@pytest.mark.parametrize("profile", [{}, {"language": "klingon"}])
def test_who_tells_no_language_needs_none(profile: dict[str, Any]) -> None:
    pools = {"north": {"name": "North", "reps": ["ana"], "language": "required"}}
    choice = choose(book([{"id": "one", "pool": "north"}], pools=pools, plan={"unspoken": "rest"}), **profile)
    assert (choice.needs, choice.unspoken) == (NO_NEEDS, None)


def test_a_pool_that_a_lead_is_passed_on_to_has_needs_of_its_own() -> None:
    made = book([], pools=SPEAKING)
    assert made.needs("north", "pt-PT").languages == frozenset({"pt"})
    assert made.needs("rest", "pt") == NO_NEEDS


PARTNERS = {"partners": {"name": "Partners", "reps": ["ana"], "partner_consent": "partners"}}


@pytest.mark.parametrize(
    ("consents", "pool"),
    [(("partners",), "partners"), (("newsletter",), "south"), ((), "south")],
)
def test_partners_get_only_whom_they_may_have(consents: tuple[str, ...], pool: str) -> None:
    rules = [{"id": "first", "pool": "partners"}, {"id": "own", "pool": "south"}]
    assert choose(book(rules, pools=PARTNERS), consents=consents).pool == pool


def test_a_row_of_a_table_gives_nothing_to_partners_without_consent() -> None:
    rows = {"iberia": [{"territory": "Spain", "country": "ES", "pool": "partners"}]}
    made = book([BY_TABLE], pools=PARTNERS, territories=rows)
    assert choose(made, country="ES").pool == "rest"
    assert choose(made, consents=("partners",), country="ES").pool == "partners"


def lead(consent: dict[str, Any] | None, **profile: Any) -> Lead:
    told = {} if consent is None else {"consent": consent}
    now = datetime(2026, 3, 3, 10, tzinfo=UTC)
    return Lead(UUID(int=1), line="main", profile=profile, quadrant=Quadrant.WARM, told=told, received_at=now)


@pytest.mark.parametrize(
    ("consent", "purposes"),
    [
        (None, set()),
        ({"given": True}, set()),
        ({"given": True, "purposes": ["partners"]}, {"partners"}),
        ({"given": False, "purposes": ["partners"]}, set()),
    ],
)
def test_a_purpose_counts_beside_a_consent(consent: dict[str, Any] | None, purposes: set[str]) -> None:
    assert consents_of(lead(consent)) == purposes


def test_a_leads_own_consent_opens_the_way_to_partners() -> None:
    made = book([{"id": "first", "pool": "partners"}], pools=PARTNERS)
    assert choose_pool(lead({"given": True, "purposes": ["partners"]}), made).pool == "partners"
    assert choose_pool(lead({"given": True}), made).pool == "rest"


OPEN_DEAL = {"crm_id": "A-1", "standing": "open_deal", "owner": "cleo"}
UNKNOWN = {"crm_id": "A-1", "standing": "none", "owner": "cleo"}


@pytest.mark.parametrize(
    ("account", "plan", "pool", "owner"),
    [
        pytest.param(OPEN_DEAL, {}, "north", "cleo", id="the CRM's owner goes before the table's"),
        pytest.param(UNKNOWN, {}, "north", "bea", id="who is nothing to us yet belongs to the table's"),
        pytest.param(OPEN_DEAL, {"owners": {"account": False}}, "north", "bea", id="the plan asks no CRM"),
        pytest.param({**OPEN_DEAL, "standing": "competitor"}, {}, None, None, id="a competitor has none"),
    ],
)
def test_whose_the_account_is(
    account: dict[str, Any], plan: dict[str, Any], pool: str | None, owner: str | None
) -> None:
    made = book([{"id": "named", "accounts": "named"}], accounts=ACCOUNTS, plan=plan)
    choice = choose(made, account)
    assert (choice.pool, choice.owner) == (pool, owner)


def test_a_pool_of_account_owners_asks_for_the_owner_whatever_the_account_is() -> None:
    pools = {"north": {"name": "North", "reps": ["ana"], "strategy": "account_owner"}}
    assert choose(book([{"id": "one", "pool": "north"}], pools=pools), UNKNOWN).owner == "cleo"


def test_the_plans_word_on_owners_goes_with_the_choice() -> None:
    made = book([], plan={"owners": {"when_away": "wait", "days": 30}})
    assert (choose(made).owners.when_away, choose(made).owners.days) == ("wait", 30)


def test_a_table_that_is_not_there_makes_no_book() -> None:
    with pytest.raises(ValueError, match="no table 'iberia'"):
        book([BY_TABLE])


@pytest.mark.parametrize(
    ("profile", "pool"),
    [
        pytest.param({"country": "ES"}, "spain", id="a country"),
        pytest.param({"country": "BR"}, "portugal", id="another one's language"),
        pytest.param({"country": "VA"}, "italy", id="the Vatican"),
        pytest.param({"country": "MD"}, "romania", id="Moldova"),
        pytest.param({"phone": "+34612000001"}, "spain", id="no country: the phone"),
        pytest.param({"phone": "+351912000001"}, "portugal", id="a longer prefix"),
        pytest.param({"phone": "+39347000001"}, "italy", id="an Italian phone"),
        pytest.param({"phone": "+40721000001"}, "romania", id="a Romanian phone"),
        pytest.param(
            {"country": "DE", "phone": "+34612000001"}, "everywhere-else", id="a country goes first"
        ),
        pytest.param({}, "everywhere-else", id="nothing told"),
        pytest.param({"country": "ES", "employees": 1000}, "large-accounts", id="a large one"),
    ],
)
def test_the_example_company_sends_leads_where_they_belong(profile: dict[str, Any], pool: str) -> None:
    choice = choose(EXAMPLE, **profile)
    assert (choice.pool, choice.errors) == (pool, ())


class Counted:
    """A segment that notes how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def evaluate(self, context: object) -> bool:
        self.times += 1
        return False


def test_a_segment_is_asked_once_a_lead_however_many_rules_read_it() -> None:
    rules = [{"id": f"r{n}", "when": "segment.large", "pool": "north"} for n in range(5)]
    plan, counted = book(rules, segments=SEGMENTS).plans["main"], Counted()
    segments: dict[str, Any] = {"large": counted, "asking": counted}
    asked = Asked({"lead": {}, "asks": True}, segments)
    assert [asked.holds(rule) for rule in plan.rules] == [False] * 5
    assert counted.times == 1

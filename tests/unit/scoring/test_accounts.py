"""Which account a person belongs to: surely, perhaps, or none."""

from typing import Any
from uuid import UUID

import pytest

from lead_events.words import AccountStanding
from rulebook.company_names import SIMILAR, company_name, likeness
from scoring.domain.account_entry import InForce, account_id, read_account
from scoring.domain.accounts import Account, AccountBook, Answer, By, Match, question_id

IN_FORCE = InForce(lines=("main", "training"), reps={"ana": "ana", "ana@aurora.example": "ana"})


def account(crm_id: str, name: str, **more: Any) -> Account:
    return Account(id=account_id(crm_id), crm_id=crm_id, name=name, **more)


ACME = account("A-1", "Acme Robotics S.L.", domains=("acme-robotics.example",), tax_id="ESB12345678")
FOODS = account("A-2", "Acme Foods GmbH", domains=("acme.example",), tax_id="DE123456789")
IBERIA = account("A-3", "Lumen Iberia, S.A.", domains=("lumen.example",))
ITALIA = account("A-4", "Lumen Italia S.r.l.", domains=("lumen.example",), tax_id="01234567890")
ALL = {each.id: each for each in (ACME, FOODS, IBERIA, ITALIA)}


def matched(answers: dict[UUID, Answer] | None = None, **profile: Any) -> Match:
    return AccountBook(ALL, answers or {}).of(profile)


@pytest.mark.parametrize(
    ("why", "profile", "found", "by"),
    [
        ("a work e-mail names the company", {"email": "eva@acme-robotics.example"}, ACME, By.DOMAIN),
        ("below the company's domain, too", {"email": "eva@mail.acme-robotics.example"}, ACME, By.DOMAIN),
        (
            "so does its website",
            {"email": "e@gmail.com", "website": "https://www.acme.example/x"},
            FOODS,
            By.DOMAIN,
        ),
        ("what intake found goes before", {"company_domain": "acme.example"}, FOODS, By.DOMAIN),
        ("a tax id with its country", {"attributes": {"NIF": "ES B-12.345.678"}}, ACME, By.TAX_ID),
        ("and without it", {"attributes": {"vat number": "b12345678"}}, ACME, By.TAX_ID),
        ("the other way round, too", {"attributes": {"p_iva": "IT01234567890"}}, ITALIA, By.TAX_ID),
        ("a number of another country is another", {"attributes": {"vat": "FR123456789"}}, None, None),
        ("the CRM's id of the account", {"attributes": {"account_id": "A-2"}}, FOODS, By.CRM_ID),
        ("a person's own external id is none", {"external_id": "A-2"}, None, None),
        (
            "the tax id goes before the domain",
            {"email": "eva@acme.example", "attributes": {"cif": "B12345678"}},
            ACME,
            By.TAX_ID,
        ),
        (
            "the tax id tells two at one domain apart",
            {"email": "eva@lumen.example", "attributes": {"partita_iva": "01234567890"}},
            ITALIA,
            By.TAX_ID,
        ),
        ("a free-mail address names nobody", {"email": "eva@gmail.com"}, None, None),
        ("another company", {"email": "eva@other.example", "company": "Zeta Ltd"}, None, None),
        ("no company at all", {"email": "eva@gmail.com", "company": "freelance"}, None, None),
    ],
)
def test_what_is_sure_and_what_is_nobodys(
    why: str, profile: dict[str, Any], found: Account | None, by: By | None
) -> None:
    match = matched(**profile)
    assert (match.account, match.by, match.question) == (found, by, None), why


@pytest.mark.parametrize(
    ("why", "profile", "candidates"),
    [
        ("one name, another legal form", {"company": "ACME ROBOTICS SLU"}, [ACME]),
        ("also beside a domain nobody has", {"company": "Acme Robotic", "email": "e@ar.example"}, [ACME]),
        ("the short name of two", {"company": "Acme"}, [ACME, FOODS]),
        ("the words in another order", {"company": "Foods Acme"}, [FOODS]),
        ("a domain that two have", {"email": "eva@lumen.example"}, [IBERIA, ITALIA]),
        (
            "whatever name stands beside it",
            {"email": "e@lumen.example", "company": "Lumen Iberia"},
            [IBERIA, ITALIA],
        ),
    ],
)
def test_what_is_unsure_is_put_before_a_person(
    why: str, profile: dict[str, Any], candidates: list[Account]
) -> None:
    match = matched(**profile)
    assert match.account is None
    assert match.question is not None, why
    assert list(match.question.candidates) == [each.id for each in candidates], why


def test_what_a_person_said_holds_for_that_name_at_that_domain() -> None:
    asked = matched(company="Acme Robotic", email="eva@ar.example").question
    assert asked is not None
    said = {asked.id: Answer(ACME.id)}
    again = matched(said, company="ACME Robotic, S.L.", email="luis@ar.example")
    assert (again.account, again.by) == (ACME, By.DECISION)
    elsewhere = matched(said, company="Acme Robotic", email="eva@other.example")
    assert elsewhere.account is None
    assert elsewhere.question is not None


def test_whom_a_person_ruled_out_is_not_asked_about_again_but_others_are() -> None:
    refused = {question_id("|acme"): Answer(None, frozenset({ACME.id}))}
    match = matched(refused, company="Acme")
    assert match.question is not None
    assert match.question.candidates == (FOODS.id,)
    refused = {question_id("|acme"): Answer(None, frozenset({ACME.id, FOODS.id}))}
    assert matched(refused, company="Acme") == Match()


def test_an_answer_for_an_account_that_is_gone_asks_anew() -> None:
    gone = {question_id("|acme"): Answer(account_id("A-99"))}
    assert matched(gone, company="Acme").question is not None


def test_standing_and_owner_hold_for_the_accounts_line() -> None:
    mine = account("A-5", "Zeta", standing=AccountStanding.CUSTOMER, owner="ana", line="main")
    assert (mine.told("main").standing, mine.told("main").owner) == (AccountStanding.CUSTOMER, "ana")
    assert (mine.told("training").standing, mine.told("training").owner) == (AccountStanding.NONE, None)


@pytest.mark.parametrize(
    ("why", "one", "other", "alike"),
    [
        ("a legal form is no part of the name", "Ferrara S. r. l.", "Ferrara SRL", True),
        ("of whatever country", "Müller GmbH & Co. KG", "Muller", True),
        ("Poland's in letters", "Kappa Sp. z o.o.", "KAPPA", True),
        ("Portugal's in two words", "Lumen, Unipessoal Lda.", "Lumen Lda", True),
        ("Romania's before the name", "S.C. Exemplu Prod S.R.L.", "exemplu prod", True),
        ("accents are often left out", "Construcción Ábaco", "Construccion Abaco", True),
        ("a plural", "Industrias Zeta", "Industria Zeta", True),
        ("a typing error", "Mercadora", "Mercadorra", True),
        ("a word left out at the end", "Aurora", "Aurora Software Iberia SL", True),
        ("one word in common is too little", "Acme Foods", "Acme Robotics", False),
        ("a trade in common is too little", "Construcciones Norte", "Construcciones Sur", False),
        ("banks have much in common", "Banco del Sur", "Banco del Norte", False),
        ("four letters, one other", "Nova", "Nora", False),
    ],
)
def test_how_alike_names_are(why: str, one: str, other: str, alike: bool) -> None:
    first, second = company_name(one), company_name(other)
    assert first is not None
    assert second is not None
    assert (likeness(first, second) >= SIMILAR) is alike, why
    assert likeness(first, second) == likeness(second, first)


def test_a_company_may_be_called_like_a_legal_form() -> None:
    found = company_name("SAS")
    assert found is not None
    assert found.words == ("sas",)


@pytest.mark.parametrize("text", ["n/a", "N.A.", "-", "freelance", "Autónomo", "", "test", "…"])
def test_what_names_no_company(text: str) -> None:
    assert company_name(text) is None


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({"name": "Zeta"}, "crm_id", "write the id"),
        ({"crm_id": "a b", "name": "Zeta"}, "crm_id", "without spaces"),
        ({"crm_id": "unsure", "name": "Zeta"}, "crm_id", "cannot stand in an address"),
        ({"crm_id": "1"}, "name", "write the company's name"),
        ({"crm_id": "1", "name": "Z\x00"}, "name", "NUL"),
        ({"crm_id": "1", "name": "Zeta", "domains": ["gmail.com"]}, "domains", "anybody gets an address"),
        ({"crm_id": "1", "name": "Zeta", "domains": "localhost"}, "domains", "write it as example.com"),
        ({"crm_id": "1", "name": "Zeta", "domains": "linkedin.com/company/z"}, "domains", "own domain"),
        ({"crm_id": "1", "name": "Zeta", "tax_id": "unknown"}, "tax_id", "ESB12345678"),
        ({"crm_id": "1", "name": "Zeta", "standing": "hot"}, "standing", "none, open_deal, customer"),
        ({"crm_id": "1", "name": "Zeta", "line": "man"}, "line", "did you mean main?"),
        ({"crm_id": "1", "name": "Zeta", "domain": "z.example"}, "domain", "did you mean domains?"),
        ({"crm_id": "1", "name": "Zeta", "owner": ["ana"]}, "owner", "is no text"),
    ],
)
def test_what_cannot_be_kept_says_what_to_write(sent: dict[str, Any], field: str, says: str) -> None:
    reading = read_account(sent, IN_FORCE)
    assert reading.account is None
    assert [fault.field for fault in reading.faults] == [field]
    assert says in reading.faults[0].detail


def test_an_account_as_a_crm_writes_it() -> None:
    sent = {
        "crm_id": 17,
        "name": " Zeta S.p.A. ",
        "domains": "https://www.Zeta.example/it; mail.zeta.example, zeta.co.uk",
        "tax_id": "IT 012.345.678-90",
        "owner": "Ana@aurora.example",
        "standing": "Open Deal",
        "line": "",
    }
    reading = read_account(sent, IN_FORCE)
    assert reading.faults == reading.warnings == []
    assert reading.account == account(
        "17",
        "Zeta S.p.A.",
        domains=("zeta.co.uk", "zeta.example"),
        tax_id="IT01234567890",
        owner="ana",
        standing=AccountStanding.OPEN_DEAL,
    )


def test_an_owner_whom_the_roster_does_not_have_is_kept_with_a_warning() -> None:
    reading = read_account({"crm_id": "1", "name": "Zeta", "owner": "anna"}, IN_FORCE)
    assert reading.account is not None
    assert reading.account.owner == "anna"
    assert "did you mean ana?" in reading.warnings[0].detail


def test_fields_left_out_stay_and_empty_ones_are_emptied() -> None:
    reading = read_account({"crm_id": "A-1", "tax_id": ""}, IN_FORCE, ACME)
    assert reading.account is not None
    assert (reading.account.domains, reading.account.tax_id) == (ACME.domains, None)

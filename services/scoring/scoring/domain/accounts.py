"""Which account a person belongs to: surely, perhaps, or none that is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from lead_events import Account as ToldAccount
from lead_events.words import AccountStanding
from rulebook.company_names import SIMILAR, CompanyName, company_name, likeness
from scoring.domain.companies import Company, bare, company_in, name_clues
from scoring.domain.profile import Known

CANDIDATES_AT_MOST = 5
_NAMESPACE = uuid5(NAMESPACE_URL, "baton:account-questions")


class By(StrEnum):
    """What made a match sure."""

    CRM_ID = "crm_id"
    TAX_ID = "tax_id"
    DOMAIN = "domain"
    DECISION = "decision"  # a person said so


@dataclass(frozen=True, slots=True)
class Account:
    """A company as the CRM knows it. `line`: the only one for which its standing and owner hold."""

    id: UUID
    crm_id: str
    name: str
    domains: tuple[str, ...] = ()
    tax_id: str | None = None
    owner: str | None = None
    standing: AccountStanding = AccountStanding.NONE
    line: str | None = None

    def told(self, line: str) -> ToldAccount:
        """As lead-scored carries it for a lead of a line."""
        is_meant = self.line is None or self.line == line
        return ToldAccount.model_construct(
            id=self.id,
            crm_id=self.crm_id,
            name=self.name,
            standing=self.standing if is_meant else AccountStanding.NONE,
            owner=self.owner if is_meant else None,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a company is one of these accounts: for a person to say. `subject` says which company;
    `clue`: by which those who wait for the answer are found."""

    subject: str
    clue: str
    company: str | None
    domain: str | None
    candidates: tuple[UUID, ...]

    @property
    def id(self) -> UUID:
        """The same company is asked about once."""
        return question_id(self.subject)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said about a company: it is this account, or none of those."""

    account: UUID | None
    refused: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """`account` where it is sure, and by what; `question` where it is not; neither: none is known."""

    account: Account | None = None
    by: By | None = None
    question: Question | None = None


NO_MATCH = Match()


def question_id(subject: str) -> UUID:
    """The id of the question about a company."""
    return uuid5(_NAMESPACE, subject)


def clues_of_account(account: Account) -> frozenset[str]:
    """The clues of a profile that lead to this account."""
    found = {f"crm:{account.crm_id}", *(f"domain:{domain}" for domain in account.domains)}
    if account.tax_id:
        found.add(f"tax:{bare(account.tax_id)}")
    return frozenset(found | set(name_clues(company_name(account.name))))


@dataclass(slots=True)
class AccountBook:
    """The accounts that persons of a batch may belong to, and what people said about companies.

    `asked`: what is to be put before a person. `before`: the clues of persons as the store has them.
    """

    accounts: Mapping[UUID, Account] = field(default_factory=dict)
    answers: Mapping[UUID, Answer] = field(default_factory=dict)
    before: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    asked: dict[UUID, Question] = field(default_factory=dict)
    _by_clue: dict[str, list[Account]] = field(default_factory=dict)
    _names: dict[UUID, CompanyName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for account in self.accounts.values():
            if (name := company_name(account.name)) is not None:
                self._names[account.id] = name
            for clue in clues_of_account(account):
                self._by_clue.setdefault(clue, []).append(account)

    def told(self, known: Known, line: str) -> ToldAccount | None:
        """The account of whoever this is known of, as a lead of theirs tells of it; what is unsure is noted
        to be asked."""
        if not self.accounts:
            return None
        match = self.of(known.as_mapping())
        if match.question is not None:
            self.asked[match.question.id] = match.question
        return None if match.account is None else match.account.told(line)

    def settled(self, profile: Mapping[str, Any]) -> set[UUID]:
        """Questions about this company that need no answer as accounts stand now. Whoever names a CRM id or
        tax id says nothing of others who only share the company's name."""
        match = self.of(profile)
        if match.by in (By.CRM_ID, By.TAX_ID):
            return set()
        asked = {match.question.id} if match.question is not None else set()
        return {*questions_about(company_in(profile))} - asked

    def of(self, profile: Mapping[str, Any]) -> Match:
        """Whose account this is.

        The CRM's id goes before the tax id, this before the domain; what several accounts have in common is
        unsure, and so is whatever only a similar name speaks for.
        """
        if not self.accounts:
            return NO_MATCH
        company = company_in(profile)
        for crm_id in company.crm_ids:
            for account in self._by_clue.get(f"crm:{crm_id}", ()):
                return Match(account, By.CRM_ID)
        for number in company.tax_ids:
            found = [each for each in self._at(f"tax:{bare(number)}") if _same_country(each, number)]
            if found:
                subject = f"tax:{bare(number)}"
                return self._one_of(found, By.TAX_ID, Question(subject, subject, company.written, None, ()))
        return self._by_domain(company) or self._by_name(company) or NO_MATCH

    def _at(self, clue: str) -> list[Account]:
        return self._by_clue.get(clue, [])

    def _by_domain(self, company: Company) -> Match | None:
        found = self._at(f"domain:{company.domain}") if company.domain else []
        if not found:
            return None
        return self._one_of(found, By.DOMAIN, _question(company, f"domain:{company.domain}"))

    def _by_name(self, company: Company) -> Match | None:
        if company.name is None:
            return None
        ranked = sorted(
            ((-alike, each.crm_id, each) for each, alike in self._similar(company.name) if alike >= SIMILAR),
            key=lambda found: found[:2],
        )
        if not ranked:
            return None
        question = _question(company, f"name:{company.name.key}")
        return self._answered([account for _, _, account in ranked], question)

    def _similar(self, name: CompanyName) -> Iterator[tuple[Account, float]]:
        candidates = {each.id: each for clue in name_clues(name) for each in self._at(clue)}
        for account in candidates.values():
            yield account, likeness(name, self._names[account.id])

    def _one_of(self, found: list[Account], by: By, question: Question) -> Match:
        if len(found) == 1:
            return Match(found[0], by)
        return self._answered(sorted(found, key=lambda account: account.crm_id), question)

    def _answered(self, found: list[Account], question: Question) -> Match:
        """As a person said before, else what is to be asked. Whom they ruled out is not asked about again."""
        answer = self.answers.get(question.id, Answer(None))
        if answer.account is not None and answer.account in self.accounts:
            return Match(self.accounts[answer.account], By.DECISION)
        left = [each.id for each in found if each.id not in answer.refused][:CANDIDATES_AT_MOST]
        if not left:
            return NO_MATCH
        return Match(
            question=Question(question.subject, question.clue, question.company, question.domain, tuple(left))
        )


def _question(company: Company, clue: str) -> Question:
    """An answer holds for a name at a domain: two companies of one name have two domains, and two of one
    domain have two names."""
    subject = f"{company.domain or ''}|{company.name.key if company.name else ''}"
    return Question(subject, clue, company.written, company.domain, ())


def questions_about(company: Company) -> Iterator[UUID]:
    """The questions that may be asked about a company."""
    yield from (question_id(f"tax:{bare(each)}") for each in company.tax_ids)
    yield _question(company, "").id


def _same_country(account: Account, number: str) -> bool:
    """Numbers of two countries may be the same; one without a country is taken for the account's."""
    countries = {each[:2] for each in (account.tax_id or "", number) if bare(each) != each}
    return len(countries) < 2

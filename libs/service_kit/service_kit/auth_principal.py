"""Who calls, and what they may do: roles, scopes, and what each role is allowed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the installation."""

    REP = "rep"
    """Sees and answers the leads they have."""
    TEAM_LEAD = "team_lead"
    """Sees and moves the leads of their team."""
    MANAGER = "manager"
    """Sees all leads and reps, and moves them."""
    OPERATOR = "operator"
    """May do everything, configuration included."""
    MACHINE = "machine"
    """A program: what its token names, and nothing else."""


class Scope(StrEnum):
    """What a route needs. The list is closed."""

    LEADS_READ = "leads:read"
    LEADS_ACT = "leads:act"
    LEADS_ASSIGN = "leads:assign"
    LEADS_REPAIR = "leads:repair"
    PERSONS_READ = "persons:read"
    PERSONS_WRITE = "persons:write"
    PERSONS_ERASE = "persons:erase"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    FORMS_READ = "forms:read"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    RULEBOOK_READ = "rulebook:read"
    RULEBOOK_WRITE = "rulebook:write"
    TIMERS_READ = "timers:read"
    AGREEMENT_WRITE = "agreement:write"
    """Object, decide, and sign a month for a side."""
    ROSTER_READ = "roster:read"
    ROSTER_AWAY = "roster:away"
    ROSTER_WRITE = "roster:write"
    ROUTING_READ = "routing:read"
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"
    CRM_READ = "crm:read"
    CRM_WRITE = "crm:write"
    EVENTS_WRITE = "events:write"
    TOKENS_WRITE = "tokens:write"
    TOKENS_CHECK = "tokens:check"
    """Ask whose a token is: for services, which take tokens and keep none."""
    AUDIT_READ = "audit:read"
    OPERATE = "operate"
    """Configuration, dead letters, and whatever has no scope of its own."""


_REP = frozenset({Scope.LEADS_READ, Scope.LEADS_ACT})
_TEAM_LEAD = _REP | {Scope.LEADS_ASSIGN, Scope.ROSTER_READ, Scope.ROSTER_AWAY, Scope.ROUTING_READ}
_ALL = frozenset(Scope)
_OPERATORS = frozenset(
    {
        Scope.TOKENS_WRITE,
        Scope.TOKENS_CHECK,
        Scope.EVENTS_WRITE,
        Scope.RULEBOOK_WRITE,
        Scope.PERSONS_ERASE,
        Scope.OPERATE,
    }
)
SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.REP: _REP,
    Role.TEAM_LEAD: _TEAM_LEAD,
    Role.MANAGER: _ALL - _OPERATORS - {Scope.LEADS_ACT},
    Role.OPERATOR: _ALL,
    Role.MACHINE: _ALL - {Scope.LEADS_ACT, Scope.TOKENS_WRITE},
}
"""The most that a role may have: a token may name fewer, never more."""
CONFINED = (Role.REP, Role.TEAM_LEAD)
"""Roles that see what is theirs; all others see all."""


def known_scopes(said: Collection[str]) -> frozenset[Scope]:
    """Those that this version knows."""
    return frozenset(scope for scope in Scope if scope in said)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `subject` is a rep's id for reps and team leads, else what tells them apart."""

    role: Role
    subject: str
    name: str
    scopes: frozenset[Scope]
    is_break_glass: bool = False
    """Whether it is BATON_OPERATOR_TOKEN, which everybody who operates shares."""

    def may(self, scope: Scope) -> bool:
        """Whether this may do what a scope names."""
        return scope in self.scopes

    @property
    def rep(self) -> str | None:
        """Whose leads are theirs: a rep's id, None for who is no rep."""
        return self.subject if self.role in CONFINED else None

    def signs_as(self, said: str) -> str:
        """The name that a change is kept under. Only who shares the operator's token may say it."""
        return said if self.is_break_glass else f"{self.role}:{self.subject}"


def break_glass() -> Principal:
    """Whoever has BATON_OPERATOR_TOKEN."""
    return Principal(Role.OPERATOR, "operator", "operator", _ALL, is_break_glass=True)

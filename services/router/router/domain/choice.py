"""Which pool the rules choose for a lead."""

from typing import Any

from router.domain.accounts import owner_of, standing_of
from router.domain.book import NO_PLAN, USUAL_OWNERS, WAITED, Book, PoolChoice
from router.domain.leads import Lead
from router.domain.needs import Needs
from rulebook.context import routing_context, scoring_context
from rulebook.models import Owners


def choose_pool(lead: Lead, book: Book | None) -> PoolChoice:
    """The pool the rules choose for a lead as it is known now."""
    if book is None:
        return NO_PLAN
    scoring = scoring_context(
        lead.profile,
        form=lead.form_id,
        source=lead.source,
        campaign=lead.campaign,
        line=lead.line,
        submissions=lead.submissions,
        asks=lead.asks,
        account=lead.account,
    )
    context = routing_context(scoring, fit=lead.fit(), interest=lead.interest(), quadrant=lead.quadrant.value)
    return book.choose_pool(lead.line, context, lead.account, consents_of(lead))


def consents_of(lead: Lead) -> frozenset[str]:
    """The purposes that the person agreed to by their newest word; none where they took consent back."""
    consent = lead.told.get("consent") or {}
    return frozenset(consent.get("purposes") or ()) if consent.get("given") else frozenset()


def chosen_of(choice: PoolChoice) -> dict[str, Any]:
    """What is kept of a choice while the lead waits. JSON-ready."""
    kept = {
        "rule": choice.rule,
        "because": choice.because,
        "territory": choice.territory,
        "owner": choice.owner,
        "named": choice.is_named_account or None,
    }
    return {name: value for name, value in kept.items() if value is not None}


def owner_of_waiting(lead: Lead, owners: Owners = USUAL_OWNERS) -> str | None:
    """Whose a lead that waits is: as its account says now, where that counts, else as the plan said when it
    began to wait."""
    of_account = owner_of(lead.account) if owners.account else None
    named: str | None = of_account or lead.chosen.get("owner")
    return named


def unspoken_of(book: Book, line: str, needs: Needs) -> str | None:
    """The pool that the line's plan names for a language that nobody of the pool speaks, if one is needed."""
    plan = book.plans.get(line)
    return plan.source.unspoken if plan is not None and needs.language_match == "required" else None


def choice_of_waiting(
    lead: Lead, pool: str, owners: Owners = USUAL_OWNERS, unspoken: str | None = None
) -> PoolChoice:
    """The choice that a lead has waited for in this pool."""
    return PoolChoice(
        pool,
        lead.chosen.get("rule", WAITED),
        lead.chosen.get("because"),
        territory=lead.chosen.get("territory"),
        owner=owner_of_waiting(lead, owners),
        standing=standing_of(lead.account),
        owners=owners,
        unspoken=unspoken,
        is_named_account=bool(lead.chosen.get("named")),
        consents=consents_of(lead),
        waited_since=lead.held_since,
    )

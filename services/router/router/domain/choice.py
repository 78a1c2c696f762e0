"""Which pool the rules choose for a lead."""

from router.domain.book import NO_PLAN, Book, PoolChoice
from router.domain.leads import Lead
from rulebook.context import routing_context, scoring_context


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
    """The purposes that the person agreed to by their newest word; none where they took their consent back."""
    consent = lead.told.get("consent") or {}
    return frozenset(consent.get("purposes") or ()) if consent.get("given") else frozenset()

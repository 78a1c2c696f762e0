"""Whether a segment holds for a lead. Conditions are the rulebook's own language, so its reading is used."""

from collections.abc import Mapping

from lead_events import LeadScored
from rulebook.cel import compile_condition
from rulebook.context import routing_context, routing_variables, scoring_context


def holds(segments: Mapping[str, str], name: str, score: LeadScored) -> bool:
    """A condition that cannot be evaluated holds for nobody."""
    said = scoring_context(
        score.profile.model_dump(mode="json"),
        form=score.form_id,
        source=score.source,
        campaign=score.campaign,
        line=score.line,
        submissions=score.submissions,
        asks=True,
        account=score.account.model_dump(mode="json") if score.account else None,
    )
    context = routing_context(
        said, fit=score.score.fit, interest=score.score.interest, quadrant=score.quadrant
    )
    return compile_condition(segments[name], routing_variables(segments)).evaluate(context) is True

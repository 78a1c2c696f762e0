"""What conditions can read: the one list of variables that the check and the services share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

PROFILE_FIELDS: Mapping[str, type] = MappingProxyType(
    {
        "email": str,
        "phone": str,
        "phone_raw": str,
        "phone_extension": str,
        "external_id": str,
        "name": str,
        "first_name": str,
        "last_name": str,
        "company": str,
        "company_domain": str,
        "job_title": str,
        "industry": str,
        "employees": int,
        "country": str,
        "region": str,
        "city": str,
        "postcode": str,
        "language": str,
        "website": str,
        "message": str,
        "attributes": dict,
    }
)
"""The profile's fields; any but `attributes` may be absent, so a rule asks has() first."""

SCORING_VARIABLES: Mapping[str, type] = MappingProxyType(
    {
        "lead": dict,
        **{f"lead.{name}": kind for name, kind in PROFILE_FIELDS.items()},
        "form": str,
        "source": str,
        "campaign": str,
        "line": str,
        "submissions": int,
        "asks": bool,
    }
)
"""`form`, `source`, `line` are ids, `campaign` is "" where there is none, `submissions` counts those of this
lead,
`asks` says whether the person asks to be contacted."""

ROUTING_VARIABLES: Mapping[str, type] = MappingProxyType(
    {**SCORING_VARIABLES, "score": dict, "score.fit": int, "score.interest": int, "quadrant": str}
)

ALWAYS_PRESENT = frozenset({("lead", "attributes"), ("score", "fit"), ("score", "interest")})


def scoring_context(
    profile: Mapping[str, Any],
    *,
    form: str,
    source: str,
    campaign: str | None,
    line: str,
    submissions: int,
    asks: bool,
) -> dict[str, Any]:
    """The variables of a scoring rule. Absent and empty profile fields have no key, so that has() is
    false."""
    return {
        "lead": _lead(profile),
        "form": form,
        "source": source,
        "campaign": campaign or "",
        "line": line,
        "submissions": submissions,
        "asks": asks,
    }


def routing_context(scoring: Mapping[str, Any], *, fit: int, interest: int, quadrant: str) -> dict[str, Any]:
    """The variables of a routing rule: those of scoring, the two scores (0-100) and the quadrant's name."""
    return {**scoring, "score": {"fit": fit, "interest": interest}, "quadrant": str(quadrant)}


def _lead(profile: Mapping[str, Any]) -> dict[str, Any]:
    lead = {name: value for name, value in profile.items() if value is not None and value != ""}
    attributes = lead.get("attributes")
    lead["attributes"] = (
        {name: value for name, value in attributes.items() if value is not None and value != ""}
        if isinstance(attributes, Mapping)
        else {}
    )
    return lead

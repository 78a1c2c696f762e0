"""What conditions can read: the one list of variables that the check and the services share."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from lead_events.words import AccountStanding
from rulebook.derived import DERIVED_FIELDS, derived

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

ACCOUNT_FIELDS: Mapping[str, type] = MappingProxyType(
    {"standing": str, "crm_id": str, "name": str, "owner": str}
)
"""The company a person belongs to, as the CRM knows it; where none is known only `standing` is there."""

SCORING_VARIABLES: Mapping[str, type] = MappingProxyType(
    {
        "lead": dict,
        **{f"lead.{name}": kind for name, kind in {**PROFILE_FIELDS, **DERIVED_FIELDS}.items()},
        "account": dict,
        **{f"account.{name}": kind for name, kind in ACCOUNT_FIELDS.items()},
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

SIGNAL_FIELDS: Mapping[str, type] = MappingProxyType(
    {"kind": str, "url": str, "form": str, "source": str, "attributes": dict}
)
OF_ORIGIN = frozenset({"form", "source", "campaign"})
"""Variables that differ between the forms that one lead came by."""
SIGNAL_VARIABLES: Mapping[str, type] = MappingProxyType(
    {
        **{name: kind for name, kind in SCORING_VARIABLES.items() if name not in OF_ORIGIN},
        "signal": dict,
        **{f"signal.{name}": kind for name, kind in SIGNAL_FIELDS.items()},
    }
)
"""A lead may have come by several forms, so a rule on signals reads the signal's own form and source."""

ROUTING_VARIABLES: Mapping[str, type] = MappingProxyType(
    {**SCORING_VARIABLES, "score": dict, "score.fit": int, "score.interest": int, "quadrant": str}
)


def routing_variables(segments: Iterable[str]) -> Mapping[str, type]:
    """What a routing rule may read of a rulebook that has these segments."""
    return {**ROUTING_VARIABLES, "segment": dict, **{f"segment.{name}": bool for name in segments}}


ALWAYS_PRESENT = frozenset(
    {
        ("lead", "attributes"),
        ("account", "standing"),
        ("score", "fit"),
        ("score", "interest"),
        ("signal", "kind"),
        ("signal", "attributes"),
    }
)


def scoring_context(
    profile: Mapping[str, Any],
    *,
    form: str,
    source: str,
    campaign: str | None,
    line: str,
    submissions: int,
    asks: bool,
    account: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The variables of a scoring rule. Absent and empty profile fields have no key, so that has() is
    false."""
    return {
        "lead": _lead(profile),
        "account": _account(account),
        "form": form,
        "source": source,
        "campaign": campaign or "",
        "line": line,
        "submissions": submissions,
        "asks": asks,
    }


def shared_context(scoring: Mapping[str, Any]) -> dict[str, Any]:
    """Of the variables of scoring, those that a rule on signals reads beside `signal`."""
    return {name: value for name, value in scoring.items() if name not in OF_ORIGIN}


def signal_values(
    kind: str,
    *,
    url: str | None,
    form: str | None,
    source: str | None,
    attributes: Mapping[str, Any],
) -> dict[str, Any]:
    """What conditions read as `signal`. Absent fields have no key, so that has() is false."""
    known = {"url": url, "form": form, "source": source}
    return {
        "kind": kind,
        **{name: value for name, value in known.items() if value},
        "attributes": {name: value for name, value in attributes.items() if value is not None},
    }


def routing_context(scoring: Mapping[str, Any], *, fit: int, interest: int, quadrant: str) -> dict[str, Any]:
    """The variables of a routing rule: those of scoring, the two scores (0-100) and the quadrant's name."""
    return {**scoring, "score": {"fit": fit, "interest": interest}, "quadrant": str(quadrant)}


def _account(account: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of an account as lead-scored carries it what ACCOUNT_FIELDS names."""
    known = {name: str(value) for name in ACCOUNT_FIELDS if account and (value := account.get(name))}
    return {"standing": AccountStanding.NONE.value} | known


def _lead(profile: Mapping[str, Any]) -> dict[str, Any]:
    lead = {name: value for name, value in profile.items() if value is not None and value != ""}
    attributes = lead.get("attributes")
    lead["attributes"] = (
        {name: value for name, value in attributes.items() if value is not None and value != ""}
        if isinstance(attributes, Mapping)
        else {}
    )
    return lead | derived(lead)

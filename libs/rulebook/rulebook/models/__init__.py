"""The rulebook as types: what a company writes in YAML, checked. `loader.py` says where something is
wrong."""

from rulebook.models.agreement import Agreement, MarketingSide, Promise, SalesSide
from rulebook.models.base import Duration, Identifier, RulebookModel, Share
from rulebook.models.care import Alerts, Channel, Matching, Retention
from rulebook.models.forms import (
    Captcha,
    Cost,
    Fetch,
    FieldMapping,
    Form,
    Input,
    Limits,
    Returns,
    Signature,
    Source,
    SpamPolicy,
    Split,
    Unfold,
    Wave,
)
from rulebook.models.nurturing import Nurturing, NurturingCsv, NurturingWebhook
from rulebook.models.people import Absence, Calendar, RepSeed, Roster, Team
from rulebook.models.routing import Plan, Pool, Routing, RoutingRule
from rulebook.models.scoring import (
    DealValue,
    Group,
    InterestRule,
    Logistic,
    Persona,
    Repeats,
    Rule,
    Scorecard,
    SignalRule,
)
from rulebook.models.whole import Rulebook

__all__ = [
    "Absence",
    "Agreement",
    "Alerts",
    "Calendar",
    "Captcha",
    "Channel",
    "Cost",
    "DealValue",
    "Duration",
    "Fetch",
    "FieldMapping",
    "Form",
    "Group",
    "Identifier",
    "Input",
    "InterestRule",
    "Limits",
    "Logistic",
    "MarketingSide",
    "Matching",
    "Nurturing",
    "NurturingCsv",
    "NurturingWebhook",
    "Persona",
    "Plan",
    "Pool",
    "Promise",
    "RepSeed",
    "Repeats",
    "Retention",
    "Returns",
    "Roster",
    "Routing",
    "RoutingRule",
    "Rule",
    "Rulebook",
    "RulebookModel",
    "SalesSide",
    "Scorecard",
    "Share",
    "SignalRule",
    "Signature",
    "Source",
    "SpamPolicy",
    "Split",
    "Team",
    "Unfold",
    "Wave",
]

"""Scoring's HTTP API, for the operator; a file for each subject."""

from fastapi import APIRouter

from scoring.api.accounts import account_routes
from scoring.api.duplicates import duplicate_routes
from scoring.api.forms import form_routes
from scoring.api.imports import import_routes
from scoring.api.leads import lead_routes
from scoring.api.merges import merge_routes
from scoring.api.nurturing import nurturing_routes
from scoring.api.persons import person_routes
from scoring.api.quarantine import quarantine_routes
from scoring.api.replays import replay_routes
from scoring.api.rescorings import rescoring_routes
from scoring.api.rulebooks import rulebook_routes
from scoring.api.scorecards import scorecard_routes
from scoring.api.signals import signal_routes
from scoring.api.submissions import submission_routes
from scoring.api.training import training_routes
from service_kit.runtime import Runtime

SUBJECTS = (
    rulebook_routes,
    lead_routes,
    signal_routes,
    submission_routes,
    person_routes,
    merge_routes,
    duplicate_routes,
    account_routes,
    quarantine_routes,
    replay_routes,
    rescoring_routes,
    scorecard_routes,
    form_routes,
    import_routes,
    nurturing_routes,
    training_routes,
)


def scoring_router(runtime: Runtime) -> APIRouter:
    """All routes; each names the scope that it needs."""
    router = APIRouter(prefix="/v1")
    for add_routes in SUBJECTS:
        add_routes(router, runtime)
    return router

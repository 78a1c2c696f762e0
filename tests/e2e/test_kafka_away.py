"""While Kafka is away reps go on answering, and tokens are checked: both need PostgreSQL alone."""

import httpx
import pytest

from baton_dev.stack import Stack
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack


def test_a_rep_answers_and_is_known_everywhere_while_kafka_is_away(baton: Installation, whole: Stack) -> None:
    """Who spreads requests goes on sending them, by /servez; what was done is told when Kafka is back."""
    (lead,) = baton.leads_of(baton.post("newsletter", somebody()))
    rep = baton.assigned(lead)["rep_id"]
    baton.eventually(lambda: baton.timers(lead), bool, "the promises on the lead")
    router = whole.services["router"].base_url
    whole.kafka.kill()
    try:
        baton.eventually(lambda: _status(f"{router}/readyz"), lambda found: found == 503, "it to be missed")
        assert _status(f"{router}/servez") == 200
        baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
        assert _told(baton, baton.at["reps"][rep]["token"]) == 403, "known, and no operator"
        assert _told(baton, "nobody's") == 401
    finally:
        whole.kafka.start(deadline=120)
    baton.eventually(
        lambda: baton.timers(lead), lambda found: all(each["state"] == "kept" for each in found), "the answer"
    )
    for service in whole.services.values():
        service.await_answer()
    assert baton.unaccounted() == 0


def _told(baton: Installation, token: str) -> int:
    """Scoring asks the router whose this token is, which it has not seen before."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{baton.at['scoring']}/v1/leads"
    return httpx.get(url, headers=headers, timeout=20, trust_env=False).status_code


def _status(url: str) -> int:
    return httpx.get(url, timeout=10, trust_env=False).status_code

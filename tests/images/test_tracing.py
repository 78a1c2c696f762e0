"""Traces out of the containers, to the address that is set for docker-compose.yml."""

from baton_dev.collector import Collector, SpanSeen
from baton_dev.images.composition import SERVICES
from tests.e2e.installation import Installation, somebody

WAY = {
    ("intake", "send lead-submitted"),
    ("scoring", "process lead-submitted"),
    ("router", "process lead-scored"),
    ("sla-monitor", "process lead-routed"),
}


def test_a_post_is_one_trace_through_all_services(baton: Installation, collector: Collector) -> None:
    submission = baton.post("newsletter", somebody())
    (lead,) = baton.leads_of(submission)
    baton.assigned(lead)

    def trace(spans: list[SpanSeen]) -> list[SpanSeen]:
        about = {
            each.trace for each in spans if each.attributes.get("baton.submission.id") == str(submission)
        }
        return [each for each in spans if each.trace in about]

    def is_whole(spans: list[SpanSeen]) -> bool:
        return {(each.service, each.name) for each in trace(spans)} >= WAY

    seen = trace(collector.wait(is_whole))
    assert len({each.trace for each in seen}) == 1
    assert {each.service for each in seen} == set(SERVICES.values())
    assert {each.version for each in seen} == {baton.at["versions"]["baton"]}

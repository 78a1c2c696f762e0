"""One post is one trace, from the form to the message to the rep."""

from collections import Counter
from importlib.metadata import version

import httpx
import pytest

from baton_dev.collector import NEVER, Collector, SpanSeen
from tests.e2e.installation import Installation, somebody

pytestmark = pytest.mark.stack

POST = "POST /v1/forms/{key}/submissions"
WAY = (
    ("intake", POST, "server", ""),
    ("intake", "create lead-submitted", "producer", POST),
    ("intake", "send lead-submitted", "client", "create lead-submitted"),
    ("scoring", "process lead-submitted", "consumer", "create lead-submitted"),
    ("scoring", "create lead-scored", "producer", "process lead-submitted"),
    ("scoring", "send lead-scored", "client", "create lead-scored"),
    ("router", "process lead-scored", "consumer", "create lead-scored"),
    ("router", "create lead-routed", "producer", "process lead-scored"),
    ("router", "send lead-routed", "client", "create lead-routed"),
    ("router", "deliver email", "client", "process lead-scored"),
    ("sla-monitor", "process lead-scored", "consumer", "create lead-scored"),
    ("sla-monitor", "process lead-routed", "consumer", "create lead-routed"),
    ("scoring", "process lead-routed", "consumer", "create lead-routed"),
    ("scoring", "process lead-routed", "consumer", "create lead-routed"),
)
"""Each span of a lead that finds its rep at once: who made it, its name and kind, and what it hangs on.
Scoring hears of routed leads in two consumers."""
FOREIGN = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_one_post_is_one_connected_trace_from_the_form_to_the_message_to_the_rep(
    baton: Installation, collector: Collector
) -> None:
    buyer = somebody()
    submission = baton.post("newsletter", buyer)
    (lead,) = baton.leads_of(submission)
    baton.assigned(lead)

    collector.wait(lambda spans: Counter(_way(_trace_of(spans, str(submission)))) >= Counter(WAY))
    spans = _trace_of(collector.spans, str(submission))
    assert Counter(_way(spans)) == Counter(WAY), "and nothing else"
    ids = {span.id for span in spans}
    assert all(span.parent in ids for span in spans if span.name != POST), "each hangs on another"
    assert all(not span.is_error and span.start <= span.end for span in spans)
    assert {span.version for span in spans} == {version("baton-intake")}, "each names the release it is of"
    by_name = {(span.service, span.name): span for span in spans}
    assert by_name["scoring", "process lead-submitted"].attributes["baton.submission.id"] == str(submission)
    assert by_name["router", "process lead-scored"].attributes["baton.lead.id"] == str(lead)
    assert by_name["router", "deliver email"].attributes["baton.delivery.outcome"] == "delivered"
    root = by_name["intake", POST].attributes
    assert (root["http.route"], root["http.response.status_code"]) == (POST.split()[1], 202)


def test_spans_hold_nothing_of_a_person_and_no_key_of_a_form(
    baton: Installation, collector: Collector
) -> None:
    buyer = somebody(message="Please call me about Vespucci")
    submission = baton.post("newsletter", buyer)
    (lead,) = baton.leads_of(submission)
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "accept")
    collector.wait(lambda spans: any("accept" in span.name for span in spans))
    told = str(collector.spans)
    typed = [str(value) for value in buyer.values() if isinstance(value, str) and len(value) > 3]
    for secret in [*typed, baton.at["forms"]["newsletter"]["key"], baton.at["reps"][rep]["token"]]:
        assert secret not in told, secret


def test_who_calls_from_outside_gets_a_link_and_no_say(baton: Installation, collector: Collector) -> None:
    answer = httpx.post(
        baton.form_url("newsletter"),
        json=somebody(),
        headers={"traceparent": FOREIGN.removesuffix("01") + "00"},
        trust_env=False,
    )
    submission = answer.json()["submission_id"]

    def posts(spans: list[SpanSeen]) -> list[SpanSeen]:
        return [span for span in _trace_of(spans, submission) if span.name == POST]

    collector.wait(lambda spans: bool(posts(spans)))
    (root,) = posts(collector.spans)
    assert root.trace != "a" * 32
    assert root.links == (("a" * 32, "b" * 16),)


def test_a_reps_act_is_a_trace_of_its_own_with_a_link_to_the_leads(
    baton: Installation, collector: Collector
) -> None:
    submission = baton.post("newsletter", somebody())
    (lead,) = baton.leads_of(submission)
    baton.act(lead, baton.assigned(lead)["rep_id"], "accept")

    def told(spans: list[SpanSeen]) -> list[SpanSeen]:
        return [
            span
            for span in spans
            if span.name == "create lead-progressed" and span.attributes["baton.subject.id"] == str(lead)
        ]

    collector.wait(lambda spans: bool(told(spans)))
    (said,) = told(collector.spans)
    trace = _trace_of(collector.spans, str(submission))[0].trace
    assert said.trace != trace
    assert [of for of, _ in said.links] == [trace]


@pytest.mark.parametrize(
    ("answer", "why"), [(503, "a collector that refuses"), (NEVER, "a collector that hangs")]
)
def test_no_lead_waits_for_a_broken_collector(
    baton: Installation, collector: Collector, answer: int, why: str
) -> None:
    collector.answer = answer
    posted = [baton.post("newsletter", somebody()) for _ in range(20)]
    for submission in posted:
        (lead,) = baton.leads_of(submission)
        assert baton.assigned(lead)["rep_id"], why
    assert baton.unaccounted() == 0


def _trace_of(spans: list[SpanSeen], submission: str) -> list[SpanSeen]:
    """All spans of the trace that a submission began."""
    traces = {
        span.trace
        for span in spans
        if span.name == "create lead-submitted" and span.attributes.get("baton.subject.id") == submission
    }
    return [span for span in spans if span.trace in traces]


def _way(spans: list[SpanSeen]) -> list[tuple[str, str, str, str]]:
    names = {span.id: span.name for span in spans}
    return [(span.service, span.name, span.kind, names.get(span.parent, "")) for span in spans]

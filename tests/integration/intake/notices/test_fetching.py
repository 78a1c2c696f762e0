"""A notice names leads by id; each is fetched, once as far as anybody sees, however the vendor behaves."""

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from intake.domain.refusals import Refusal
from intake.durability import NotDurable
from intake.notices.consumer import GROUP
from intake.notices.vendors import MAX_BYTES
from rulebook.models import Rulebook
from rulebook.vendor_presets import with_preset
from rulebook.versions import Versioned
from service_kit.broker import PublishFailed
from service_kit.records import Outgoing
from tests.integration.intake.notices.vendor import (
    HANGS,
    Answer,
    Vendor,
    json_answer,
    linkedin_response,
    meta_error,
    meta_lead,
)
from tests.integration.intake.notices.world import (
    HOUR,
    LINKEDIN,
    META,
    MINUTE,
    NOON,
    World,
    forms,
    linkedin_notice,
    meta_notice,
)
from tests.integration.intake.running import rulebook


async def test_two_leads_of_one_delivery_become_two_submissions(world: World, vendor: Vendor) -> None:
    await world.take(meta_notice("101", "102"))
    async with world.running():
        await world.settled()
    first, second = sorted(world.submitted(), key=lambda each: each.key or "")
    assert (first.key, first.key_origin, first.sender) == ("101", "vendor", "meta")
    assert first.profile.email == "buyer.101@example.com"
    assert first.fields == meta_lead("101")
    assert (first.received_at, first.occurred_at) == (NOON, NOON - timedelta(minutes=2))
    assert (first.receipt.instance, first.receipt.number, second.receipt.number) == ("run-1+notices", 1, 2)
    assert first.fetched is not None
    assert (first.fetched.vendor, first.fetched.attempts) == ("meta", 1)
    assert first.verdict.outcome == "accepted"
    path, headers = vendor.asked[0]
    assert path.startswith("/v26.0/101?fields=id,created_time,")
    assert headers["authorization"] == "Bearer good-token"
    assert "good-token" not in path


async def test_linkedins_answers_are_read_by_what_its_form_asked(world: World, vendor: Vendor) -> None:
    await world.take(linkedin_notice("abc-5"), LINKEDIN)
    async with world.running():
        await world.settled()
    (event,) = world.submitted()
    assert (event.profile.email, event.profile.first_name) == ("abc-5@example.com", "Chiara")
    assert (event.key, event.sender) == ("abc-5", "linkedin")
    assert event.profile.attributes["products"] == ["Support", 7], "an option without a text keeps its id"
    path, headers = vendor.asked[0]
    assert path.startswith("/rest/leadFormResponses/abc-5?fields=")
    assert (headers["linkedin-version"], headers["x-restli-protocol-version"]) == ("202606", "2.0.0")


async def test_an_answer_that_lists_responses_is_read_too(world: World, vendor: Vendor) -> None:
    listed = {"elements": [linkedin_response("other"), linkedin_response("abc-5")], "paging": {}}
    vendor.scripted["abc-5"] = [json_answer(200, listed)]
    await world.take(linkedin_notice("abc-5"), LINKEDIN)
    async with world.running():
        await world.settled()
    assert world.submitted()[0].profile.email == "abc-5@example.com"


async def test_the_ready_mappings_read_what_was_fetched(tmp_path: Path, vendor: Vendor) -> None:
    given = forms(vendor)
    ready = {
        META: with_preset({"vendor": "meta", "key": "pk_meta_001", "fetch": given[META]["fetch"]}),
        LINKEDIN: with_preset(
            {"vendor": "linkedin", "key": "pk_linkedin", "fetch": given[LINKEDIN]["fetch"]}
        ),
    }
    world = World(tmp_path, vendor, ready)
    await world.publisher.start()
    await world.take(meta_notice("101"))
    await world.take(linkedin_notice("abc-5"), LINKEDIN)
    async with world.running():
        await world.settled()
    await world.spool.close()
    linkedin, meta = sorted(world.submitted(), key=lambda each: each.form_id)
    assert (meta.profile.email, meta.profile.name) == ("buyer.101@example.com", "Íñigo Sanz")
    assert meta.profile.attributes["products"] == ["CRM", "Support"]
    assert (linkedin.profile.email, linkedin.profile.first_name) == ("abc-5@example.com", "Chiara")
    assert linkedin.occurred_at == meta.occurred_at == NOON - timedelta(minutes=2)
    assert linkedin.fields["form"] == {}
    assert {event.verdict.outcome for event in (linkedin, meta)} == {"accepted"}


BOMB = gzip.compress(b" " * (64 * 1024 * 1024))
DEEP = b'{"id":"101","field_data":' + b"[" * 500 + b"]" * 500 + b"}"
NO_DATE = "Thu, 01 Jan 1970 00:00:00 +99999999999"
TROUBLES: list[tuple[str, Answer, str]] = [
    ("an error of the vendor's", json_answer(500, b"oops"), "vendor_error"),
    ("a busy vendor", json_answer(503, b"", retry_after="1"), "vendor_error"),
    ("no answer", HANGS, "no_answer"),
    ("broken JSON", json_answer(200, b"{broken"), "unreadable"),
    ("JSON that is no object", json_answer(200, b"[1]"), "unreadable"),
    ("an object that is no lead", json_answer(200, {"id": "101"}), "unreadable"),
    ("an answer without end", json_answer(200, b"x" * (MAX_BYTES + 1)), "unreadable"),
    ("a little gzip that holds a great deal", json_answer(200, BOMB, content_encoding="gzip"), "unreadable"),
    ("broken gzip", json_answer(200, b"{}", content_encoding="gzip"), "unreadable"),
    ("an encoding not asked for", json_answer(200, b"{}", content_encoding="br"), "unreadable"),
    ("lists without end", json_answer(200, DEEP), "unreadable"),
    ("a time to wait in no digits", json_answer(429, b"", retry_after="\xb2"), "throttled"),
    ("a time to wait in no calendar", json_answer(503, b"", retry_after=NO_DATE), "vendor_error"),
    ("a redirect", json_answer(302, b"", location="http://127.0.0.1:1/elsewhere"), "redirected"),
    ("too many questions", json_answer(429, b"", retry_after="1"), "throttled"),
    ("too many questions in Meta's words", meta_error(400, 4), "throttled"),
    ("too many questions about one page's forms", meta_error(400, 80_005), "throttled"),
    ("an app that is held up", meta_error(400, 341), "throttled"),
    ("no such lead", meta_error(400, 100, 33), "not_found"),
    ("no such lead in older words", meta_error(400, 803), "not_found"),
    ("a field that is asked for wrongly", meta_error(400, 100), "refused"),
    ("a capability missing", meta_error(400, 3), "token"),
    ("an outage in Meta's words", meta_error(400, 2), "vendor_error"),
    ("Meta's version retired", meta_error(400, 2635), "refused"),
    ("LinkedIn's version retired", json_answer(426, b"{}"), "refused"),
    ("gone", json_answer(404, b"{}"), "not_found"),
    ("an expired token", meta_error(400, 190), "token"),
    ("a permission missing", json_answer(403, b"{}"), "token"),
    ("unauthorized", json_answer(401, b"{}"), "token"),
    ("any other answer", json_answer(418, b"{}"), "refused"),
]


@pytest.mark.parametrize(("sentence", "answer", "trouble"), TROUBLES, ids=[row[0] for row in TROUBLES])
async def test_whatever_a_vendor_answers_the_lead_is_fetched_the_next_time(
    world: World, vendor: Vendor, sentence: str, answer: Answer, trouble: str
) -> None:
    vendor.scripted["101"] = [answer]
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
        assert world.submitted() == []
        (waiting,) = world.notified("lead-notified-retry-1m")
        assert (waiting.attempt, (waiting.error or "").partition(":")[0]) == (1, trouble)
        await world.pass_time(MINUTE, times=2)
    (event,) = world.submitted()
    assert event.fetched is not None
    assert event.fetched.attempts >= 2
    assert event.received_at == NOON
    assert world.books.unaccounted == 0


async def test_a_packed_answer_is_read(world: World, vendor: Vendor) -> None:
    packed = gzip.compress(orjson.dumps(meta_lead("101")))
    vendor.scripted["101"] = [json_answer(200, packed, content_encoding="gzip")]
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
    assert world.submitted()[0].fields == meta_lead("101")
    assert vendor.asked[0][1]["accept-encoding"] == "gzip"


async def test_what_no_store_keeps_is_taken_out_of_a_vendors_answer(world: World, vendor: Vendor) -> None:
    vendor.scripted["101"] = [json_answer(200, meta_lead("101") | {"ad_name": "Spring\0 \\u0000"})]
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
    assert world.submitted()[0].fields["ad_name"] == "Spring \\u0000"


async def test_a_notice_is_tried_by_the_minute_for_ten_minutes_and_then_by_the_hour(
    world: World, vendor: Vendor
) -> None:
    vendor.gone.add("101")
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
        await world.pass_time(MINUTE, times=12)
        assert len(world.notified("lead-notified-retry-1m")) == 10
        assert len(world.notified("lead-notified-retry-1h")) == 1
        asked = vendor.times_asked("101")
        await world.pass_time(10 * MINUTE, times=4)
        assert vendor.times_asked("101") == asked
        await world.pass_time(HOUR)
        assert vendor.times_asked("101") == asked + 1


async def test_a_retry_waits_for_its_own_minute_however_many_come_before(
    world: World, vendor: Vendor
) -> None:
    vendor.scripted = {str(lead): [json_answer(418, b"")] for lead in range(100, 106)}
    async with world.running():
        for lead in vendor.scripted:
            await world.take(meta_notice(lead))
            await world.settled()
            world.clock.advance(10.0)
        assert len(world.submitted()) <= 1
        await world.pass_time(timedelta(seconds=20))
        assert {event.key for event in world.submitted()} == {"100", "101", "102"}
        await world.pass_time(MINUTE)
    assert len({event.submission_id for event in world.submitted()}) == len(world.submitted()) == 6


async def test_after_ten_days_what_is_known_waits_in_quarantine(world: World, vendor: Vendor) -> None:
    vendor.always = json_answer(500, b"")
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
        await world.pass_time(MINUTE, times=11)
        await world.pass_time(HOUR, times=3)
        await world.pass_time(timedelta(days=9, hours=20))
        assert world.submitted() == []
        await world.pass_time(HOUR, times=2)
    (event,) = world.submitted()
    assert (event.verdict.outcome, event.verdict.reason) == ("quarantined", "fetch_failed")
    assert "vendor_error: HTTP 500" in (event.verdict.detail or "")
    assert event.fields["leadgen_id"] == "101"
    assert (event.key, event.receipt.number, event.received_at) == ("101", 1, NOON)
    assert world.books.unaccounted == 0


async def test_a_lead_that_the_vendor_knows_no_more_is_given_up_after_a_day(
    world: World, vendor: Vendor
) -> None:
    vendor.gone.add("101")
    await world.take(meta_notice("101", "102"))
    async with world.running():
        await world.settled()
        await world.pass_time(MINUTE, times=11)
        await world.pass_time(timedelta(hours=23))
        await world.pass_time(HOUR, times=2)
    by_key = {event.key: event.verdict.reason for event in world.submitted()}
    assert by_key == {"101": "fetch_failed", "102": None}
    assert not [report for report in await world.reports() if report.state == "failing"]


async def test_a_lead_given_up_and_notified_again_is_another_submission(world: World, vendor: Vendor) -> None:
    vendor.gone.add("101")
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
        await world.pass_time(MINUTE, times=11)
        await world.pass_time(timedelta(hours=23))
        await world.pass_time(HOUR, times=2)
        vendor.gone.clear()
        await world.take(meta_notice("101"))
        await world.settled()
    given_up, fetched = world.submitted()
    assert given_up.submission_id != fetched.submission_id
    assert fetched.verdict.outcome == "accepted"


async def test_a_notice_sent_twice_is_one_submission_with_both_receipts(world: World) -> None:
    await world.take(meta_notice("101"))
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
    first, second = world.submitted()
    assert first.submission_id == second.submission_id
    assert {first.receipt.number, second.receipt.number} == {1, 2}
    assert len({dict(record.headers)["ce_id"] for record in world.broker.records("lead-submitted")}) == 1


async def test_a_campaign_renamed_between_two_fetches_makes_no_other_lead(
    world: World, vendor: Vendor
) -> None:
    vendor.scripted["101"] = [
        json_answer(200, meta_lead("101") | {"ad_name": name}) for name in ("old", "new")
    ]
    await world.take(meta_notice("101"))
    await world.take(meta_notice("101"))
    async with world.running(at_once=1):
        await world.settled()
    assert len(world.submitted()) == 2
    assert len({event.submission_id for event in world.submitted()}) == 1


async def test_a_process_that_dies_between_publishing_and_committing_comes_to_the_same_submission(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    async def die(*_: object) -> bool:
        raise Died

    await world.take(meta_notice("101"))
    with monkeypatch.context() as patch:
        patch.setattr("service_kit.fakes.FakeConsumerClient.commit", die)
        with pytest.raises(Died):
            await world.consumer().run()
    assert len(world.submitted()) == 1
    async with world.running():
        await world.settled()
    first, second = world.submitted()
    assert first.submission_id == second.submission_id
    assert first.receipt == second.receipt


async def test_a_notice_that_was_put_back_and_not_committed_is_fetched_once(
    world: World, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> bool:
        return False

    vendor.scripted["101"] = [json_answer(500, b""), json_answer(500, b"")]
    await world.take(meta_notice("101"))
    with monkeypatch.context() as patch:
        patch.setattr("service_kit.fakes.FakeConsumerClient.commit", refused)
        async with world.running():
            await world.until(lambda: len(world.notified("lead-notified-retry-1m")) == 1)
    async with world.running():
        await world.settled()
        await world.pass_time(MINUTE, times=3)
    assert len({event.submission_id for event in world.submitted()}) == 1


async def test_what_the_broker_does_not_take_is_published_later_without_asking_again(
    world: World, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = world.publisher.publish
    failures = 2

    async def sometimes(records: list[Outgoing]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise PublishFailed((), {}, len(records))
        await publish(records)

    await world.take(meta_notice("101"))
    monkeypatch.setattr(world.publisher, "publish", sometimes)
    async with world.running():
        for _ in range(2):
            await world.until(lambda: bool(world.clock._sleepers) and vendor.times_asked("101") == 1)
            world.clock.advance(1.0)
        await world.settled()
    assert (len(world.submitted()), vendor.times_asked("101")) == (1, 1)


async def test_a_submission_that_the_broker_never_takes_becomes_a_dead_letter(world: World) -> None:
    world.broker.refuse("lead-submitted")
    await world.take(meta_notice("101"))
    async with world.running():
        await world.until(lambda: bool(world.clock._sleepers))
        world.clock.advance(1.0)
        await world.settled()
    (letter,) = world.broker.records("lead-notified-intake-dlq")
    assert b"takes no records" in dict(letter.headers)["dl_reason"]
    assert world.books.unaccounted == 0


async def test_a_record_that_is_no_notice_becomes_a_dead_letter_and_the_rest_goes_on(world: World) -> None:
    world.broker.append(Outgoing("lead-notified", b"x", b"{}"))
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
    assert len(world.broker.records("lead-notified-intake-dlq")) == 1
    assert len(world.submitted()) == 1


async def test_so_many_leads_are_asked_for_at_a_time_and_no_more(world: World, vendor: Vendor) -> None:
    await world.take(meta_notice(*map(str, range(100, 160))))
    async with world.running(at_once=4):
        await world.settled()
    assert len(world.submitted()) == 60
    assert 1 < vendor.most_at_once <= 4


async def test_a_form_that_fetches_no_more_is_told_and_its_notices_wait(world: World, vendor: Vendor) -> None:
    plain = forms(vendor)
    del plain[META]["fetch"]
    without = Rulebook.model_validate(rulebook(plain))
    gone = Rulebook.model_validate(rulebook({LINKEDIN: plain[LINKEDIN]}))
    await world.take(meta_notice("101"))
    world.forms.add(Versioned(1, NOON, without))
    async with world.running():
        await world.settled()
        (waiting,) = world.notified("lead-notified-retry-1m")
        assert waiting.error == "not_fetched: the form does not say where its leads are fetched"
        world.forms.add(Versioned(2, NOON, Rulebook.model_validate(rulebook(forms(vendor)))))
        world.forms.add(Versioned(3, NOON + MINUTE / 2, gone))
        await world.pass_time(MINUTE)
    (event,) = world.submitted()
    assert (event.form_id, event.verdict.reason, event.rulebook_version) == (META, "form_retired", 3)
    assert event.profile.email == "buyer.101@example.com"


@pytest.mark.parametrize(
    ("form_id", "body"),
    [
        (META, b"{}"),
        (META, b'{"entry": {}}'),
        (META, b'{"entry": [{"changes": "none"}]}'),
        (META, b'{"object": "page", "entry": []}'),
        (LINKEDIN, b"{}"),
        (LINKEDIN, b'{"leadGenFormResponse": "urn:li:leadGenFormResponse:../../me"}'),
        (LINKEDIN, b'{"leadGenFormResponse": 5.5}'),
    ],
)
async def test_a_body_that_is_no_notice_is_told_what_one_looks_like(
    world: World, form_id: str, body: bytes
) -> None:
    with pytest.raises(Refusal) as refused:
        await world.take(body, form_id)
    assert refused.value.status == 422
    assert "notice: {" in refused.value.detail


@pytest.mark.parametrize(
    ("form_id", "body"),
    [
        (META, b'{"object":"page","entry":[{"changes":[{"field":"feed","value":{"item":"post"}}]}]}'),
        (
            META,
            b'{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"../me"}}]}]}',
        ),
        (LINKEDIN, linkedin_notice("abc-5", "DELETED")),
    ],
)
async def test_a_change_that_names_no_new_lead_is_answered_and_counted(
    world: World, form_id: str, body: bytes
) -> None:
    await world.take(body, form_id)
    assert (world.books.ignored, world.books.taken) == (1, 0)


async def test_with_the_broker_away_a_notice_waits_in_the_spool(world: World) -> None:
    world.broker.away = True
    await world.take(meta_notice("101", "102"))
    assert world.spool.counts.pending == 2
    (first, second) = await world.spool.batch(10)
    assert {each.record.topic for each in (first, second) if each.record} == {"lead-notified"}


async def test_a_notice_that_is_not_durable_is_not_answered_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> str:
        raise NotDurable("the spool is full")

    with monkeypatch.context() as patch:
        patch.setattr("intake.durability.Durability.keep", full)
        with pytest.raises(Refusal) as refused:
            await world.take(meta_notice("101"))
    assert refused.value.status == 503
    await world.take(meta_notice("101"))
    (kept,) = world.notified("lead-notified")
    assert (kept.receipt.number, kept.receipt.voided) == (2, [1])


async def test_nothing_is_read_while_no_form_fetches(tmp_path: Path, vendor: Vendor) -> None:
    other = World(tmp_path, vendor, {"demo": {"key": "pk_demo_1", "fields": {"email": "email"}}})
    async with other.running():
        await other.until(lambda: bool(other.clock._sleepers))
        assert other.broker.clients_made == 0
    await other.spool.close()


async def test_where_it_reads_on_is_what_was_committed(world: World) -> None:
    await world.take(meta_notice("101"))
    async with world.running():
        await world.settled()
    committed = sum(world.broker.committed_of(GROUP).values())
    assert committed == 1
    async with world.running():
        await world.settled()
    assert len(world.submitted()) == 1

"""Broker away, spool full, restart: no answered submission is lost."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import REGISTRY

from intake.spool import SpoolOwned
from tests.integration.intake.running import (
    PATH,
    Harness,
    Running,
    eventually,
    publication,
    rulebook,
    submitted,
)

OPERATOR = {"authorization": "Bearer secret"}


def person(number: int) -> dict[str, str]:
    return {"email": f"ana{number}@example.com"}


def ids(answers: list[httpx.Response]) -> list[str]:
    assert {answer.status_code for answer in answers} == {202}
    return [answer.json()["submission_id"] for answer in answers]


async def post(intake: Running, *numbers: int) -> list[httpx.Response]:
    return [await intake.post(json=person(number)) for number in numbers]


async def test_while_the_broker_is_away_submissions_wait_and_then_arrive_in_order(
    harness: Harness, intake: Running
) -> None:
    before = await post(intake, 0)
    harness.broker.away = True
    during = await post(intake, *range(1, 20))
    assert len(submitted(harness.broker)) == 1
    harness.broker.away = False
    await eventually(lambda: len(submitted(harness.broker)) == 20)
    events = sorted(submitted(harness.broker), key=lambda event: event.receipt.number)
    assert [str(event.submission_id) for event in events] == ids(before + during)
    assert [event.spooled_at is None for event in events] == [True] + [False] * 19
    await eventually(lambda: not intake.wiring.circuit.is_open)
    await post(intake, 20)
    assert submitted(harness.broker)[-1].spooled_at is None


async def test_a_restart_without_a_broker_goes_on_from_cache_and_spool(harness: Harness) -> None:
    async with harness.start() as intake:
        harness.broker.away = True
        first = await post(intake, 1, 2)
    async with harness.start(know=False) as intake:
        assert (await intake.client.get("/readyz")).status_code == 200
        assert intake.wiring.spool.counts.pending == 2
        second = await post(intake, 3)
        unknown = await intake.post("/v1/forms/pk_nothing/submissions", json=person(1))
        assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "5")
        harness.broker.away = False
        await eventually(lambda: len(submitted(harness.broker)) == 3)
    events = submitted(harness.broker)
    assert {str(event.submission_id) for event in events} == set(ids(first + second))
    assert len({event.receipt.instance for event in events}) == 2


async def test_without_any_rulebook_intake_is_up_but_not_ready(harness: Harness) -> None:
    harness.broker.away = True
    async with harness.start(know=False) as intake:
        assert (await intake.client.get("/healthz")).status_code == 200
        ready = await intake.client.get("/readyz")
        assert (ready.status_code, "BATON_RULEBOOK_SEED" in ready.text) == (503, True)
        answer = await intake.post(json=person(1))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_full_spool_answers_503_and_the_numbers_are_reported_void(harness: Harness) -> None:
    async with harness.start(spool_max_bytes=65_536) as intake:
        harness.broker.away = True
        answers = [await intake.post(json=person(number) | {"message": "x" * 30_000}) for number in range(8)]
        assert {answer.status_code for answer in answers} == {202, 503}
        refused = [answer for answer in answers if answer.status_code == 503]
        assert all(answer.headers["retry-after"] == "5" for answer in refused)
        harness.broker.away = False
        kept = len(answers) - len(refused)
        await eventually(lambda: len(submitted(harness.broker)) == kept)
        await eventually(lambda: not intake.wiring.circuit.is_open)
        await post(intake, 100)
    events = submitted(harness.broker)
    given = {event.receipt.number for event in events}
    voided = {number for event in events for number in event.receipt.voided}
    assert given | voided == set(range(1, max(given) + 1))
    assert not given & voided


async def test_a_record_the_broker_never_takes_is_put_aside_and_the_rest_goes_on(
    harness: Harness,
) -> None:
    harness.broker.refuse("lead-submitted")
    async with harness.start() as intake:
        ids(await post(intake, 1))
        await eventually(lambda: intake.wiring.spool.counts.refused == 1)
        counts = intake.wiring.spool.counts
        assert (counts.written, counts.pending, counts.unaccounted) == (1, 0, 0)
        assert not intake.wiring.circuit.is_open


async def test_damaged_records_are_put_aside_and_counted_and_the_rest_arrives(harness: Harness) -> None:
    async with harness.start() as intake:
        harness.broker.away = True
        await post(intake, 1, 2, 3, 4)
    (segment,) = (harness.folder / "spool").glob("*.seg")
    data = bytearray(segment.read_bytes())
    places = [at for at in range(len(data)) if data.startswith(b'{"topic"', at)]
    data[places[1] + 50] ^= 0xFF
    data[places[2] + 50] ^= 0xFF
    segment.write_bytes(data)
    before = REGISTRY.get_sample_value("baton_intake_spool_damaged_bytes_total") or 0.0
    harness.broker.away = False
    async with harness.start() as intake:
        await eventually(lambda: intake.wiring.spool.counts.pending == 0)
        assert intake.wiring.spool.counts.refused == 2
    assert len(submitted(harness.broker)) == 2
    counted = (REGISTRY.get_sample_value("baton_intake_spool_damaged_bytes_total") or 0.0) - before
    assert counted == places[3] - places[1]


async def test_the_books_are_open_to_the_operator_only(harness: Harness, intake: Running) -> None:
    harness.broker.away = True
    await post(intake, 1, 2)
    assert (await intake.client.get("/v1/conservation")).status_code == 401
    books = (await intake.client.get("/v1/conservation", headers=OPERATOR)).json()
    hop, notices = books["hops"]
    assert (notices["hop"], notices["read"], notices["unaccounted"]) == ("intake-notices", 0, 0)
    assert (hop["hop"], hop["written"], hop["pending"], hop["unaccounted"]) == ("intake-spool", 2, 2, 0)
    assert (books["receipts"]["given"], books["unaccounted"]) == (2, 0)


async def test_metrics_tell_the_route_and_the_spool(harness: Harness, intake: Running) -> None:
    harness.broker.away = True
    await post(intake, 1)
    text = (await intake.client.get("/metrics")).text
    assert 'baton_intake_spool_records{state="pending"} 1.0' in text
    assert "baton_intake_circuit_open 1.0" in text
    assert "baton_intake_spool_max_bytes 1.073741824e+09" in text
    assert 'baton_leads_unaccounted{hop="intake-spool"} 0.0' in text
    assert 'baton_intake_accepted_total{route="spool"}' in text


async def test_a_version_published_later_is_taken_up_and_a_broken_one_is_not(
    harness: Harness, intake: Running
) -> None:
    harness.broker.append(publication(2, {"company": "nothing else"}))
    new = {"new": {"key": "pk_new_form", "fields": {"email": {"from": "email"}}}}
    harness.broker.append(publication(3, rulebook(new)))
    await eventually(lambda: intake.wiring.forms.version_at(intake.wiring.now()) == 3)
    assert (await intake.post("/v1/forms/pk_new_form/submissions", json=person(1))).status_code == 202
    await intake.post(json=person(2))
    assert submitted(harness.broker)[-1].verdict.reason == "form_retired"


async def test_two_processes_do_not_share_a_spool(harness: Harness, intake: Running) -> None:
    with pytest.raises(SpoolOwned):
        async with harness.start():
            pass


async def test_a_stop_leaves_nothing_unsent_and_unspooled(harness: Harness) -> None:
    async with harness.start() as intake:
        harness.broker.away = True
        answers = await asyncio.gather(*(intake.post(json=person(number)) for number in range(50)))
    harness.broker.away = False
    async with harness.start():
        await eventually(lambda: len(submitted(harness.broker)) == 50)
    assert {str(event.submission_id) for event in submitted(harness.broker)} == set(ids(list(answers)))


async def test_a_body_that_never_ends_is_given_up(harness: Harness) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with harness.start(body_seconds=0.05) as intake:
        answer = await intake.client.post(PATH, content=stuck(), headers={"content-type": "application/json"})
    assert answer.status_code == 408

"""The services work with exactly the rights in Kafka that docs/operations/kafka-rights.md grants them."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAuthorizationFailedError
from pydantic import SecretStr

from baton_dev.kafka_rights import LOGINS, rights
from baton_dev.stack import Stack
from service_kit.connection_settings import ConnectionSettings
from service_kit.kafka_access import KafkaAccess
from service_kit.kafka_connections import use_surviving_connections
from tests.e2e.company import company_round_the_clock
from tests.e2e.installation import Installation, somebody
from tests.integration.security.access_lists import DENYING, TELLING, Asked, asked, grant
from tests.integration.security.company import guarded
from tests.integration.security.rough_day import publish
from tests.integration.security.servers import PASSWORD, Papers
from tests.patience import HANGS_AFTER

pytestmark = pytest.mark.stack
NARROW = "lead-scored"
"""It stands before the job for topics comes, with one partition, so that it is widened and configured."""
UNREADABLE = ("lead-submitted", "lead-scored", "lead-routed")
"""A topic of scoring, one of router, one of sla-monitor (and of scoring)."""


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory, made: Papers) -> Iterator[Stack]:
    """An installation whose Kafka denies all that is not granted, with a login for each service."""
    home = tmp_path_factory.mktemp("confined")
    password = home / "kafka-password"
    password.write_text(PASSWORD)
    stack = guarded(Stack(home, company_round_the_clock(), fsync=False), home, made, password)
    stack.kafka.scram |= dict.fromkeys(LOGINS, PASSWORD)
    stack.kafka.settings |= DENYING
    stack.kafka.levels |= TELLING
    stack.own_env |= {each.replace("-", "_"): {"BATON_KAFKA_USER": each} for each in LOGINS}
    try:
        stack.kafka.start()
        asyncio.run(_narrow(stack.kafka.bootstrap))
        for login in LOGINS:
            grant(stack.kafka.bootstrap, login, rights(login))
        stack.start()
        yield stack
    finally:
        stack.stop()
        stack.kafka.stop()


async def _narrow(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(NARROW, 1, 1)])
    await admin.close()


@pytest.fixture
def baton(confined: Stack) -> Iterator[Installation]:
    installation = Installation(confined)
    yield installation
    installation.close()


def test_everything_works_with_the_rights_that_the_page_grants(confined: Stack, baton: Installation) -> None:
    _a_lead_and_what_becomes_of_it(baton)
    _dead_letters_looked_at_and_sent_back(confined, baton)
    _an_import_and_an_erasure(baton)
    router = confined.services["router"]
    router.stop()
    router.start()
    router.await_answer()  # its own topics are read back
    (lead,) = baton.leads_of(baton.post("demo-request", somebody()))
    assert baton.assigned(lead)["rep_id"]

    allowed, denied = asked(confined.kafka.log_path)
    assert {each for each in denied if each.login in LOGINS} == set()
    assert _kinds(allowed) >= _granted(), "a right that nobody uses is none that anybody needs"


def test_intake_reads_no_lead_and_publishes_no_rulebook(confined: Stack) -> None:
    """What the internet reaches may write submissions, and read rulebooks and its own notices."""
    read = {each.name for each in rights("intake") if "Read" in each.operations and each.kind == "topic"}
    assert read == {"rulebook-published", "lead-notified", "lead-notified-retry-1m", "lead-notified-retry-1h"}
    way = _way_of("intake", confined)
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(_read(way, "lead-submitted"))
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(_write(way, "rulebook-published"))


@pytest.mark.parametrize("login", ["topics", "sla-monitor"])
def test_a_service_that_lacks_a_right_waits_and_says_so(
    confined: Stack, baton: Installation, login: str
) -> None:
    router = confined.services["router"]
    right = router.env["BATON_KAFKA_USER"]
    router.stop()
    router.env["BATON_KAFKA_USER"] = login
    try:
        router.start()
        router.await_answer("/healthz")
        reasons = baton.eventually(
            lambda: httpx.get(f"{router.base_url}/readyz", timeout=30, trust_env=False).json()["reasons"],
            lambda found: "AuthorizationFailed" in str(found),
            "what it lacks",
        )
        assert reasons
        assert router.is_alive()
    finally:
        router.stop()
        router.env["BATON_KAFKA_USER"] = right
        router.start()
        router.await_answer()


def _way_of(login: str, confined: Stack) -> dict[str, Any]:
    """How a client gets in as that login."""
    use_surviving_connections()
    env = confined.services["intake"].env
    settings = ConnectionSettings(
        kafka=env["BATON_KAFKA"],
        kafka_security="SASL_SSL",
        kafka_ca_file=Path(env["BATON_KAFKA_CA_FILE"]),
        kafka_user=login,
        kafka_password=SecretStr(PASSWORD),
    )
    return {"bootstrap_servers": settings.kafka, **KafkaAccess(settings).options()}


async def _read(way: dict[str, Any], topic: str) -> None:
    consumer = AIOKafkaConsumer(**way)
    try:
        await consumer.start()
        consumer.assign([TopicPartition(topic, 0)])
        async with asyncio.timeout(HANGS_AFTER):
            await consumer.getone()
    finally:
        await consumer.stop()


async def _write(way: dict[str, Any], topic: str) -> None:
    async with AIOKafkaProducer(**way) as producer:
        await producer.send_and_wait(topic, b"{}")


def _a_lead_and_what_becomes_of_it(baton: Installation) -> None:
    person = somebody()
    (lead,) = baton.leads_of(baton.post("demo-request", person))
    rep = baton.assigned(lead)["rep_id"]
    baton.act(lead, rep, "contacted", {"channel": "phone", "result": "reached"})
    (late,) = baton.leads_of(baton.post("demo-request", somebody()))
    baton.eventually(lambda: baton.timers(late), lambda found: "breached" in str(found), "a broken promise")
    answer = httpx.post(
        f"{baton.at['intake']}/v1/signals",
        json={"email": person["email"], "kind": "page-view", "page": "/pricing"},
        timeout=20,
        trust_env=False,
    )
    assert answer.status_code < 500, answer.text


def _dead_letters_looked_at_and_sent_back(confined: Stack, baton: Installation) -> None:
    asyncio.run(publish(confined.kafka.bootstrap, [(topic, b"{}") for topic in UNREADABLE]))
    for service in ("scoring", "router", "sla_monitor"):
        letters = partial(_letters, baton, service)
        found = baton.eventually(letters, bool, f"dead letters of {service}")
        place = {name: found[0][name] for name in ("topic", "partition", "offset")}
        answer = _told(baton, service, "/v1/dead-letters/replay", {"letters": [place], "by": "ops"})
        assert answer == {"replayed": 1}
        more = partial(_is_more, found)
        baton.eventually(letters, more, "it to come back, unreadable as it is")


def _is_more(before: list[object], now: list[object]) -> bool:
    return len(now) > len(before)


def _told(baton: Installation, service: str, path: str, body: dict[str, object]) -> object:
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    answer = httpx.post(baton.at[service] + path, json=body, headers=operator, timeout=20, trust_env=False)
    assert answer.is_success, answer.text
    return answer.json()


def _letters(baton: Installation, service: str) -> list[dict[str, object]]:
    return list(baton.ask(service, "/v1/dead-letters?limit=500")["dead_letters"])


def _an_import_and_an_erasure(baton: Installation) -> None:
    gone = somebody()
    baton.leads_of(baton.post("newsletter", gone))
    operator = {"Authorization": f"Bearer {baton.at['operator_token']}"}
    answer = httpx.post(
        f"{baton.at['intake']}/v1/imports?form=generic&name=list",
        content=f"email,first_name\r\n{somebody()['email']},Ana\r\n".encode(),
        headers=operator | {"Content-Type": "text/csv"},
        timeout=20,
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    order = {"email": gone["email"], "by": "dpo", "reason": "asked"}
    _told(baton, "scoring", "/v1/persons/erase", order)


def _kinds(allowed: set[Asked]) -> set[tuple[str, str, str]]:
    return {(each.login, each.kind, each.operation) for each in allowed}


def _granted() -> set[tuple[str, str, str]]:
    """By login, kind and operation, as the broker spells them."""
    return {
        (login, right.kind.capitalize(), "ALTER_CONFIGS" if each == "AlterConfigs" else each.upper())
        for login in LOGINS
        for right in rights(login)
        for each in right.operations
    }

"""A spool that an instance left behind is drained by another one, under the ids its records were given."""

from pathlib import Path
from typing import Any

from intake.settings import IntakeSettings
from intake.spool.adoption import Adoptions, drain_left_behind
from service_kit.broker import Publisher
from service_kit.clock import SystemClock
from service_kit.fakes import FakeBroker
from tests.integration.intake.running import (
    FORMS,
    Harness,
    Running,
    eventually,
    publication,
    rulebook,
    submitted,
)

OPERATOR = {"Authorization": "Bearer secret"}


def harness_in(folder: Path, broker: FakeBroker) -> Harness:
    harness = Harness(folder)
    harness.broker = broker
    return harness


async def left_behind(folder: Path, broker: FakeBroker) -> set[str]:
    """The ids that an instance answered for before it went, all of them on its disk."""
    async with harness_in(folder, broker).start() as gone:
        broker.away = True
        answers = [await gone.post(json={"email": f"{number}@example.com"}) for number in range(5)]
    broker.away = False
    return {answer.json()["submission_id"] for answer in answers}


def a_broker() -> FakeBroker:
    broker = FakeBroker()
    broker.append(publication(1, rulebook(FORMS)))
    return broker


async def adopt(intake: Running, folder: str) -> Any:
    return await intake.client.post("/v1/spools/adopt", json={"folder": folder}, headers=OPERATOR)


async def test_another_instance_drains_it(tmp_path: Path) -> None:
    broker = a_broker()
    promised = await left_behind(tmp_path / "intake-2", broker)
    async with harness_in(tmp_path / "intake-1", broker).start() as intake:
        answer = await adopt(intake, "intake-2")
        assert (answer.status_code, answer.json()["pending"]) == (202, 5)
        await eventually(lambda: len(submitted(broker)) == 5)
        listed = (await intake.client.get("/v1/spools", headers=OPERATOR)).json()["spools"]
        await eventually(lambda: all(each.is_drained for each in intake.wiring.adoptions.adopted.values()))
    assert next(each["state"] for each in listed) == "own"
    assert {str(event.submission_id) for event in submitted(broker)} == promised
    assert not list((tmp_path / "intake-2" / "spool").glob("*.seg")), (
        "personal data does not stay on the disk"
    )


async def test_what_a_stop_interrupts_is_adopted_again_and_nothing_is_lost(tmp_path: Path) -> None:
    broker = a_broker()
    promised = await left_behind(tmp_path / "intake-2", broker)
    async with harness_in(tmp_path / "intake-1", broker).start() as intake:
        broker.away = True
        assert (await adopt(intake, "intake-2")).status_code == 202
    broker.away = False
    async with harness_in(tmp_path / "intake-1", broker).start() as intake:
        assert (await adopt(intake, "intake-2")).json()["pending"] == 5
        await eventually(lambda: len(submitted(broker)) == 5)
    assert {str(event.submission_id) for event in submitted(broker)} == promised


async def test_a_running_instance_keeps_its_own(tmp_path: Path) -> None:
    broker = a_broker()
    async with (
        harness_in(tmp_path / "intake-1", broker).start() as intake,
        harness_in(tmp_path / "intake-2", broker).start(),
    ):
        answer = await adopt(intake, "intake-2")
        assert (answer.status_code, answer.json()["field"]) == (409, "folder")
        assert (await adopt(intake, "intake-1")).status_code == 409


async def test_a_spool_that_could_not_be_opened_is_adopted_once_that_is_mended(tmp_path: Path) -> None:
    broker = a_broker()
    promised = await left_behind(tmp_path / "intake-2", broker)
    in_the_way = tmp_path / "intake-2" / "spool" / "position.json"
    in_the_way.mkdir()
    async with harness_in(tmp_path / "intake-1", broker).start() as intake:
        assert (await adopt(intake, "intake-2")).status_code == 404
        in_the_way.rmdir()
        assert (await adopt(intake, "intake-2")).status_code == 202
        await eventually(lambda: len(submitted(broker)) == 5)
    assert {str(event.submission_id) for event in submitted(broker)} == promised


async def test_only_a_spool_below_the_folder_of_spools_is_adopted(tmp_path: Path) -> None:
    broker = a_broker()
    (tmp_path / "shared" / "empty").mkdir(parents=True)
    await left_behind(tmp_path / "elsewhere", broker)
    async with harness_in(tmp_path / "shared" / "intake-1", broker).start() as intake:
        for folder in ("../elsewhere", str(tmp_path / "elsewhere"), "empty", "nothing", "a\0b", "/etc"):
            answer = await adopt(intake, folder)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert (await intake.client.get("/v1/spools")).status_code == 401


async def test_a_job_of_its_own_drains_it_and_ends(tmp_path: Path) -> None:
    broker = a_broker()
    promised = await left_behind(tmp_path / "intake-2", broker)
    publisher: Publisher = broker.publisher()
    await publisher.start()
    told: list[str] = []
    limit = IntakeSettings().spool_max_bytes
    await drain_left_behind(Adoptions(tmp_path, publisher, SystemClock(), limit), "intake-2", told.append)
    assert {str(event.submission_id) for event in submitted(broker)} == promised
    assert told[0].startswith("5 records to drain")

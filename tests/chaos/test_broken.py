"""A comparison that never turns red proves nothing: here each guarantee is broken, and it must say so."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from baton_dev.pytest_plugin import Tell
from tests.chaos import mutants
from tests.chaos.comparison import Verdict, Wrong
from tests.chaos.deaths import death_of, restart
from tests.chaos.installation import Installation, running
from tests.chaos.mutants import Mutant
from tests.chaos.scenario import people_at_work

pytestmark = [pytest.mark.chaos, pytest.mark.stack, pytest.mark.long]

RATE = 60.0
Mistreat = Callable[[Installation], Awaitable[None]]


async def judged(folder: Path, mutant: Mutant | None, seed: int, mistreat: Mistreat) -> Verdict:
    """The verdict on an installation that runs a mutant (None: the real thing) and is mistreated."""
    environment = mutant.written_to(folder / "packages") if mutant else {}
    with running(Installation(folder / "home", environment), pods=1) as installation:
        async with people_at_work(installation, seed, rate=RATE):
            await asyncio.sleep(3)
            await mistreat(installation)
            await asyncio.sleep(3)
        await asyncio.to_thread(installation.await_ready)
        await installation.send_reps(to_work=False)
        await installation.rest()
        return await installation.verdict()


async def killed_between_publishing_and_deleting(installation: Installation) -> None:
    """What scoring has published it publishes again when it is back, under the same ids."""
    await _dies_at(installation, "scoring", "consumer.after_publish=kill@3")


async def killed_in_the_middle_of_a_batch(installation: Installation) -> None:
    await _dies_at(installation, "scoring", "consumer.in_transaction=kill@3")


async def killed_with_the_broker_away(installation: Installation) -> None:
    """First the broker and half a second later intake, then both come back."""
    intake = installation.pods("intake")[0]
    await asyncio.to_thread(installation.stack.kafka.kill)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(intake.kill)
    await asyncio.to_thread(installation.stack.kafka.start)
    await asyncio.to_thread(intake.start)


async def _dies_at(installation: Installation, service: str, failpoint: str) -> None:
    pod = installation.pods(service)[0]
    await restart(pod, failpoint)
    await death_of(pod, failpoint)
    await restart(pod)


@pytest.mark.parametrize(
    ("mutant", "mistreat", "wrong"),
    [
        pytest.param(
            mutants.INBOX_WITHOUT_ON_CONFLICT,
            killed_between_publishing_and_deleting,
            Wrong.DEAD_LETTER,
            id="an inbox without ON CONFLICT",
        ),
        pytest.param(
            mutants.INBOX_TAKES_EVERYTHING,
            killed_between_publishing_and_deleting,
            Wrong.DOUBLED,
            id="an inbox without its constraint",
        ),
        pytest.param(
            mutants.OFFSETS_FIRST, killed_in_the_middle_of_a_batch, Wrong.LOST, id="offsets committed early"
        ),
        pytest.param(
            mutants.ANSWERS_FIRST,
            killed_with_the_broker_away,
            Wrong.LOST,
            id="an answer before the acknowledgement",
        ),
    ],
)
async def test_a_broken_guarantee_turns_the_comparison_red(
    mutant: Mutant, mistreat: Mistreat, wrong: Wrong, tmp_path: Path, seed: int, tell: Tell
) -> None:
    verdict = await judged(tmp_path, mutant, seed, mistreat)
    found = verdict.of(wrong)
    tell(f"broken on purpose ({mutant.package}): {verdict}; first: {found[:1]}")
    assert found, verdict
    with pytest.raises(AssertionError, match=wrong.value):
        verdict.require_clean()


@pytest.mark.parametrize(
    "mistreat",
    [
        killed_between_publishing_and_deleting,
        killed_in_the_middle_of_a_batch,
        killed_with_the_broker_away,
    ],
    ids=lambda mistreat: mistreat.__name__,
)
async def test_the_same_treatment_leaves_the_real_thing_clean(
    mistreat: Mistreat, installation: Installation, tmp_path: Path, seed: int, tell: Tell
) -> None:
    async with people_at_work(installation, seed, rate=RATE):
        await asyncio.sleep(2)
        await mistreat(installation)
        await asyncio.sleep(2)
    await asyncio.to_thread(installation.await_ready)
    await installation.send_reps(to_work=False)
    await installation.rest()
    verdict = await installation.verdict()
    tell(f"{mistreat.__name__}: {verdict}")
    verdict.require_clean()

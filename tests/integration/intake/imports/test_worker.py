"""The process that reads one import."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from intake.imports.__main__ import STOPPED, work
from intake.imports.job import PROGRESS, Asked, Job, Progress
from intake.imports.making import Order
from intake.imports.wish import Wish
from intake.settings import IntakeSettings
from rulebook.models import Form
from tests.integration.intake.running import FORMS, rulebook

NOBODY = 2**31 - 1


def job_of(folder: Path) -> Job:
    job = Job(folder)
    job.file.write_bytes(b"email\nana@example.com\n")
    form = Form.model_validate(rulebook(FORMS)["forms"]["demo"])
    order = Order(uuid4(), "demo", form, 1, datetime(2026, 3, 2, tzinfo=UTC), Wish())
    job.keep_asked(Asked(order, "fair.csv", "operator", 22, is_dry=False))
    return job


async def test_a_worker_whose_intake_is_gone_before_it_is_up_stops(tmp_path: Path) -> None:
    job = job_of(tmp_path)
    settings = IntakeSettings(kafka="127.0.0.1:1", data_dir=tmp_path)
    assert await work(job.folder, settings, parent=NOBODY) == STOPPED
    assert job.progress() == Progress()


def test_half_a_checkpoint_is_none(tmp_path: Path) -> None:
    job = job_of(tmp_path)
    (tmp_path / PROGRESS).write_bytes(b'{"state": "read')
    assert job.progress() == Progress()

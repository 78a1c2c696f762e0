"""What is in the spool is on the disk, in order, and comes out once and whole."""

import asyncio
import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.spool import Spool, SpoolFull, SpoolOwned, SpoolUnavailable
from intake.spool.folder import Folder
from intake.spool.frames import read_frames, to_frame, to_record
from service_kit.records import Outgoing

LARGE = 64 * 1024 * 1024


def record(number: int, size: int = 0) -> Outgoing:
    return Outgoing("lead-submitted", b"key", b"%d" % number + b"x" * size, (("ce_id", b"%d" % number),))


def open_spool(path: Path, *, max_bytes: int = LARGE, segment_bytes: int = LARGE) -> Spool:
    return Spool(Folder(path), max_bytes=max_bytes, segment_bytes=segment_bytes, gather=0)


def segments(path: Path) -> list[Path]:
    return sorted(path.glob("*.seg"))


async def append(spool: Spool, *numbers: int, size: int = 0) -> None:
    await asyncio.gather(*(spool.append(record(number, size)) for number in numbers))


async def drain(spool: Spool, most: int = 100) -> list[int]:
    numbers = []
    while batch := await spool.batch(most):
        for each in batch:
            assert each.record is not None
            assert each.record.value is not None
            numbers.append(int(each.record.value.rstrip(b"x")))
        await spool.advance(batch, {})
    return numbers


def test_a_record_survives_its_frame() -> None:
    original = Outgoing(
        "lead-submitted", "email:ñ@example.com".encode(), b"line\nline", (("a", b"1"), ("a", b"2"))
    )
    frames = list(read_frames(to_frame(original) * 2))
    assert [to_record(frame.payload or b"") for frame in frames] == [original, original]


@pytest.mark.parametrize("lost", [1, 5, 9, 30])
def test_a_torn_tail_is_told_from_a_good_record(lost: int) -> None:
    data = to_frame(record(1)) + to_frame(record(2))[:-lost]
    assert len(list(read_frames(data))) == 1
    assert len(list(read_frames(to_frame(record(1)) + bytes(512)))) == 1


def test_a_damaged_record_does_not_hide_the_good_ones_behind_it() -> None:
    data = bytearray(to_frame(record(1)) + to_frame(record(2)) + to_frame(record(3)))
    data[len(to_frame(record(1))) + 20] ^= 0xFF
    assert [frame.payload is None for frame in read_frames(bytes(data))] == [False, True, False]


async def test_records_come_out_in_order_and_the_segments_go(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, segment_bytes=300)
    for number in range(20):
        await append(spool, number)
    assert spool.counts.pending == 20
    assert await drain(spool, 3) == list(range(20))
    assert segments(tmp_path) == []
    counts = spool.counts
    assert (counts.written, counts.drained, counts.pending, counts.unaccounted) == (20, 20, 0, 0)
    await spool.close()


async def test_many_waiting_records_share_one_fsync(tmp_path: Path) -> None:
    synced: list[int] = []
    spool = Spool(Folder(tmp_path, fsync=synced.append), max_bytes=LARGE, gather=0)
    await append(spool, 0)
    synced.clear()
    await append(spool, *range(1, 200))
    assert len(synced) == 1
    await spool.close()


async def test_a_restart_goes_on_where_draining_stood(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    await append(spool, *range(10))
    await spool.advance(await spool.batch(4), {})
    await spool.close()

    spool = open_spool(tmp_path)
    assert (spool.counts.drained, spool.counts.pending, spool.counts.unaccounted) == (4, 6, 0)
    await append(spool, 10)
    assert await drain(spool) == list(range(4, 11))
    await spool.close()

    spool = open_spool(tmp_path)
    assert (spool.counts.written, spool.counts.drained, spool.counts.unaccounted) == (11, 11, 0)
    await append(spool, 11)
    assert await drain(spool) == [11]
    await spool.close()


async def test_a_torn_tail_is_cut_off_at_the_start(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    await append(spool, 0, 1)
    await spool.close()
    (segment,) = segments(tmp_path)
    with segment.open("ab") as file:
        file.write(to_frame(record(2))[:-3])

    spool = open_spool(tmp_path)
    assert spool.counts.pending == 2
    await append(spool, 3)
    assert await drain(spool) == [0, 1, 3]
    assert spool.counts.unaccounted == 0
    await spool.close()


FRAME = len(to_frame(record(1)))
"""Bytes of each record below."""


def damage(path: Path, *places: int, by: bytes = b"\xff") -> None:
    data = bytearray(path.read_bytes())
    for place in places:
        data[place : place + len(by)] = by
    path.write_bytes(data)


async def drain_all(spool: Spool) -> tuple[list[int], int]:
    """The numbers that came out, and how many were put aside as damaged."""
    numbers, aside = [], 0
    while batch := await spool.batch(3):
        damaged = {each.number: "damaged on the disk" for each in batch if each.record is None}
        numbers += [int(each.record.value or b"") for each in batch if each.record is not None]
        aside += len(damaged)
        await spool.advance(batch, damaged)
    return numbers, aside


DAMAGES = [
    ("two payloads in a row", [FRAME + 20, 2 * FRAME + 20], b"\xff", [0, 3, 4, 5, 6], 2, 0),
    ("four payloads in a row", [FRAME * n + 20 for n in (1, 2, 3, 4)], b"\xff", [0, 5, 6], 4, 0),
    ("a length that leads beyond the end", [FRAME], b"\x00\xff\xff\xff", [0, 2, 3, 4, 5, 6], 1, 0),
    ("a length of nothing", [FRAME], bytes(4), [0, 2, 3, 4, 5, 6], 1, 0),
    ("a length that leads into the next", [FRAME + 3], b"\xff", [0, 2, 3, 4, 5, 6], 1, 0),
    ("a hole over three records", [FRAME], bytes(3 * FRAME), [0, 4, 5, 6], 1, 2),
    ("the first two records", [0], bytes(2 * FRAME), [2, 3, 4, 5, 6], 1, 1),
]


@pytest.mark.parametrize(
    ("sentence", "places", "by", "numbers", "aside", "hidden"), DAMAGES, ids=[row[0] for row in DAMAGES]
)
@pytest.mark.parametrize("is_running", [False, True], ids=["before the start", "while it runs"])
async def test_damage_hides_no_good_record_behind_it(
    tmp_path: Path,
    sentence: str,
    places: list[int],
    by: bytes,
    numbers: list[int],
    aside: int,
    hidden: int,
    is_running: bool,
) -> None:
    spool = open_spool(tmp_path)
    await append(spool, *range(7))
    if not is_running:
        await spool.close()
    damage(segments(tmp_path)[0], *places, by=by)
    if not is_running:
        spool = open_spool(tmp_path)
    assert await drain_all(spool) == (numbers, aside)
    assert len(list((tmp_path / "refused").iterdir())) == aside
    assert spool.counts.refused == aside
    assert spool.counts.unaccounted == (hidden if is_running else 0)
    await append(spool, 9)
    assert await drain(spool) == [9]
    await spool.close()


@pytest.mark.parametrize("drained", [4, 6])
@pytest.mark.parametrize("holes", [(0, 2), (1, 3), (2, 5)], ids=str)
@pytest.mark.parametrize("last", [6, 9], ids=["one segment", "another one behind it"])
async def test_damage_among_what_is_drained_skips_nothing_that_waits(
    tmp_path: Path, drained: int, holes: tuple[int, int], last: int
) -> None:
    """Such a hole hides how many records there were, so they cannot be counted again."""
    spool = open_spool(tmp_path, segment_bytes=7 * FRAME)
    await append(spool, *range(7))
    await append(spool, *range(7, last + 1))
    batch = await spool.batch(drained)
    await spool.advance(batch, {})
    await spool.close()
    first, end = holes
    damage(segments(tmp_path)[0], first * FRAME, by=bytes((end - first) * FRAME))
    spool = open_spool(tmp_path, segment_bytes=7 * FRAME)
    numbers, _ = await drain_all(spool)
    assert numbers == [number for number in range(drained, last + 1) if number not in range(*holes)]
    await spool.close()


async def test_damage_that_ends_a_segment_is_told_and_the_next_segment_goes_on(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, segment_bytes=3 * FRAME)
    await append(spool, 0, 1, 2)
    await append(spool, 3, 4)
    await spool.close()
    first, _ = segments(tmp_path)
    damage(first, 2 * FRAME + 20)
    spool = open_spool(tmp_path)
    assert await drain_all(spool) == ([0, 1, 3, 4], 1)
    assert (spool.counts.refused, spool.counts.unaccounted) == (1, 0)
    await spool.close()


async def test_damage_at_the_end_while_it_runs_holds_nothing_up(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, segment_bytes=3 * FRAME)
    await append(spool, 0, 1, 2)
    await append(spool, 3, 4)
    damage(segments(tmp_path)[0], FRAME, by=bytes(2 * FRAME))
    assert await drain_all(spool) == ([0, 3, 4], 1)
    assert spool.counts.unaccounted == 1
    await spool.close()
    spool = open_spool(tmp_path)
    assert spool.counts.unaccounted == 1
    await spool.close()


@pytest.mark.parametrize("lost", range(1, FRAME, 7))
def test_a_tail_behind_damage_stays_torn(lost: int) -> None:
    data = bytearray(to_frame(record(1)) * 3 + to_frame(record(2))[:-lost])
    data[FRAME + 20] ^= 0xFF
    frames = list(read_frames(bytes(data)))
    assert [frame.payload is None for frame in frames] == [False, True, False]
    assert frames[-1].end == 3 * FRAME


async def test_a_stray_file_is_told_by_name_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = open_spool(tmp_path)
    await append(spool, 0, 1)
    await spool.close()
    (segment,) = segments(tmp_path)
    strays = [tmp_path / name for name in ("backup.seg", "1.seg", f"{segment.stem} (copy).seg", "²³.seg")]
    for stray in strays:
        stray.write_bytes(segment.read_bytes())
    (tmp_path / f"{7:020d}.seg").mkdir()
    spool = open_spool(tmp_path)
    told = capsys.readouterr().out
    assert all(str(stray) in told for stray in strays)
    assert await drain(spool) == [0, 1]
    await spool.close()
    assert all(stray.exists() for stray in strays)


async def test_a_segment_that_went_missing_shows_in_the_books(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, segment_bytes=1)
    for number in range(3):
        await append(spool, number)
    await spool.close()
    segments(tmp_path)[1].unlink()

    spool = open_spool(tmp_path)
    assert await drain(spool) == [0, 2]
    assert spool.counts.unaccounted == 1
    await spool.close()


async def test_a_record_that_is_refused_is_kept_aside_with_the_reason(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    await append(spool, 0, 1)
    await spool.advance(await spool.batch(10), {1: "too large"})
    counts = spool.counts
    assert (counts.drained, counts.refused, counts.pending, counts.unaccounted) == (1, 1, 0, 0)
    (kept,) = (tmp_path / "refused").iterdir()
    assert "too large" in kept.read_text()
    assert "lead-submitted" in kept.read_text()
    await spool.close()


async def test_a_full_spool_refuses_and_takes_again_when_drained(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, max_bytes=10_000)
    await append(spool, 0, size=6_000)
    with pytest.raises(SpoolFull, match="BATON_SPOOL_MAX_BYTES"):
        await append(spool, 1, size=6_000)
    full = [spool.is_full]
    assert await drain(spool) == [0]
    assert [*full, spool.is_full] == [True, False]
    await append(spool, 2, size=6_000)
    await spool.close()


class FailingDisk:
    """Writes and fsyncs like the system until told to fail."""

    def __init__(self, error: int) -> None:
        self.error = error
        self.fails_to_write = False
        self.fails_to_sync = False

    def write(self, descriptor: int, data: bytes) -> int:
        if self.fails_to_write:
            os.write(descriptor, data[: len(data) // 2])
            raise OSError(self.error, os.strerror(self.error))
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        if self.fails_to_sync:
            raise OSError(self.error, os.strerror(self.error))


def _fail_to_write(disk: FailingDisk, fails: bool) -> None:
    disk.fails_to_write = fails


def _fail_to_sync(disk: FailingDisk, fails: bool) -> None:
    disk.fails_to_sync = fails


@pytest.mark.parametrize("fail", [_fail_to_write, _fail_to_sync])
@pytest.mark.parametrize("before", [0, 2])
async def test_what_the_disk_refused_is_not_accepted_and_what_it_took_stays(
    tmp_path: Path, fail: Callable[[FailingDisk, bool], None], before: int
) -> None:
    disk = FailingDisk(errno.ENOSPC)
    spool = Spool(Folder(tmp_path, write=disk.write, fsync=disk.fsync), max_bytes=LARGE, gather=0)
    if before:
        await append(spool, *range(before))
    fail(disk, True)
    for number in (97, 98):
        with pytest.raises(SpoolUnavailable, match="No space left"):
            await append(spool, number)
    assert spool.counts.pending == before
    fail(disk, False)
    await append(spool, 5, 6)
    await spool.close()

    spool = open_spool(tmp_path)
    assert await drain(spool) == [*range(before), 5, 6]
    assert spool.counts.unaccounted == 0
    await spool.close()


async def test_one_process_owns_a_spool(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    with pytest.raises(SpoolOwned, match="BATON_DATA_DIR"):
        open_spool(tmp_path)
    await spool.close()
    await open_spool(tmp_path).close()


async def test_closing_writes_out_what_waits_and_takes_nothing_more(tmp_path: Path) -> None:
    spool = Spool(Folder(tmp_path), max_bytes=LARGE, gather=0.05)
    waiting = asyncio.gather(*(spool.append(record(number)) for number in range(5)))
    await asyncio.sleep(0)
    await spool.close()
    await waiting
    with pytest.raises(SpoolUnavailable):
        await spool.append(record(5))
    spool = open_spool(tmp_path)
    assert await drain(spool) == list(range(5))
    await spool.close()


async def test_a_position_that_cannot_be_read_drains_again_rather_than_not_at_all(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    await append(spool, 0, 1, 2)
    await spool.advance(await spool.batch(1), {})
    await spool.close()
    (tmp_path / "position.json").write_bytes(b"\x00\x00")
    spool = open_spool(tmp_path)
    assert await drain(spool) == [0, 1, 2]
    await spool.close()


async def test_the_record_that_waits_longest_is_known(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    seen = [spool.oldest]
    await append(spool, 1, 2)
    batch = await spool.batch(1)
    seen.append(spool.oldest)
    await spool.advance(batch, {})
    await spool.batch(1)
    seen.append(spool.oldest)
    await drain(spool)
    assert [*seen, spool.oldest] == [None, record(1), record(2), None]
    await spool.close()


async def test_what_was_refused_is_forgotten_in_time_and_still_counted(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "spool")
    folder.refuse(1, b"a record", "too large")
    written = datetime.fromtimestamp((tmp_path / "spool/refused" / f"{1:020d}.json").stat().st_mtime, UTC)
    assert folder.forget_refused(written - timedelta(seconds=1)) == 0
    assert folder.forget_refused(written + timedelta(seconds=1)) == 1
    assert not list((tmp_path / "spool/refused").iterdir())
    folder.close()

"""One record in a segment file: length and CRC-32 of the payload, then the payload.

Integers are unsigned, 32 bits, big endian. The payload is a line of JSON (topic, key, headers), a newline,
and the value.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from service_kit.records import Outgoing

_HEAD = struct.Struct(">II")
MAX_PAYLOAD = 16 * 1024 * 1024
_BEGINS = b'{"topic":'
"""How every payload begins: `to_frame` writes it so."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A record of a segment and where the next one starts. `payload` None: damaged on the disk, and perhaps
    several records, where even their lengths are."""

    payload: bytes | None
    start: int
    end: int


def to_frame(record: Outgoing) -> bytes:
    """The bytes of `record` in a segment. Key and headers are UTF-8 text."""
    head = {
        "topic": record.topic,
        "key": None if record.key is None else record.key.decode(),
        "headers": [(name, value.decode()) for name, value in record.headers],
    }
    payload = orjson.dumps(head) + b"\n" + (record.value or b"")
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def to_record(payload: bytes) -> Outgoing:
    """The record in `payload`. Raises ValueError when it holds none."""
    line, _, value = payload.partition(b"\n")
    try:
        head = orjson.loads(line)
        key = head["key"]
        headers = tuple((name, text.encode()) for name, text in head["headers"])
        return Outgoing(head["topic"], None if key is None else key.encode(), value, headers)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a spooled record: {error}") from error


def read_frames(data: bytes, start: int = 0, *, is_whole: bool = False) -> Iterator[Frame]:
    """The frames in `data` from `start` to the torn tail, if there is one.

    What is no good frame while a good one follows is damaged, not torn: the next good frame is looked for,
    and what lies before it comes as damaged frames. `is_whole`: all of `data` was durable once, so it has no
    torn tail, and what is not good at its end is damaged too.
    """
    while start < len(data):
        end = _end_of(data, start)
        if end is not None and _is_good(data, start, end):
            yield Frame(data[start + _HEAD.size : end], start, end)
            start = end
            continue
        following = _next_good(data, start + 1)
        if following is None and not is_whole:
            return
        end = len(data) if following is None else following
        yield from _damaged(data, start, end)
        start = end


def _damaged(data: bytes, start: int, end: int) -> Iterator[Frame]:
    """A frame for each record, where their lengths are good and lead to `end`; else one for them all."""
    ends = []
    at: int | None = start
    while at is not None and at < end:
        at = _end_of(data, at)
        ends.append(at)
    for each in ends if at == end else [end]:
        assert each is not None  # noqa: S101 - a chain that leads to the end has no gap
        yield Frame(None, start, each)
        start = each


def _next_good(data: bytes, start: int) -> int | None:
    """Where the first good frame from `start` on begins. Only where a payload of ours begins is the checksum
    taken: text within a payload has its quotes escaped."""
    found = data.find(_BEGINS, start + _HEAD.size)
    while found >= 0:
        at = found - _HEAD.size
        end = _end_of(data, at)
        if end is not None and _is_good(data, at, end):
            return at
        found = data.find(_BEGINS, found + 1)
    return None


def _end_of(data: bytes, start: int) -> int | None:
    if start + _HEAD.size > len(data):
        return None
    length, _ = _HEAD.unpack_from(data, start)
    end = start + _HEAD.size + int(length)
    return end if 0 < length <= MAX_PAYLOAD and end <= len(data) else None


def _is_good(data: bytes, start: int, end: int) -> bool:
    _, checksum = _HEAD.unpack_from(data, start)
    return bool(zlib.crc32(data[start + _HEAD.size : end]) == checksum)

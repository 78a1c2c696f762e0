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


@dataclass(frozen=True, slots=True)
class Frame:
    """A record of a segment and where the next one starts. `payload` None: damaged on the disk."""

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


def read_frames(data: bytes, start: int = 0) -> Iterator[Frame]:
    """The frames in `data` from `start` to the torn tail, if there is one.

    A frame whose checksum is wrong while a good one follows it is damaged, not torn.
    """
    while (end := _end_of(data, start)) is not None:
        if _is_good(data, start, end):
            yield Frame(data[start + _HEAD.size : end], start, end)
        elif (following := _end_of(data, end)) is not None and _is_good(data, end, following):
            yield Frame(None, start, end)
        else:
            return
        start = end


def _end_of(data: bytes, start: int) -> int | None:
    if start + _HEAD.size > len(data):
        return None
    length, _ = _HEAD.unpack_from(data, start)
    end = start + _HEAD.size + int(length)
    return end if 0 < length <= MAX_PAYLOAD and end <= len(data) else None


def _is_good(data: bytes, start: int, end: int) -> bool:
    _, checksum = _HEAD.unpack_from(data, start)
    return bool(zlib.crc32(data[start + _HEAD.size : end]) == checksum)

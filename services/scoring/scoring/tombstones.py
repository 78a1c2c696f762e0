"""Tombstones of erased persons, asked before a batch may bring anybody back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from scoring.domain.erasure import ErasureKeys, deciding_keys, is_from_before
from scoring.domain.people import KeyName
from scoring.domain.submissions import Incoming
from scoring.store import persons
from service_kit.errors import Transient
from service_kit.postgres import Connection


class Tombstones:
    """Reads tombstones with the keys they were made with."""

    def __init__(self, keys: ErasureKeys | None = None) -> None:
        self.keys = keys or ErasureKeys()

    async def dropped(self, conn: Connection, incoming: Collection[Incoming]) -> set[UUID]:
        """Which of these submissions are from before an erasure and must not be kept.

        Call it first of all in a transaction: until its end nobody is erased. Raises Transient while a key is
        missing that tombstones were made with, since somebody might come back.
        """
        await persons.hold_erasures(conn)
        if not incoming:
            return set()
        names = {name for each in incoming for name in deciding_keys(each.keys)}
        hashes = self.keys.hashes(names)
        checks, found = await persons.tombstones(conn, list(hashes))
        if checks - set(self.keys.checks()):
            raise Transient(
                "persons were erased under a BATON_ERASURE_KEY that this service does not have: set it again,"
                " an older one behind a comma, or what waits in spools would bring them back"
            )
        erased: dict[KeyName, datetime] = {}
        for each, moment in found.items():
            name = hashes[each]
            erased[name] = max(moment, erased.get(name, moment))
        return {
            each.submission.submission_id
            for each in incoming
            if erased and is_from_before(each.submission, each.keys, erased)
        }

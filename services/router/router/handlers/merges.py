"""What follows when two persons turn out to be one: of two open leads of a line the younger ends here."""

from collections.abc import Sequence
from enum import StrEnum

from lead_events import LeadMerged
from lead_events.words import CloseReason
from router.desk import Desk
from router.store import q
from service_kit.batch import Received
from service_kit.postgres import Connection


class MergeEffect(StrEnum):
    """What became of a merge."""

    ENDED = "merged_leads_ended"
    NOTED = "merge_noted"  # no lead of it was open here
    UNDONE = "undone_merge_noted"  # the lead stays with its rep


def apply_merge(desk: Desk, event: Received[LeadMerged]) -> MergeEffect:
    """End the leads that scoring says ended, wherever they are; one that a rep closed before stays as it is.

    A lead not heard of before ends too, so that its own state, when it comes, is not routed.
    """
    if event.data.kind == "undone":
        return MergeEffect.UNDONE
    effect = MergeEffect.NOTED
    for identity in event.data.leads_ended:
        lead = desk.leads[identity]
        if not lead.is_over:
            desk.close(lead, event.id, CloseReason.MERGED)
            effect = MergeEffect.ENDED
    return effect


async def insert_merges(conn: Connection, merges: Sequence[Received[LeadMerged]]) -> None:
    """Keep what came."""
    for event in merges:  # a list in an array is one more dimension to the driver; merges are rare
        news = event.data
        await conn.execute(
            q.insert_merge,
            event.id,
            news.kind,
            news.person_id,
            news.other_person_id,
            news.leads_ended,
            news.at,
            news.seq,
        )

"""Form health counted: each stored submission once, in the order they were stored; and once more for forms of
which submissions came again."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rulebook.context import PROFILE_FIELDS
from rulebook.form_plan import plan_of
from rulebook.models import Form
from rulebook.unfolding import unfolded
from scoring import metrics
from scoring.domain.health import FormHealth, Mapped, Seen, counts, trouble_of
from scoring.store import health as store
from service_kit.logs import logger
from service_kit.postgres import Connection

RECOUNTED = 20_000
"""The newest submissions of a form that are counted again; older ones stay in the whole form's numbers."""
AT_ONCE = 1000
SETTLED_AFTER = timedelta(seconds=5)
"""A form is counted again once nothing of it has come again for so long, ..."""
AT_THE_LATEST = timedelta(minutes=1)
"""... or at the latest so long after the first did."""
_log = logger(__name__)


async def fold(conn: Connection, read: list[Seen], forms: Mapping[str, Form]) -> None:
    """Count submissions that were not counted before."""
    await store.add_troubles(conn, [each for each in read if not each.is_aside and trouble_of(each.reason)])
    kept = [each for each in read if counts(each)]
    health = await store.healths(conn, {each.form_id for each in kept})
    for each in kept:
        if each.form_id not in health:
            health[each.form_id] = FormHealth(each.form_id, each.received_at, each.received_at)
    mapped = {form_id: mapped_of(forms[form_id]) for form_id in health if form_id in forms}
    for each in kept:
        take(health[each.form_id], each, forms.get(each.form_id), mapped.get(each.form_id))
    await store.save_healths(conn, [health[form_id] for form_id in sorted(health)])
    await store.add_slots(conn, [(each.form_id, each.received_at) for each in kept])


def take(known: FormHealth, seen: Seen, form: Form | None, mapped: Mapped | None) -> None:
    """Count one submission. One that cannot be looked at keeps no other from being counted."""
    try:
        known.take(_laid_out(seen, form), mapped)
    except Exception as error:
        metrics.FORM_UNCOUNTED.inc()
        _log.error("a submission was left out of form health", form=seen.form_id, error=type(error).__name__)


async def recount(conn: Connection, forms: Mapping[str, Form], now: datetime) -> None:
    """Count forms again whose stored submissions read otherwise now: mapped anew, or released."""
    settled = await store.recounts_due(conn, now - SETTLED_AFTER, now - AT_THE_LATEST)
    health = await store.healths(conn, settled)
    for form_id, asks in settled.items():
        form, old = forms.get(form_id), health.get(form_id)
        if form is not None and old is not None:
            new = await _counted_again(conn, form, old)
            await store.save_healths(conn, [new])
        await store.recounted(conn, form_id, asks)


async def _counted_again(conn: Connection, form: Form, old: FormHealth) -> FormHealth:
    new, mapped = FormHealth(old.form_id, old.first_at, old.last_at), mapped_of(form)
    after = await store.recount_from(conn, old.form_id, RECOUNTED)
    while True:
        chunk, after = await store.stored_of(conn, old.form_id, after, AT_ONCE)
        _take_all(new, chunk, form, mapped)
        if len(chunk) < AT_ONCE:
            break
        await asyncio.sleep(0)
    new.continues(old)
    return new


def _take_all(known: FormHealth, read: Iterable[Seen], form: Form, mapped: Mapped) -> None:
    for each in read:
        if counts(each):
            take(known, each, form, mapped)


def _laid_out(seen: Seen, form: Form | None) -> Seen:
    """With the fields as the mapping reads them, where a vendor puts answers inside one another."""
    unfold = plan_of(form).unfold if form is not None else None
    return replace(seen, fields=unfolded(unfold, seen.fields)) if unfold else seen


def mapped_of(form: Form) -> Mapped:
    """What health looks at of a form: fields about the person or company, not where a visitor came from."""
    paths = {
        name: tuple(mapping.from_)
        for name, mapping in form.fields.items()
        if name in PROFILE_FIELDS or name.startswith("attributes.")
    }
    required = tuple(tuple(name.strip() for name in entry.split("|")) for entry in form.required)
    return Mapped(paths, required)

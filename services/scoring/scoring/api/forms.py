"""How the forms are, and the alerts about them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from delivery import store as deliveries
from rulebook.models import Form, Rulebook
from rulebook.store import RulebookCache
from scoring.alerts import shown
from scoring.api.paging import Limit, PlainText
from scoring.counting import mapped_of
from scoring.domain.alerts import is_usual
from scoring.domain.health import FormHealth
from scoring.domain.silence import pattern_of, silence_of
from scoring.errors import as_problems, not_found
from scoring.health import without_mapped
from scoring.store import health as store
from service_kit.auth_principal import Scope
from service_kit.postgres import Connection
from service_kit.runtime import Runtime

FormId = Annotated[PlainText, Path(max_length=200, description="a form's id in the rulebook")]
State = Annotated[
    Literal["open", "all"], Query(description="only alerts that last, or those that passed too")
]


def form_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes."""
    rulebooks = RulebookCache()

    async def in_force(conn: Connection) -> tuple[Rulebook, datetime]:
        now = await runtime.database.clock.now(conn)
        with as_problems():
            return (await rulebooks.at(conn, now)).rulebook, now

    @router.get("/forms/health", dependencies=runtime.gate.allowed(Scope.FORMS_READ), tags=["forms"])
    async def forms_health() -> dict[str, Any]:
        """Each form of the rulebook in force: last submission, counts, and its open alerts.

        `imported`: what came from files, which is no part of the other counts; absent where none did.
        """
        async with runtime.database.acquire() as conn:
            rulebook, _ = await in_force(conn)
            health = await store.healths(conn, rulebook.forms)
            waiting = await store.waiting(conn, rulebook.forms)
            imported = await store.imported(conn, rulebook.forms)
            alerts = await _alerts(conn, rulebook, only_open=True, limit=1000)
        return {
            "forms": [
                _summary(form_id, form, health.get(form_id), waiting.get(form_id, 0), imported.get(form_id))
                | {"alerts": [each for each in alerts if each["form"] == form_id]}
                for form_id, form in sorted(rulebook.forms.items())
            ]
        }

    @router.get("/forms/{form}/health", dependencies=runtime.gate.allowed(Scope.FORMS_READ), tags=["forms"])
    async def form_health(form: FormId) -> dict[str, Any]:
        """One form: how often each field is filled and since when it is not, unknown fields, its silence.

        `unread`: values of its newest 200 submissions that could not be used, such as country:unknown.
        """
        async with runtime.database.acquire() as conn:
            rulebook, now = await in_force(conn)
            declared = rulebook.forms.get(form)
            if declared is None:
                raise not_found("form", f"the rulebook in force has {', '.join(sorted(rulebook.forms))}")
            known = (await store.healths(conn, [form])).get(form)
            known = known and without_mapped(known, declared)
            waiting = await store.waiting(conn, [form])
            imported = (await store.imported(conn, [form])).get(form)
            alerts = await _alerts(conn, rulebook, only_open=True, limit=1000)
            unread = await store.unread_values(conn, form)
            silence = await _silence(conn, known, ZoneInfo(rulebook.time_zone), now)
        return {
            **_summary(form, declared, known, waiting.get(form, 0), imported),
            "silence": silence,
            "fields": _fields(declared, known),
            "unmapped": _unmapped(known),
            "unread": unread,
            "alerts": [each for each in alerts if each["form"] == form],
        }

    @router.get("/alerts", dependencies=runtime.gate.allowed(Scope.FORMS_READ), tags=["forms"])
    async def list_alerts(state: State = "open", limit: Limit = 50) -> dict[str, Any]:
        """Alerts about forms, newest first: what was told when, and whether it arrived."""
        async with runtime.database.acquire() as conn:
            rulebook, _ = await in_force(conn)
            return {"alerts": await _alerts(conn, rulebook, only_open=state == "open", limit=limit)}


def _summary(
    form_id: str, form: Form, known: FormHealth | None, waiting: int, imported: dict[str, Any] | None
) -> dict[str, Any]:
    """`quarantined`: how many wait there for a decision now."""
    from_files = {"imported": imported} if imported else {}
    return {
        "form": form_id,
        "name": form.name,
        "status": form.status,
        "first_at": known.first_at if known else None,
        "last_at": known.last_at if known else None,
        "submissions": known.submissions if known else 0,
        "quarantined": waiting,
        "alert_on_silence": form.alert_on_silence,
        **from_files,
    }


def _fields(form: Form, known: FormHealth | None) -> list[dict[str, Any]]:
    answer = []
    for name, paths in mapped_of(form).paths.items():
        field = known.fields.get(name) if known else None
        seen = field.seen if field else 0
        answer.append(
            {
                "field": name,
                "read_from": list(paths),
                "seen": seen,
                "filled": field.filled if field else 0,
                "fill_rate": round(field.filled / seen, 3) if field and seen else None,
                "usual_fill_rate": round(field.usual, 3) if field and field.recent else None,
                "usually_filled": bool(field and is_usual(field)),
                "empty_running": field.empty_run if field else 0,
                "empty_since": field.empty_since if field else None,
                "last_filled_at": field.filled_at if field else None,
            }
        )
    return answer


def _unmapped(known: FormHealth | None) -> list[dict[str, Any]]:
    names: Mapping[str, Any] = known.unmapped if known else {}
    newest_first = sorted(names.items(), key=lambda item: item[1].first_at, reverse=True)
    return [
        {
            "field": name,
            "looks_like": each.kind,
            "count": each.count,
            "first_at": each.first_at,
            "last_at": each.last_at,
        }
        for name, each in newest_first
    ]


_NO_PATTERN: Mapping[str, Any] = {
    "pattern": False,
    "expected_since_last": None,
    "usual": None,
    "told_from": None,
    "too_long": False,
}


async def _silence(
    conn: Connection, known: FormHealth | None, zone: ZoneInfo, now: datetime
) -> Mapping[str, Any]:
    """How long the form has been silent in what usually would have come; without a pattern, why not."""
    if known is None:
        return _NO_PATTERN
    pattern = pattern_of(await store.slots(conn, known.form_id, known.last_at), zone)
    read_up_to = await store.read_up_to(conn, now)
    if pattern is None:
        return _NO_PATTERN
    return {
        "pattern": True,
        "expected_since_last": round(pattern.expected(known.last_at, read_up_to), 2),
        "usual": round(pattern.usual_on(read_up_to), 2),
        "told_from": round(pattern.too_long_on(read_up_to), 2),
        "too_long": silence_of(pattern, known.last_at, read_up_to) is not None,
    }


async def _alerts(
    conn: Connection, rulebook: Rulebook, *, only_open: bool, limit: int
) -> list[dict[str, Any]]:
    zone = ZoneInfo(rulebook.time_zone)
    rows = await store.list_alerts(conn, only_open=only_open, limit=limit)
    sent: dict[Any, list[dict[str, Any]]] = {}
    for each in await deliveries.about(conn, [row["id"] for row in rows]):
        kept = ("channel", "state", "attempts", "outcome", "detail", "created_at", "due_at", "ended_at")
        sent.setdefault(each["about"], []).append({name: each[name] for name in kept})
    return [_alert(row, sent.get(row["id"], []), zone) for row in rows]


def _alert(row: dict[str, Any], sent: list[dict[str, Any]], zone: ZoneInfo) -> dict[str, Any]:
    subject, text = shown(row, zone)
    return {
        "alert_id": row["id"],
        "alert": row["kind"],
        "form": row["form_id"],
        "field": row["subject"] or None,
        "state": "open" if row["closed_at"] is None else "closed",
        "since": row["since"],
        "opened_at": row["opened_at"],
        "closed_at": row["closed_at"],
        "told_at": row["told_at"],
        "tellings": row["tellings"],
        "subject": subject,
        "text": text,
        "facts": row["facts"],
        "acts": row["acts"],
        "deliveries": sent,
    }

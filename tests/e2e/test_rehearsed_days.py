"""Three hard days, each from the first post to the last lead, by HTTP and the `baton` command only."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.days_company import Company, finished
from tests.e2e.days_fair import PEOPLE, REFUSED, ROWS, SAME_PERSON, SAME_ROW, contacts
from tests.e2e.days_posting import Sent, post_all
from tests.e2e.days_receivers import Told, receivers
from tests.e2e.days_tools import TOOLS, Sending
from tests.e2e.days_wave import HONEST, UNMARKED, wave
from tests.e2e.installation import Installation

pytestmark = [pytest.mark.stack, pytest.mark.long]

USUALLY = 25
"""Submissions before the rename: enough to know that the field is usually filled."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with receivers() as told:
        running = Company(tmp_path_factory.mktemp("days"), told)
        running.stack.start()
        try:
            yield running
        finally:
            running.stack.stop()


@pytest.fixture
def told(company: Company) -> Told:
    return company.told


@pytest.fixture
def baton(company: Company) -> Iterator[Installation]:
    installation = Installation(company.stack)
    yield installation
    installation.close()


# Friday, 18:10


def test_the_field_renamed_on_friday_evening_in_three_tools_costs_no_lead(
    company: Company, baton: Installation, told: Told
) -> None:
    before = [
        _send(baton, form, tool(n, renamed=False)) for n in range(USUALLY) for form, tool in TOOLS.items()
    ]
    assert Counter(baton.submission(each)["state"] for each in before) == {"opened": len(before)}

    began = datetime.now(UTC)
    caught = _renamed(baton, range(100, 103))
    for submission in caught:
        found = baton.submission(submission)
        assert (found["state"], found["reason"]) == ("quarantined", "field_missing"), found
    for form in TOOLS:
        alert = baton.eventually(lambda: told.webhooks(form), bool, f"an alert about {form}")[0]  # noqa: B023
        assert (alert["data"]["alert"], alert["data"]["field"]) == ("field_renamed", "email")
        assert datetime.fromisoformat(alert["timestamp"]) - began < timedelta(minutes=30)
        letters = baton.eventually(lambda: told.subjects(form), bool, "an e-mail as well")  # noqa: B023
        assert [each.strip() for each in letters] == [
            f"[Baton] email seems to have been renamed to {_now(form)} on form {form}"
        ]
        shown = company.baton("form", "health", form, exit_code=1)
        assert f"baton replay submissions --form {form}" in shown
        assert _now(form) in shown
    assert "well" in company.baton("form", "health", exit_code=1)

    _mend(company)
    caught += _renamed(baton, range(103, 106))  # the old mapping holds for another half a minute
    since = began.isoformat()
    replayed = Counter[str]()
    for form in TOOLS:
        done = company.json("replay", "submissions", "--form", form, "--since", since, "--why", "renamed")
        replayed.update(done["counts"])
    caught += (late := _renamed(baton, range(106, 108)))
    assert replayed == {"changed": len(caught) - len(late)}

    leads = [lead for each in caught for lead in baton.leads_of(each)]
    assert len(set(leads)) == len(leads) == len(caught)
    for submission in before:
        assert baton.leads_of(submission)[0] not in leads
    _have_a_rep_or_a_reason(baton, leads)
    for form in TOOLS:
        again = company.json("replay", "submissions", "--form", form, "--since", since)
        assert set(again["counts"]) == {"same"}
    assert _of_days(baton, leads) == leads
    assert company.json("quarantine", "list")["quarantine"] == []
    for form in TOOLS:
        baton.eventually(lambda: told.webhooks(form, "closed"), bool, f"the end of it on {form}")  # noqa: B023
    company.baton("form", "health")
    _adds_up(baton)


def _send(baton: Installation, form: str, sending: Sending) -> UUID:
    headers = sending.headers | {"Content-Type": sending.content_type}
    answer = httpx.post(
        baton.form_url(form), content=sending.body, headers=headers, timeout=20, trust_env=False
    )
    assert answer.status_code == 202, (form, answer.text)
    return UUID(answer.json()["submission_id"])


def _renamed(baton: Installation, numbers: range) -> list[UUID]:
    return [_send(baton, form, tool(n, renamed=True)) for n in numbers for form, tool in TOOLS.items()]


def _now(form: str) -> str:
    return {"website-es": "correo", "quote-webhook": "work_email", "survey": "your_mail"}[form]


def _mend(company: Company) -> None:
    company.edit("website-es", "email: {from: [email]}", "email: {from: [email, correo]}")
    company.edit("quote-webhook", "email: {from: [email]}", "email: {from: [email, work_email]}")
    company.edit(
        "survey",
        "required: [email]",
        "fields:\n  email: ['form_response.answers[type=email].email', your_mail]\nrequired: [email]",
    )
    company.baton("check", str(company.folder))
    assert "takes effect" in company.baton("rulebook", "publish", str(company.folder))


def _of_days(baton: Installation, leads: list[UUID]) -> list[UUID]:
    """Those of the leads that are still what they were: open, each by one submission."""
    found = [baton.ask("scoring", f"/v1/leads/{lead}") for lead in leads]
    return [UUID(each["id"]) for each in found if each["state"] == "open" and each["submissions"] == 1]


# The trade fair, 08:00


@pytest.mark.parametrize(
    ("pool", "country", "words", "placed"),
    [
        ("spain", "ES", ["--mode", "now"], 6 * (20 - 4)),
        ("italy", "IT", ["--mode", "paced", "--per-rep-daily", "5"], 6 * 5),
    ],
)
def test_a_web_lead_does_not_wait_behind_800_contacts_of_a_trade_fair(
    company: Company,
    baton: Installation,
    tmp_path: Path,
    pool: str,
    country: str,
    words: list[str],
    placed: int,
) -> None:
    file = contacts(tmp_path / f"fair-{country}.csv", country)
    order = ["import", str(file), "--form", "fair", "--yes", *words]
    importing = company.start(*order)
    baton.eventually(lambda: _waiting(baton, pool), bool, "contacts that wait")
    early = _asks_at_once(baton, country, 1)
    finished(importing)
    imported = baton.eventually(
        lambda: _newest_import(baton),
        lambda found: found["state"] == "finished" and not found["on_the_way"],
        "every row",
    )
    assert (imported["rows"], imported["refused"], imported["published"]) == (ROWS, REFUSED, ROWS - REFUSED)
    assert imported["rows_by_state"] == {"opened": PEOPLE, "joined": SAME_PERSON}
    assert imported["repeated"] == SAME_ROW

    total = PEOPLE + len(early)
    baton.eventually(
        lambda: _load(baton, pool) + len(_waiting(baton, pool)), lambda known: known == total, "every contact"
    )
    baton.eventually(lambda: _load(baton, pool), lambda load: load >= placed, "the best ones with a rep")
    _asks_at_once(baton, country, 8)
    waiting = _waiting(baton, pool)
    assert {each["hold_reason"] for each in waiting} == {"paced"}
    assert _load(baton, pool) + len(waiting) == PEOPLE + 9
    assert placed <= PEOPLE - len(waiting) <= placed
    assert max(baton_load for baton_load in _loads(baton, pool).values()) <= 20

    known = baton.ask("router", "/v1/conservation")["leads_known"]
    assert "sent before" in company.start(*order).communicate(timeout=60)[1]
    other = company.baton("import", str(file), "--form", "fair", "--yes", "--mode", "nurture")
    assert f"repeated {ROWS - REFUSED}" in " ".join(other.split())
    assert baton.ask("router", "/v1/conservation")["leads_known"] == known
    _adds_up(baton)


def _asks_at_once(baton: Installation, country: str, count: int) -> list[UUID]:
    """So many people ask by themselves on the website: each has a rep, without ever having been held."""
    posted = [
        baton.post(
            "demo",
            {"email": f"asks{n}.{count}@{country.lower()}.example.com", "company": "Ask", "country": country},
        )
        for n in range(count)
    ]
    leads = [lead for each in posted for lead in baton.leads_of(each)]
    for lead in leads:
        assert baton.assigned(lead)["round"] == 1
        kinds = [each["kind"] for each in baton.ask("router", f"/v1/leads/{lead}/decisions")["decisions"]]
        assert kinds == ["assigned"]
    return leads


def _waiting(baton: Installation, pool: str) -> list[dict[str, Any]]:
    held = baton.ask("router", "/v1/held?limit=1000")["held"]
    return [each for each in held if each["pool_id"] == pool]


def _loads(baton: Installation, team: str) -> dict[str, int]:
    return {
        each["id"]: each["open"] for each in baton.ask("router", "/v1/reps")["reps"] if each["team"] == team
    }


def _load(baton: Installation, team: str) -> int:
    return sum(_loads(baton, team).values())


def _newest_import(baton: Installation) -> dict[str, Any]:
    newest = baton.ask("scoring", "/v1/imports?limit=1")["imports"][0]
    return dict(baton.ask("scoring", f"/v1/imports/{newest['import_id']}"))


# The spam wave


@pytest.mark.parametrize("suspects", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_a_spam_wave_disturbs_no_rep_and_its_honest_leads_are_released(
    company: Company, baton: Installation, told: Told, suspects: int
) -> None:
    known = baton.ask("router", "/v1/conservation")["leads_known"]
    url = baton.form_url("offer")
    begins, goes_on = wave(suspects)
    sent = post_all(url, begins) + post_all(url, goes_on)
    assert Counter(each.status for each in sent) == {202: suspects + HONEST + UNMARKED}

    all_waiting = suspects + UNMARKED + HONEST - 1
    baton.eventually(lambda: _quarantined(baton), lambda n: n == all_waiting, "the whole wave")
    caught = _quarantined(baton, "&reason=spam_wave")
    assert caught == UNMARKED + HONEST - 1
    (early,) = [
        each for each in sent if _is_honest(each) and baton.submission(_id(each))["state"] == "opened"
    ]
    (alert,) = baton.eventually(lambda: told.webhooks("offer"), bool, "an alert about the wave")
    assert alert["data"]["alert"] == "spam_wave"
    assert "a spam wave" in company.baton("form", "health", "offer", exit_code=1)

    of_the_form = ["--form", "offer"]
    refused = company.json("quarantine", "refuse", *of_the_form, "--text", "casino", "--yes")
    assert refused["done"] == UNMARKED
    listed = company.json("quarantine", "list", *of_the_form, "--reason", "spam_wave", exit_code=1)
    assert len(listed["quarantine"]) == HONEST - 1
    before_release = datetime.now(UTC)
    company.baton("quarantine", "release", *of_the_form, "--reason", "spam_wave", "--yes")
    buyers = [each for each in sent if _is_honest(each)]
    leads = [lead for each in buyers for lead in baton.leads_of(_id(each))]
    assert len(set(leads)) == HONEST
    _have_a_rep_or_a_reason(baton, leads)
    for lead in (lead for each in buyers if each is not early for lead in baton.leads_of(_id(each))):
        timers = baton.eventually(lambda: baton.timers(lead), bool, "promises on a released lead")  # noqa: B023
        assert all(datetime.fromisoformat(each["opened_at"]) >= before_release for each in timers)
    company.baton("quarantine", "refuse", *of_the_form, "--yes", "--why", "the wave")
    assert _quarantined(baton) == 0
    assert baton.ask("router", "/v1/conservation")["leads_known"] == known + HONEST
    _adds_up(baton)


def _quarantined(baton: Installation, more: str = "") -> int:
    return int(baton.ask("scoring", f"/v1/quarantine?form=offer&limit=1{more}")["matching"])


def _is_honest(each: Sent) -> bool:
    return str(each.fields["email"]).startswith("ines")


def _id(each: Sent) -> UUID:
    assert each.submission is not None
    return each.submission


# Of all days


def _have_a_rep_or_a_reason(baton: Installation, leads: list[UUID]) -> None:
    for lead in leads:
        found = baton.routed(lead)
        if found["state"] == "held":
            assert found["hold_reason"], found
        else:
            assert found["state"] == "assigned", found
            assert len([each for each in found["assignments"] if each["ended_at"] is None]) == 1


def _adds_up(baton: Installation) -> None:
    baton.eventually(baton.unaccounted, lambda count: count == 0, "conservation")

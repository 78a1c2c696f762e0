"""Outcomes: why leads are lost, amounts, and what else is not taken."""

import pytest
from pydantic import ValidationError

from lead_events.currencies import CURRENCIES
from lead_events.words import LostCode
from router.api.reps import Amount, ReportOutcome
from router.domain.lost import lost_code


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        *((code.value, code) for code in LostCode),
        ("Too-Expensive", LostCode.PRICE),
        ("  NO  budget", LostCode.PRICE),
        ("chose another", LostCode.COMPETITOR),
        ("their cousin sells it", LostCode.OTHER),
        (None, None),
    ],
)
def test_why_a_lead_was_lost_is_a_word_of_the_list(said: str | None, expected: LostCode | None) -> None:
    assert lost_code(said) is expected


def test_a_code_is_of_lost_leads_only() -> None:
    assert ReportOutcome.model_validate({"result": "lost", "code": "too expensive"}).code is LostCode.PRICE
    with pytest.raises(ValidationError, match="leave it out for won"):
        ReportOutcome.model_validate({"result": "won", "code": "price"})


@pytest.mark.parametrize("code", ["EUR", "USD", "BRL", "RON", "CLF"])
def test_currencies_in_use_are_taken(code: str) -> None:
    assert Amount(minor=1, currency=code).currency == code


@pytest.mark.parametrize("code", ["EUX", "DEM", "ABC"])
def test_what_is_no_currency_is_told_what_to_write(code: str) -> None:
    with pytest.raises(ValidationError, match="as EUR or USD"):
        Amount(minor=1, currency=code)


def test_there_are_about_as_many_currencies_as_countries() -> None:
    assert 150 < len(CURRENCIES) < 200

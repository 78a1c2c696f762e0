"""What is worked out once per form."""

import gc
from typing import Any

from rulebook import form_plan
from rulebook.form_plan import Plan, plan_of
from rulebook.models import Form


def form(**fields: Any) -> Form:
    return Form.model_validate({"name": "Test", "key": "test-form-1", "source": "website", "fields": fields})


def test_a_form_is_prepared_once_and_another_version_of_it_anew() -> None:
    first, second = form(email={"from": "email"}), form(email={"from": "mail"})
    assert plan_of(first) is plan_of(first)
    assert plan_of(second).unmapped({"email": "x", "mail": "y"}) == ["email"]


def test_a_plan_is_forgotten_with_its_form() -> None:
    before = len(form_plan._PLANS)
    passing = form(email={"from": "email"})
    plan_of(passing)
    assert len(form_plan._PLANS) == before + 1
    del passing
    gc.collect()
    assert len(form_plan._PLANS) == before


def test_a_field_counts_as_mapped_by_its_whole_name_before_the_path_it_looks_like() -> None:
    plan = Plan(form(email={"from": ["lead.email", "e*"]}))
    assert plan.unmapped({"lead": {}, "other": 1}) == ["other"]
    assert plan.unmapped({"lead": {}, "lead.email": "a@example.com"}) == ["lead"]


def test_attribution_is_looked_for_only_where_it_can_be() -> None:
    assert not Plan(form(email={"from": "email"})).may_hold_attribution({"email": "a@example.com"})
    assert Plan(form(email={"from": "email"})).may_hold_attribution({"page": "/"})
    nested = Plan(form(utm_source={"from": "hidden.utm_source"}))
    assert nested.may_hold_attribution({"hidden": {"utm_source": "ads"}})

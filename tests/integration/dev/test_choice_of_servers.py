"""Which servers a run uses is decided once, and a setting that means nothing is refused."""

import pytest

from baton_dev import testing
from baton_dev.errors import WrongSettingError
from baton_dev.testing import StackKind, decide, describe

_GIVEN = {"BATON_TEST_KAFKA": "kafka.test:9092", "BATON_TEST_POSTGRES": "postgresql://u:p@db.test/postgres"}


@pytest.mark.parametrize(
    ("environ", "images", "expected", "why"),
    [
        ({}, False, StackKind.EMBEDDED, "nothing but Python is there"),
        ({}, True, StackKind.CONTAINERS, "an engine answers and has the images"),
        (_GIVEN, True, StackKind.ENV, "given servers come first"),
        ({"BATON_TEST_STACK": "embedded"}, True, StackKind.EMBEDDED, "asked for by name"),
        ({"BATON_TEST_STACK": "containers"}, False, StackKind.CONTAINERS, "asked for although it must pull"),
        ({**_GIVEN, "BATON_TEST_STACK": "embedded"}, False, StackKind.EMBEDDED, "a name beats addresses"),
    ],
)
def test_one_rule_decides(
    environ: dict[str, str], images: bool, expected: StackKind, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "images_present", lambda: images)
    assert decide(environ) is expected, why
    assert describe(expected, {**_GIVEN, **environ})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"BATON_TEST_STACK": "docker"}, "write one of env, containers, embedded"),
        ({"BATON_TEST_KAFKA": "kafka.test:9092"}, "set both"),
        ({"BATON_TEST_STACK": "env"}, "set both"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(environ: dict[str, str], message: str) -> None:
    with pytest.raises(WrongSettingError, match=message):
        decide(environ)

"""Services as the stack starts them: by settings of their own, and with the secrets that were given."""

from pathlib import Path

import pytest

from baton_dev.services import INTAKE, Surroundings, settings


def test_secrets_and_the_way_of_alerts_reach_a_service_and_no_other_setting_of_the_starter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_SECRET_MY_TYPEFORM", "s3cret")
    monkeypatch.setenv("BATON_SECRETS_DIR", "secrets")
    monkeypatch.setenv("BATON_SMTP_URL", "smtp://127.0.0.1:2525")
    monkeypatch.setenv("BATON_DELIVERY_ALLOW", "127.0.0.1/32")
    monkeypatch.setenv("BATON_KAFKA", "elsewhere:9092")
    monkeypatch.setenv("BATON_LOG_LEVEL", "debug")
    around = Surroundings(home=tmp_path, kafka="127.0.0.1:1", dsn={}, operator_token="t", extra={})
    env = settings(INTAKE, around, port=1, instance="intake")
    assert (env["BATON_SECRET_MY_TYPEFORM"], env["BATON_SECRETS_DIR"]) == ("s3cret", "secrets")
    assert (env["BATON_SMTP_URL"], env["BATON_DELIVERY_ALLOW"]) == ("smtp://127.0.0.1:2525", "127.0.0.1/32")
    assert env["BATON_KAFKA"] == "127.0.0.1:1"
    assert "BATON_LOG_LEVEL" not in env

"""The weekly page on the command line, against an sla-monitor that answers as set."""

from pathlib import Path

from baton_cli.audit import operator_name
from tests.unit.cli.conftest import Run, Services

LOOKED = {
    "page": "weekly",
    "period": "2026-W48",
    "subject": "Week 48: 7 wins, 36 SQLs",
    "text": "WINS\nAds  €7\n",
}
SENT = {
    "page": "weekly",
    "period": "2026-W48",
    "sent": ["email:sales@example.com"],
    "sent_before": ["slack:C42"],
}


def test_the_page_of_the_last_week_is_shown(services: Services, baton: Run) -> None:
    services.answer("GET /v1/pages/weekly/last", LOOKED)
    result = baton("report", "weekly", "--language", "es")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Week 48: 7 wins, 36 SQLs\n\nWINS\nAds  €7\n"
    assert services.asked[-1] == ("GET /v1/pages/weekly/last", "language=es")


def test_a_page_is_sent_and_says_to_whom(services: Services, baton: Run) -> None:
    services.answer("POST /v1/pages/weekly/2026-W48/send", SENT)
    result = baton("report", "weekly", "--week", "2026-W48", "--send")
    assert result.exit_code == 0, result.output
    assert "2026-W48 is on its way to email:sales@example.com." in result.stdout
    assert "Sent before: slack:C42." in result.stdout


def test_a_page_is_sent_under_the_name_of_who_typed_it(services: Services, baton: Run) -> None:
    services.answer("POST /v1/pages/weekly/last/send", SENT)
    assert baton("report", "weekly", "--send").exit_code == 0
    assert services.signed["POST /v1/pages/weekly/last/send"] == operator_name()


def test_who_has_it_is_not_sent_it_again(services: Services, baton: Run) -> None:
    services.answer("POST /v1/pages/weekly/last/send", SENT | {"sent": []})
    assert "2026-W48: nobody is sent it." in baton("report", "weekly", "--send").stdout


def test_the_e_mails_page_goes_into_a_file(services: Services, baton: Run, tmp_path: Path) -> None:
    services.answer("GET /v1/pages/weekly/last/html", "<!doctype html>")
    baton("report", "weekly", "--html", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_text() == "<!doctype html>"


def test_a_week_that_is_none_is_refused_in_the_services_words(services: Services, baton: Run) -> None:
    detail = "write a week as 2026-W48 instead of '48'"
    services.answer("GET /v1/pages/weekly/48", {"title": "The period cannot be read", "detail": detail}, 422)
    result = baton("report", "weekly", "--week", "48")
    assert result.exit_code != 0
    assert detail in result.output


def test_what_was_sent_is_listed_with_how_it_fared(services: Services, baton: Run) -> None:
    row = {"page": "weekly", "period": "2026-W48", "language": "es", "sent_at": "2026-11-30T07:00:03Z"}
    away = {"receiver": "email:sales@example.com", "state": "pending", "detail": "no answer"}
    old = {"receiver": "slack:C42", "state": None, "detail": None}
    services.answer("GET /v1/pages", {"pages": [row | away, row | old]})
    shown = baton("report", "pages").stdout
    assert "pending" in shown
    assert "no answer" in shown
    assert "forgotten" in shown


def test_nothing_sent_says_where_receivers_stand(services: Services, baton: Run) -> None:
    services.answer("GET /v1/pages", {"pages": []})
    assert "company.yaml" in baton("report", "pages").stdout


def test_a_page_waits_for_its_turn_and_a_folder_that_is_not_there_is_told(
    services: Services, baton: Run, tmp_path: Path
) -> None:
    services.answer("GET /v1/pages/weekly/last/html", "<!doctype html>")
    services.busy["GET /v1/pages/weekly/last/html"] = ["0"]
    result = baton("report", "weekly", "--html", str(tmp_path / "no" / "page.html"))
    assert result.exit_code == 2
    assert "is busy: asked again" in result.output
    assert "name a file in a folder that is there" in result.output

"""One Prometheus and one Alertmanager that watch a running stack, with the files that installations use."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml

from baton_dev.files import write_private
from baton_dev.observability.pace import REAL, Pace
from baton_dev.observability.packages import program
from baton_dev.ports import choose_port
from baton_dev.process import ManagedProcess

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
COMPOSE_PROMETHEUS = DEPLOY / "compose" / "prometheus.yml"
RUNBOOKS = "https://example.com/runbooks"


class Watchers:
    """Both as processes with their data in `home`; `targets` are host:port of the jobs.

    Prometheus has the jobs of compose with these targets and looks every second; the rules and Alertmanager's
    routes are those of deploy/ at a `pace`, with letters to `mail_port` of 127.0.0.1.
    """

    def __init__(
        self,
        home: Path,
        targets: Mapping[str, str],
        *,
        mail_port: int,
        pace: Pace = REAL,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        alerts, series = choose_port(), choose_port()
        alerting, scraping = home / "alertmanager.yml", home / "prometheus.yml"
        alerting.write_text(json.dumps(pace.routes(_alertmanager(mail_port))))
        config = prometheus_config(home, alerts, rules=pace.copy_rules(RULES, home / "rules"))
        config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
        scraping.write_text(json.dumps(config))
        self._home = home
        for job in (each["job_name"] for each in config["scrape_configs"]):
            self.watch(job, [targets[job]])
        self.alertmanager = _process(
            home,
            "prometheus-alertmanager",
            alerts,
            f"--config.file={alerting}",
            f"--storage.path={home / 'alerts'}",
            "--cluster.listen-address=",
        )
        self.prometheus = _process(
            home,
            "prometheus",
            series,
            f"--config.file={scraping}",
            f"--storage.tsdb.path={home / 'series'}",
        )

    def start(self) -> None:
        """Return once both answer. Raises PartFailedError, or StackError where a package cannot be had."""
        for each in (self.alertmanager, self.prometheus):
            each.start()
        for each in (self.alertmanager, self.prometheus):
            each.await_answer("/-/ready")

    def stop(self) -> None:
        """Stop both by their pids."""
        for each in (self.prometheus, self.alertmanager):
            each.stop()

    def watch(self, job: str, targets: Sequence[str]) -> None:
        """Have a job scrape these from now on; Prometheus sees it within seconds."""
        write_private(_targets(self._home, job), json.dumps([{"targets": list(targets)}]))

    def ask(self, path: str, **query: str) -> Any:
        """The data of one answer of Prometheus' HTTP API."""
        answer = _get(f"{self.prometheus.base_url}/api/v1/{path}", query)
        return answer["data"]

    def series(self, query: str) -> list[dict[str, Any]]:
        """What a query gives now."""
        found: list[dict[str, Any]] = self.ask("query", query=query)["result"]
        return found

    def received(self) -> list[dict[str, Any]]:
        """The alerts that Alertmanager holds now."""
        found: list[dict[str, Any]] = _get(f"{self.alertmanager.base_url}/api/v2/alerts", {})
        return found


def prometheus_config(home: Path, alertmanager_port: int, *, rules: Path) -> dict[str, Any]:
    """The configuration of compose with the targets that files in `home` name."""
    config: dict[str, Any] = yaml.safe_load(COMPOSE_PROMETHEUS.read_text(encoding="utf-8"))
    config["global"]["external_labels"]["runbooks"] = RUNBOOKS
    config["rule_files"] = [str(rules / "*.yml")]
    for job in config["scrape_configs"]:
        for found_by in ("static_configs", "dns_sd_configs"):
            job.pop(found_by, None)
        job["file_sd_configs"] = [{"files": [str(_targets(home, job["job_name"]))]}]
    (alerting,) = config["alerting"]["alertmanagers"]
    alerting["static_configs"] = [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]
    return config


def _targets(home: Path, job: str) -> Path:
    return home / f"targets-{job}.json"


def _alertmanager(mail_port: int) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    config["global"]["smtp_smarthost"] = f"127.0.0.1:{mail_port}"
    return config


def _process(home: Path, name: str, port: int, *flags: str) -> ManagedProcess:
    listen = f"--web.listen-address=127.0.0.1:{port}"
    return ManagedProcess(
        name,
        [program(name), listen, "--log.level=warn", *flags],
        env={},
        log_path=home / f"{name}.log",
        base_url=f"http://127.0.0.1:{port}",
    )


def _get(url: str, query: Mapping[str, str]) -> Any:
    answer = httpx.get(url, params=dict(query), timeout=20, trust_env=False, verify=False)  # noqa: S501 - http, on loopback
    answer.raise_for_status()
    return answer.json()

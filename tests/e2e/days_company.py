"""A company on three hard days: its rulebook as a folder that an operator edits, and its running stack."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from baton_dev.stack import Stack
from rulebook.loader import load_folder
from rulebook.publication import to_document
from tests.e2e.days_receivers import SECRET, Told

FIXTURE = Path(__file__).parent / "fixtures" / "days"
SURVEY_SECRET = "a-secret-of-the-survey"


class Company:
    """The folder, the stack, and the `baton` command as the operator calls it."""

    def __init__(self, home: Path, told: Told) -> None:
        self.folder = home / "rulebook"
        self.told = told
        shutil.copytree(FIXTURE, self.folder)
        channels = {
            "hook": {"kind": "webhook", "url": told.hook, "secret": "alerts"},
            "mail": {"kind": "email", "to": ["ops@example.org"]},
        }
        (self.folder / "alerts.yaml").write_text(yaml.safe_dump({"channels": channels}))
        self.stack = Stack(home / "stack", self.document(), fsync=False, extra_env=_settings(told))

    def document(self) -> dict[str, Any]:
        """The folder as it is now."""
        return to_document(load_folder(self.folder))

    def edit(self, form: str, old: str, new: str) -> None:
        """Change one place of a form's file."""
        file = self.folder / "forms" / f"{form}.yaml"
        text = file.read_text()
        assert text.count(old) == 1, (form, old)
        file.write_text(text.replace(old, new))

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """The `baton` command, begun."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        return subprocess.Popen(
            [sys.executable, "-m", "baton_cli", *words],
            env=env | {"BATON_STACK": str(self.stack.home / "stack.json")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def baton(self, *words: str, exit_code: int = 0) -> str:
        """What the `baton` command prints; any other exit code is an error."""
        return finished(self.start(*words), exit_code)

    def json(self, *words: str, exit_code: int = 0) -> Any:
        """What it prints for machines."""
        return json.loads(self.baton(*words, "--json", exit_code=exit_code))


def finished(command: "subprocess.Popen[str]", exit_code: int = 0) -> str:
    """What a command has printed in the end."""
    printed, said = command.communicate(timeout=120)
    assert command.returncode == exit_code, (command.args, printed, said)
    return printed


def _settings(told: Told) -> dict[str, str]:
    return {
        "BATON_SECRET_ALERTS": SECRET,
        "BATON_SECRET_SURVEY": SURVEY_SECRET,
        "BATON_SMTP_URL": f"smtp://127.0.0.1:{told.mail_port}?starttls=never",
        "BATON_SMTP_FROM": "baton@example.org",
        "BATON_DELIVERY_ALLOW": "127.0.0.0/8",
        "BATON_TRUSTED_PROXIES": "127.0.0.0/8",
    }

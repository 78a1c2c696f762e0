"""What an operator does with the overlay `production`: take a copy of it elsewhere."""

import shlex
import subprocess
from pathlib import Path

import pytest

from baton_dev.kubernetes.manifests import OVERLAYS, Manifest, render
from tests.k8s.pages import commands

ROOT = OVERLAYS.parents[2]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The copy that the page makes, beside a checkout of Baton."""
    (tmp_path / "baton").symlink_to(ROOT)
    for line in commands("Production"):
        if line.startswith(("cp ", "sed ")):
            subprocess.run(shlex.split(line), check=True, cwd=tmp_path)
    return tmp_path / "your-overlay"


def test_a_copy_in_another_repository_builds_the_same(copied: Path, built: dict[str, list[Manifest]]) -> None:
    assert copied.is_dir(), "the page tells how to copy"
    assert render(copied) == built["production"]

"""Each image's lock is a part of requirements.lock, and all that the image needs."""

from pathlib import Path

import pytest

from baton_dev.errors import StackError
from baton_dev.images.locks import LOCKS, WHOLE, locks, part_of, pinned_blocks

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_says_what_make_lock_would_write(path: str) -> None:
    assert (ROOT / path).read_text() == locks(ROOT)[ROOT / path], "run `make lock`"


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_pins_nothing_otherwise_than_the_whole(path: str) -> None:
    whole = pinned_blocks((ROOT / WHOLE).read_text())
    assert pinned_blocks((ROOT / path).read_text()).items() <= whole.items()


def test_every_pin_has_its_hashes() -> None:
    for path in LOCKS:
        blocks = pinned_blocks((ROOT / path).read_text())
        assert not [name for name, block in blocks.items() if "--hash=sha256:" not in block]


def test_intake_carries_no_language_data_of_reports_no_messenger_and_no_migrations() -> None:
    names = pinned_blocks((ROOT / "services/intake/requirements.lock").read_text()).keys()
    assert not names & {"babel", "apprise", "slack-sdk", "psycopg", "yoyo-migrations"}


def test_what_the_whole_does_not_pin_is_named() -> None:
    with pytest.raises(StackError, match=r"does not pin .*hatchling.*make lock"):
        part_of("pluggy==1.0 \\\n    --hash=sha256:00\n", ["hatchling"])


def test_a_part_that_is_not_installed_is_named() -> None:
    with pytest.raises(StackError, match="baton-unheard-of is not installed"):
        part_of("", ["baton-unheard-of"])

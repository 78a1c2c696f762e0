"""What others run for us: a vendor of leads, a mail server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from baton_dev.faults.company import VENDOR_TOKEN
from baton_dev.faults.site import Site

SLOW = 7.0
"""Seconds that the mail server takes for a letter."""


@contextmanager
def token_expires(site: Site) -> Iterator[None]:
    """The vendor takes another token than the one intake has; later intake is given that."""
    site.vendor.token = secrets.token_urlsafe(24)
    try:
        yield
    finally:
        site.keep_secret(VENDOR_TOKEN, site.vendor.token)


@contextmanager
def mail_slow(site: Site) -> Iterator[None]:
    """The mail server takes its time with every letter."""
    site.reps_mail.seconds = SLOW
    try:
        yield
    finally:
        site.reps_mail.seconds = 0.0

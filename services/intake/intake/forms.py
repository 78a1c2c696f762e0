"""The forms that intake knows: every version read from the topic or the cache, else the seed folder."""

from datetime import datetime
from typing import NamedTuple

from intake import errors
from rulebook.models import Form, Rulebook
from rulebook.versions import History, NoRulebookYet, Versioned

SEED_VERSION = 0


class Found(NamedTuple):
    """A form by its key. `is_retired`: it was valid once, so whoever still posts to it cannot know better.

    `staff_domains`: the company's own, in the version in force; what comes from them is a test.
    """

    form_id: str
    form: Form
    version: int
    is_retired: bool
    staff_domains: tuple[str, ...] = ()


class Forms:
    """Finds a form by its key in the version in force at a time.

    `topic_was_read` becomes true once everything published before this process started has been read; only
    then is an unknown key an error of the caller.
    """

    def __init__(self, seed: Rulebook | None = None, seeded_at: datetime | None = None) -> None:
        self.topic_was_read = False
        self._published = History()
        self._seed = History()
        self._by_key: dict[int, dict[str, Found]] = {}
        if seed is not None and seeded_at is not None:
            self._seed = History([Versioned(SEED_VERSION, seeded_at, seed)])
            self._index(SEED_VERSION, seed)
        self._versions: list[Versioned] = []

    @property
    def is_known(self) -> bool:
        """Whether there is any rulebook to read submissions by."""
        return bool(len(self._published) or len(self._seed))

    def version_at(self, time: datetime) -> int | None:
        """The number of the version in force; None without a rulebook."""
        try:
            return self._history.at(time).version
        except NoRulebookYet:
            return None

    def add(self, versioned: Versioned) -> None:
        """Learn of a published version; from the first one on the seed no longer counts."""
        if versioned.version in self._published:
            return
        self._published = self._published.with_version(versioned)
        self._index(versioned.version, versioned.rulebook)
        self._versions = sorted([*self._versions, versioned], key=lambda each: -each.version)

    def find(self, key: str, at: datetime) -> Found:
        """The form of that key at that time.

        Raises Refusal: 503 without a rulebook or before the topic has been read, 404 for a key never
        valid, or not valid yet: then with the time to wait.
        """
        try:
            current = self._history.at(at)
        except NoRulebookYet:
            raise errors.no_rulebook() from None
        found = self._by_key[current.version].get(key)
        if found is not None:
            return found
        for older in self._versions:
            if older.effective_from <= at and key in self._by_key[older.version]:
                return self._by_key[older.version][key]._replace(
                    version=current.version, is_retired=True, staff_domains=staff_of(current)
                )
        if not self.topic_was_read:
            raise errors.form_not_known_yet()
        coming = self._coming(key, at)
        raise errors.unknown_form() if coming is None else errors.form_not_in_force_yet(coming, at)

    def in_force(self, at: datetime) -> dict[str, Form]:
        """The forms of the version in force by id, retired ones too; none without a rulebook."""
        try:
            return dict(self._history.at(at).rulebook.forms)
        except NoRulebookYet:
            return {}

    def named(self, form_id: str, at: datetime) -> Found | None:
        """The form of that id at that time, or as it was last; None when no version ever had it."""
        history = self._published if len(self._published) else self._seed
        try:
            current = history.at(at)
        except NoRulebookYet:
            return None
        form = current.rulebook.forms.get(form_id)
        if form is not None:
            return Found(form_id, form, current.version, form.status == "retired", staff_of(current))
        for older in self._versions:
            if older.effective_from <= at and form_id in older.rulebook.forms:
                return Found(form_id, older.rulebook.forms[form_id], current.version, is_retired=True)
        return None

    def staff_domains(self, at: datetime) -> tuple[str, ...]:
        """The company's own e-mail domains at that time; none without a rulebook."""
        try:
            return staff_of(self._history.at(at))
        except NoRulebookYet:
            return ()

    def has_fetching(self) -> bool:
        """Whether any version known has a form whose leads are fetched."""
        return any(found.form.fetch for forms in self._by_key.values() for found in forms.values())

    def _coming(self, key: str, at: datetime) -> datetime | None:
        """From when a version has this key that is not in force yet and will not be superseded before."""
        moments = [
            later.effective_from
            for later in self._versions
            if later.effective_from > at
            and key in self._by_key[later.version]
            and self._history.at(later.effective_from).version == later.version
        ]
        return min(moments, default=None)

    @property
    def _history(self) -> History:
        return self._published if len(self._published) else self._seed

    def _index(self, version: int, rulebook: Rulebook) -> None:
        staff = tuple(rulebook.staff_domains)
        self._by_key[version] = {
            form.key: Found(form_id, form, version, form.status == "retired", staff)
            for form_id, form in rulebook.forms.items()
        }


def staff_of(versioned: Versioned) -> tuple[str, ...]:
    """The company's own e-mail domains in a version."""
    return tuple(versioned.rulebook.staff_domains)

"""Forms under a wave of spam. Each process sees the suspects that it takes itself."""

from intake import metrics
from intake.domain.suspicion import SUSPECT
from intake.domain.verdict import quarantined
from intake.domain.waves import Turn, Watch
from lead_events import Verdict
from lead_events.words import QuarantineReason
from rulebook.models import Form
from service_kit.logs import logger

_log = logger(__name__)


class Waves:
    """Watches every form; while a wave lasts, what nothing else speaks against waits in quarantine too."""

    def __init__(self) -> None:
        self._watches: dict[str, Watch] = {}

    def verdict(self, form_id: str, form: Form, verdict: Verdict, now: float) -> Verdict:
        """The verdict by what the form sees now; `now` in seconds from a clock that never goes back."""
        watch = self._watches.get(form_id)
        if verdict.reason is not None:
            if verdict.reason in SUSPECT:
                watch = watch or self._watches.setdefault(form_id, Watch())
                self._tell(form_id, watch.suspect(form, now))
            return verdict
        if watch is None:
            return verdict
        self._tell(form_id, watch.look(form, now))
        if not watch.is_on:
            return verdict
        return quarantined(QuarantineReason.SPAM_WAVE, "it came while the form was under a wave of suspects")

    @property
    def count(self) -> int:
        """Forms under a wave as far as is known."""
        return sum(1 for watch in self._watches.values() if watch.is_on)

    def _tell(self, form_id: str, turn: Turn) -> None:
        if turn is Turn.NOTHING:
            return
        metrics.WAVES.labels(turn.value).inc()
        if turn is Turn.BEGAN:
            _log.error(
                "a wave of suspects: the form quarantines everything until it is over", form_id=form_id
            )
        else:
            _log.warning("the wave of suspects is over: the form takes leads again", form_id=form_id)

"""Everything the router does with messages, as one thing to wire."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from delivery.addresses import Allowed
from delivery.message import Carrier, Channel
from delivery.sender import Sender
from delivery.settings import carriers_of
from router.books import Books
from router.handlers.acts import ActHandler
from router.handlers.declines import DeclineHandler
from router.messages.answering import Answering
from router.messages.deciding import Deciding
from router.messages.links import Links
from router.messages.outgoing import Outgoing
from router.messages.preparing import Preparing
from router.messages.slack import SlackAnswers
from router.settings import RouterSettings
from service_kit.logs import logger
from service_kit.parts import Part, Periodic
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets

EVERY = timedelta(milliseconds=200)
"""How soon somebody is told."""

_log = logger(__name__)


class MessageOffice:
    """Tells reps and team leads, and takes their answers. `wake` is called when a rep has room."""

    def __init__(
        self,
        runtime: Runtime,
        settings: RouterSettings,
        books: Books,
        acts: ActHandler,
        wake: Callable[[], None],
    ) -> None:
        carriers = _set_up(settings)
        links = Links(settings.link_secret.get_secret_value(), settings.public_url)
        self._runtime = runtime
        self._has_begun = False
        self.links = links
        self.channels = frozenset(carriers)
        self.outgoing = Outgoing(self.channels, books)
        deciding = Deciding(runtime, DeclineHandler(acts), wake)
        self.answering = Answering(runtime, acts, deciding, links, wake)
        secrets, allowed = Secrets(settings.secrets_dir), Allowed.parse(settings.delivery_allow)
        self.slack = SlackAnswers(self.answering, secrets, allowed)
        preparing = Preparing(runtime.database, books, links, self.slack.are_taken)
        self.sender = Sender(
            runtime.database, carriers, runtime.clock, prepare=preparing.prepare, tracing=runtime.tracing
        )

    def parts(self) -> list[Part]:
        """Two, so that a slow receiver keeps nobody's message from being made."""
        clock = self._runtime.clock
        return [
            Periodic("messages", every=EVERY, work=self.make, clock=clock),
            Periodic("deliveries", every=EVERY, work=self.sender.work, clock=clock),
        ]

    async def make(self) -> None:
        """Messages of everything that nobody was told yet."""
        if not self._has_begun:
            if Channel.EMAIL not in self.channels:
                _log.warning("no e-mail to reps: set BATON_SMTP_URL and BATON_SMTP_FROM")
            await self._runtime.in_transaction(self.outgoing.begin)
            self._has_begun = True
        while await self._runtime.in_transaction(self.outgoing.make):
            pass


def _set_up(settings: RouterSettings) -> Mapping[Channel, Carrier]:
    """The channels that can send: without a mail server e-mail is none of them, and costs nothing."""
    carriers = carriers_of(settings, Secrets(settings.secrets_dir))
    if settings.smtp_url.get_secret_value() and settings.smtp_from:
        return carriers
    return {channel: carrier for channel, carrier in carriers.items() if channel is not Channel.EMAIL}

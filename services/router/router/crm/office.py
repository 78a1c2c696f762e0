"""Everything the router does with CRMs, as one thing to wire."""

from collections.abc import Callable
from datetime import timedelta

from delivery.addresses import Allowed
from delivery.crm_auth import Signer
from delivery.crm_exchange import Exchange
from delivery.kept_tokens import TokenStore
from router.books import Books
from router.crm.applier import Acts, Assigns, CrmApplier
from router.crm.sender import CrmSender
from service_kit.parts import Part, Periodic
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets

EVERY = timedelta(seconds=1)
"""How soon a CRM hears of what happened."""


class CrmOffice:
    """Tells CRMs and does what they say. `wake` is called when a rep may have room."""

    def __init__(
        self,
        runtime: Runtime,
        books: Books,
        acts: Acts,
        assigns: Assigns,
        *,
        secrets: Secrets,
        allowed: Allowed,
        wake: Callable[[], None],
    ) -> None:
        exchange = Exchange(allowed=allowed)
        self.runtime = runtime
        self.books = books
        self.secrets = secrets
        signer = Signer(secrets, exchange, TokenStore(runtime.database))
        self.sender = CrmSender(runtime, books, exchange, signer)
        self.applier = CrmApplier(runtime, books, acts, assigns)
        self._wake = wake

    def parts(self) -> list[Part]:
        """Two, so that a CRM that answers slowly keeps nobody waiting for what another said."""
        return [
            Periodic("crm requests", every=EVERY, work=self.sender.work, clock=self.runtime.clock),
            Periodic("crm events", every=EVERY, work=self.apply, clock=self.runtime.clock),
        ]

    async def apply(self) -> None:
        """Do what CRMs have said."""
        if await self.applier.work():
            self._wake()

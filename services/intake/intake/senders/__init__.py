"""Whether a post really comes from the vendor it says it comes from: signatures and keys, by each scheme."""

from intake.senders.challenges import Challenges
from intake.senders.in_body import without_secret, without_secrets
from intake.senders.operator import OPERATOR, Operator
from intake.senders.senders import Senders, SenderUnchecked, delivery_id

__all__ = [
    "OPERATOR",
    "Challenges",
    "Operator",
    "SenderUnchecked",
    "Senders",
    "delivery_id",
    "without_secret",
    "without_secrets",
]

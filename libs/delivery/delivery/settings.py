"""What a service that sends messages reads from its environment."""

from pydantic import Field, SecretStr, field_validator

from delivery.addresses import Allowed
from delivery.mail import Mail, MailServer
from delivery.message import Carrier, Channel
from delivery.others import Others
from delivery.slack import SLACK_API, Slack
from delivery.webhook import Webhooks
from service_kit.secrets import Secrets
from service_kit.settings import ServiceSettings


class DeliverySettings(ServiceSettings):
    """The settings of a service that sends messages begin with these."""

    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp(s)://user:password@host:port; empty: no e-mail is sent"
    )
    smtp_from: str = Field("", description="address that e-mail comes from")
    slack_api: str = Field(SLACK_API, description="where Slack's API is; for tests and proxies")
    delivery_allow: str = Field(
        "", description="receivers in private networks: networks and host:port, comma-separated"
    )

    @field_validator("delivery_allow")
    @classmethod
    def _readable(cls, text: str) -> str:
        Allowed.parse(text)
        return text

    @field_validator("smtp_url")
    @classmethod
    def _of_a_server(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            MailServer.parse(url.get_secret_value())
        return url


def carriers_of(settings: DeliverySettings, secrets: Secrets) -> dict[Channel, Carrier]:
    """The channels as the settings have them."""
    url = settings.smtp_url.get_secret_value()
    allowed = Allowed.parse(settings.delivery_allow)
    return {
        Channel.WEBHOOK: Webhooks(secrets, allowed=allowed),
        Channel.SLACK: Slack(secrets, base_url=settings.slack_api),
        Channel.APPRISE: Others(secrets, allowed=allowed),
        Channel.EMAIL: Mail(MailServer.parse(url) if url else None, settings.smtp_from),
    }

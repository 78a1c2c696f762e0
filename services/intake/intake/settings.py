"""Intake's settings, read from BATON_* variables."""

from ipaddress import ip_network
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from service_kit.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """What intake needs beside the settings of every service. It has no database."""

    service: ClassVar[str] = "intake"

    publish_deadline_ms: int = Field(1_200, ge=50, description="then the record goes to the spool")
    data_dir: Path = Field(
        Path("intake-data"), description="spool and rulebook cache; on a volume that is kept"
    )
    rulebook_seed: Path | None = Field(
        None, description="folder with a rulebook to start from, before any is published"
    )
    spool_max_bytes: int = Field(1024**3, ge=64 * 1024, description="beyond it intake answers 503")
    spools_root: Path | None = Field(
        None, description="folder below which spools left behind may be adopted; absent: that of data_dir"
    )
    refused_days: int = Field(
        13, ge=1, le=365, description="how long a record stays that the broker refused for good"
    )
    spool_segment_bytes: int = Field(8 * 1024**2, ge=4096)
    spool_deadline_ms: int = Field(1_000, ge=50, le=10_000, description="for one fsync, then 503")
    import_max_bytes: int = Field(
        1024**3, ge=64 * 1024, description="of one file of leads; needs that much room in data_dir"
    )
    import_days: int = Field(13, ge=1, le=365, description="how long files and refused rows of imports stay")
    body_max_bytes: int = Field(64 * 1024, ge=1024, le=512 * 1024)
    body_seconds: float = Field(15.0, gt=0, description="for a whole body to arrive")
    public_url: str = Field(
        "", description="how vendors reach intake, such as https://leads.example.com; HubSpot signs it"
    )
    fetches_at_once: int = Field(8, ge=1, le=100, description="leads asked of vendors at a time")
    meta_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$", description="of Meta's Graph API")
    linkedin_version: str = Field("202606", pattern=r"^20\d{4}$", description="of LinkedIn's API, as YYYYMM")
    form_token_secret: SecretStr = Field(
        SecretStr(""),
        description="signs fill tokens; the same in all instances, else each knows only its own",
    )
    trusted_proxies: str = Field(
        "",
        description="networks of proxies whose word counts for who posts, such as 10.0.0.0/8,2001:db8::/48",
    )
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = Field(
        "x-forwarded-for", description="the one header that those proxies write"
    )
    hsts_seconds: int = Field(
        0, ge=0, description="max-age of Strict-Transport-Security; 0: none, as TLS may end elsewhere"
    )
    recent_keys: int = Field(
        10_000, ge=0, le=1_000_000, description="Idempotency-Keys remembered by this instance"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for each in _parts(value):
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError(f"{error}: write networks such as 10.0.0.0/8, with commas between") from None
        return value

    @property
    def proxy_networks(self) -> tuple[str, ...]:
        """`trusted_proxies`, one by one."""
        return _parts(self.trusted_proxies)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())

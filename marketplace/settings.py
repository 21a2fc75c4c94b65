"""Settings: read once from the environment and ``.env``, checked, and passed in. Nothing else reads the environment."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

_MINIMUM_SECRET = 32


class SettingsAreWrong(Exception):
    """Says, a line a fault, which setting is wrong and what it should be."""


class Settings(BaseSettings):
    """Every setting has a default that runs on one laptop; production must name its secret, address, gateway and mail server."""

    model_config = SettingsConfigDict(env_prefix="WUSHE_", env_file=".env", extra="ignore", frozen=True)

    mode: Literal["demo", "production"] = "demo"
    site_url: str = "http://127.0.0.1:8000"
    data_folder: Path = Path("var")
    database_url: str = ""
    database_pool: int = Field(default=10, ge=1, le=200)
    broker_url: str = Field(
        default="", description="empty: jobs run in this process; redis://… or amqp://… : in workers"
    )
    broker_namespace: str = Field(
        default="wushe",
        pattern=r"^[a-z][a-z0-9_-]{0,40}$",
        description="keeps two houses apart on one Redis or RabbitMQ",
    )
    search_url: str = Field(
        default="",
        description="empty: search in this process, over data_folder/search; http(s)://… : a Meilisearch server",
    )
    search_key: SecretStr = Field(
        default=SecretStr(""), description="may only search; `marketplace search keys` makes it"
    )
    search_write_key: SecretStr = Field(default=SecretStr(""), description="may only write our own indexes")
    search_name: str = Field(
        default="wushe",
        pattern=r"^[a-z][a-z0-9]{0,40}$",
        description="keeps two houses apart on one search server",
    )
    secret: SecretStr = SecretStr("")
    code_gateway_url: str = Field(
        default="", description="empty: one-time codes go to the console, in demo mode only"
    )
    code_gateway_token: SecretStr = SecretStr("")
    mail_url: str = Field(
        default="", description="empty: e-mail is written to data_folder/mail; smtp://user:password@host:port"
    )
    mail_from: str = "Wushe <noreply@localhost>"
    graphql_a_minute_by_person: int = Field(default=600, ge=0, description="0: as often as anybody likes")
    graphql_a_minute_by_address: int = Field(
        default=1200, ge=0, description="for strangers; wide, because a community centre is one address"
    )
    trusted_proxies: str = Field(
        default="", description="comma-separated addresses whose X-Forwarded-For is believed"
    )
    ocds_prefix: str = Field(
        default="ocds-wushe0",
        pattern=r"^ocds-[a-z0-9]{6}$",
        description="of our ocids; a real one is registered with the Open Contracting Partnership",
    )
    ocds_publisher: str = Field(default="Wushe", min_length=1, description="who publishes the OCDS packages")
    ocds_license: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="the address of the licence under which open data is given",
    )
    ocds_schema: Path | None = Field(
        default=None, description="a folder with the official OCDS schemas, for `marketplace ocds validate`"
    )
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("site_url")
    @classmethod
    def _site_url_is_an_origin(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        value = (
            value.replace("postgresql://", "postgresql+asyncpg://", 1)
            if value.startswith("postgresql://")
            else value
        )
        if value and not value.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite:///")):
            raise ValueError("must begin with postgresql:// or sqlite+aiosqlite:///")
        return value

    @field_validator("search_url")
    @classmethod
    def _search_is_an_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must be empty or begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("broker_url")
    @classmethod
    def _broker_is_known(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
            raise ValueError("must be empty or begin with redis:// or amqp://")
        return value

    @model_validator(mode="before")
    @classmethod
    def _embedded_database(cls, given: dict[str, object]) -> dict[str, object]:
        if not given.get("database_url"):
            given["database_url"] = (
                f"sqlite+aiosqlite:///{Path(str(given.get('data_folder') or 'var')) / 'wushe.db'}"
            )
        return given

    @field_validator("secret")
    @classmethod
    def _secret_is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _MINIMUM_SECRET:
            raise ValueError(f"must be empty or a random text of at least {_MINIMUM_SECRET} characters")
        return value

    @model_validator(mode="after")
    def _production_is_complete(self) -> Self:
        if self.mode != "production":
            return self
        faults = []
        secret = self.secret.get_secret_value()
        if len(secret) < _MINIMUM_SECRET or len(set(secret)) < 10:
            faults.append(f"WUSHE_SECRET must be a random text of at least {_MINIMUM_SECRET} characters")
        if not self.site_url.startswith("https://"):
            faults.append("WUSHE_SITE_URL must begin with https://")
        if not self.code_gateway_url.startswith("https://"):
            faults.append("WUSHE_CODE_GATEWAY_URL must name the https:// address that sends one-time codes")
        if not self.mail_url.startswith(("smtp://", "smtps://")):
            faults.append("WUSHE_MAIL_URL must name the mail server, smtp://user:password@host:port")
        if self.search_url and not (
            self.search_key.get_secret_value() and self.search_write_key.get_secret_value()
        ):
            faults.append(
                "WUSHE_SEARCH_KEY and WUSHE_SEARCH_WRITE_KEY must be given: `marketplace search keys` makes them"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    def secret_bytes(self) -> bytes:
        """The house's secret. A demo without one makes its own once and keeps it in the data folder; production never does."""
        given = self.secret.get_secret_value()
        if given:
            return given.encode()
        return _demo_secret(self.data_folder / "demo-secret")


def _demo_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        handle, written = tempfile.mkstemp(dir=path.parent, prefix="demo-secret-")
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_urlsafe(48).encode())
        # Of processes that start at once the first one's file stays, and nobody ever reads half of one.
        with suppress(FileExistsError):
            os.link(written, path)
        os.unlink(written)
    return path.read_bytes()


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsAreWrong with one line for each fault."""
    try:
        return Settings()
    except UnicodeDecodeError:
        raise SettingsAreWrong(".env must be written in UTF-8") from None
    except ValidationError as error:
        raise SettingsAreWrong("\n".join(_line(fault) for fault in error.errors())) from None


def _line(fault: ErrorDetails) -> str:
    what = fault["msg"].removeprefix("Value error, ")
    return f"WUSHE_{fault['loc'][0]!s}".upper() + f": {what}" if fault["loc"] else what

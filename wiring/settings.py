"""Every setting of Pressroom, in one place, with its default and what it means.

Settings come from the environment (`PRESSROOM_…`); newsletters come from `pressroom.toml`.
Nothing else in the house reads the environment, except the AWS client, which reads its own variables.
"""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from slugify import slugify

from content.errors import BadConfigurationError
from content.values import Newsletter


class Settings(BaseSettings):
    """Where state lives, which engines work, how the outside world is read."""

    model_config = SettingsConfigDict(env_prefix="PRESSROOM_", extra="ignore", frozen=True)

    home: Path = Field(Path(".pressroom"), description="folder of pressroom.db, objects/ and site/")
    database_url: str = Field("", description="SQLAlchemy URL; empty: sqlite:///HOME/pressroom.db")
    storage_url: str = Field("", description="file:///… or s3://bucket/prefix; empty: HOME/objects")
    config: Path = Field(Path("pressroom.toml"), description="file that defines the newsletters")
    profile: str = Field("", description="bundle of engines for every newsletter; empty: as each newsletter says")
    engines: dict[str, str] = Field(
        default_factory=dict, description='engines that replace the profile\'s, as JSON: {"narrator": "espeak"}'
    )
    site_url: str = Field("", description="public address of HOME/site; empty gives relative links")
    preview_url: str = Field("", description="where HOME/site can be looked at meanwhile; `pressroom serve` sets it")
    workers: int = Field(2, ge=1, le=64, description="tasks that keep a processor busy side by side")
    requests: int = Field(
        16, ge=1, le=256, description="tasks that wait for a batching engine or a server side by side"
    )

    weights: Path = Field(Path("~/.cache/pressroom/weights"), description="folder of pulled model weights")
    device: str = Field("", description="where models go: cpu, cuda:0, mps; empty: the best there is")
    device_memory_gb: float = Field(
        0, ge=0, le=10_000, description="how much of the device models may take; 0: nine tenths of what it has"
    )
    idle_s: float = Field(300, ge=0, description="how long an unused model stays on the device, seconds")

    api_url: str = Field("", description="base URL of an OpenAI-compatible server: http://127.0.0.1:11434/v1")
    api_key: SecretStr = Field(SecretStr(""), description="its key, where it wants one")
    api_model: str = Field("", description="its model, unless the engine's name holds one")
    api_concurrency: int = Field(8, ge=1, le=512, description="requests to it at the same time")
    api_timeout_s: float = Field(120, gt=0, le=3600, description="for one answer, all of it, seconds")
    api_price_in: float = Field(0, ge=0, description="price of a million tokens read; 0: free")
    api_price_out: float = Field(0, ge=0, description="price of a million tokens written; 0: free")
    edition_budget: float = Field(0, ge=0, description="what one edition may cost; 0: no limit")

    allowed_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="hosts or host:port on private networks that may be read, comma-separated"
    )
    user_agent: str = Field(
        "Pressroom/0.1 (newsletter reader)", min_length=3, description="how the fetcher introduces itself"
    )
    fetch_timeout_s: float = Field(20, gt=0, le=600, description="for one request, redirects included, seconds")
    fetch_max_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="largest decoded body, bytes")

    fault: str = Field("", description="for tests: step[:item][:raise|kill] fails once there")

    @field_validator("allowed_private_hosts", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("home", "config", "weights")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def database(self) -> str:
        """The database's URL, defaults filled in."""
        return self.database_url or f"sqlite:///{self.home / 'pressroom.db'}"

    @property
    def storage(self) -> str:
        """The object store's URL, defaults filled in."""
        return self.storage_url or (self.home / "objects").as_uri()

    @property
    def site(self) -> Path:
        """The folder the static site is laid out in."""
        return self.home / "site"


def load_settings() -> Settings:
    """Read the environment; raise BadConfigurationError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"PRESSROOM_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise BadConfigurationError(
            "the environment has settings that cannot be used:\n  " + "\n  ".join(lines)
        ) from None


def load_newsletters(path: Path) -> dict[str, Newsletter]:
    """Read the newsletter definitions by slug, in the file's order.

    Raises BadConfigurationError that names the file, the newsletter and the key.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfigurationError(f"{path} cannot be read: {error}") from None
    if unknown := set(document) - {"newsletters"}:
        raise BadConfigurationError(f"{path}: unknown table {min(unknown)!r}; newsletters go under [newsletters.SLUG]")
    return {slug: _newsletter(path, slug, fields) for slug, fields in document.get("newsletters", {}).items()}


def _newsletter(path: Path, slug: str, fields: Any) -> Newsletter:
    if not isinstance(fields, dict):
        raise BadConfigurationError(f"{path}: [newsletters.{slug}] must be a table")
    try:
        newsletter = Newsletter(**{"slug": slug, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadConfigurationError(f"{path}: [newsletters.{slug}] {where}: {first['msg']}") from None
    zone_of(newsletter, where=f"{path}: [newsletters.{slug}]")
    try:
        CronSim(newsletter.schedule, dt.datetime.now(dt.UTC))
    except CronSimError:
        raise BadConfigurationError(
            f"{path}: [newsletters.{slug}] schedule: {newsletter.schedule!r} is not a cron line such as '0 6 * * *'"
        ) from None
    where = f"{path}: [newsletters.{slug}]"
    if newsletter.press_pack:
        folder = (path.parent / newsletter.press_pack).resolve()
        if not folder.is_dir():
            raise BadConfigurationError(f"{where} press_pack: there is no folder {folder}")
        newsletter = newsletter.model_copy(update={"press_pack": str(folder)})
    if newsletter.music:
        music = (path.parent / newsletter.music).resolve()
        if not music.is_file():
            raise BadConfigurationError(f"{where} music: there is no file {music}")
        newsletter = newsletter.model_copy(update={"music": str(music)})
    return newsletter


def zone_of(newsletter: Newsletter, where: str = "") -> dt.tzinfo:
    """Give the newsletter's time zone; raise BadConfigurationError when nobody knows it."""
    try:
        return ZoneInfo(newsletter.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadConfigurationError(
            f"{where or newsletter.slug} timezone: {newsletter.timezone!r} is no IANA time zone like Europe/Paris"
        ) from None


def newsletter_of_feeds(feeds: tuple[str, ...], slug: str = "") -> Newsletter:
    """Make up a newsletter for feeds given on the command line.

    It is called after its slug or, without one of its own, after the first feed's host; no masthead is an IP address.
    """
    address = urlsplit(feeds[0])
    of_host = slugify(address.netloc.removeprefix("www."))[:60] or "feeds"
    host = (address.hostname or "").removeprefix("www.")
    name = host if any(map(str.isalpha, host)) and "." in host else "Pressroom"
    if slug not in {"", of_host}:
        name = slug.replace("-", " ").title()
    try:
        return Newsletter(slug=slug or of_host, name=name, feeds=feeds)
    except ValidationError as error:
        raise BadConfigurationError(f"these feeds make no newsletter: {error.errors()[0]['msg']}") from None

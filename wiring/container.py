"""The composition root: the one place where settings become real adapters and engines.

A container lives as long as its process; what it hands out is made, and imported, on first use and kept:
a command that only reads its arguments has nothing to wait for.
"""

import threading
from contextlib import ExitStack
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from content.errors import BadConfigurationError
from content.recipes import EngineIdentity
from content.values import Newsletter
from wiring.settings import Settings, load_newsletters, load_settings, newsletter_of_feeds

if TYPE_CHECKING:
    from models import protocols
    from sources.fetch import GuardedFetcher
    from storage.database import Database
    from storage.library import Library
    from storage.objects import ObjectStore
    from wiring.fetch_memory import LibraryMemory


class Container:
    """Everything one process needs, made on first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engines: dict[tuple[str, str], protocols.Engine] = {}
        self._fetchers: dict[tuple[str, date], GuardedFetcher] = {}
        self._open = ExitStack()
        self._lock = threading.RLock()

    @cached_property
    def objects(self) -> "ObjectStore":
        """The object store; lives as long as the process."""
        from storage.objects import open_object_store

        self.settings.home.mkdir(parents=True, exist_ok=True)
        return open_object_store(self.settings.storage)

    @cached_property
    def database(self) -> "Database":
        """The database, migrated to the newest schema; lives as long as the process."""
        from storage.database import Database

        self.settings.home.mkdir(parents=True, exist_ok=True)
        database = Database(self.settings.database)
        database.migrate()
        return database

    @cached_property
    def library(self) -> "Library":
        """Bytes and rows together."""
        from storage.library import Library

        with self._lock:
            return Library(self.objects, self.database)

    @cached_property
    def newsletters(self) -> dict[str, Newsletter]:
        """The newsletters of `pressroom.toml`, by slug."""
        return load_newsletters(self.settings.config)

    def newsletter(self, slug: str, feeds: tuple[str, ...] = ()) -> Newsletter:
        """Find a newsletter, with other feeds where some are given.

        An unknown slug with feeds makes a newsletter of its own; without feeds it is a BadConfigurationError.
        """
        if slug in self.newsletters:
            known = self.newsletters[slug]
            return known.model_copy(update={"feeds": feeds, "press_pack": ""}) if feeds else known
        if feeds:
            return newsletter_of_feeds(feeds, slug)
        known_slugs = ", ".join(self.newsletters) or "none"
        raise BadConfigurationError(
            f"no newsletter is called {slug!r}; {self.settings.config} defines: {known_slugs}."
            " Add it there, or give feeds"
        )

    def profile(self, newsletter: Newsletter) -> str:
        """Give the profile in force for a newsletter."""
        return self.settings.profile or newsletter.profile

    @property
    def memory(self) -> "LibraryMemory":
        """What addresses gave last time."""
        from wiring.fetch_memory import LibraryMemory

        return LibraryMemory(self.library)

    def fetcher(self, press_pack: str, today: date) -> "GuardedFetcher":
        """Give the guarded fetcher, over the bundled press pack where a folder is given.

        One for each pack and day, kept as long as the process: it holds each host's turn and robots.txt.
        """
        from sources.fetch import FetchPolicy, GuardedFetcher
        from sources.press_pack import PressPack

        with self._lock:
            key = (press_pack, today)
            if key not in self._fetchers:
                resolve = self._open.enter_context(PressPack(Path(press_pack), today)).resolve if press_pack else {}
                policy = FetchPolicy(
                    user_agent=self.settings.user_agent,
                    allowed_private_hosts=self.settings.allowed_private_hosts,
                    timeout_s=self.settings.fetch_timeout_s,
                    max_bytes=self.settings.fetch_max_bytes,
                    resolve=resolve,
                )
                self._fetchers[key] = self._open.enter_context(GuardedFetcher(policy))
            return self._fetchers[key]

    def close(self) -> None:
        """Close what holds sockets; for tests, since a process that ends does the same."""
        self._fetchers.clear()
        self._open.close()

    # ---- engines: one per name and process ---------------------------------------------------------------------------

    def engine(self, medium: str, profile: str, language: str) -> "protocols.Engine":
        """Give the engine configured for a medium; it lives as long as the process."""
        from models.registry import build_engine, engine_name

        name = engine_name(medium, profile=profile, language=language, overrides=self.settings.engines)
        with self._lock:
            # The writer is built upon the embedder of its language, so the language is part of its name here.
            key = (medium, f"{name}/{language}")
            if key not in self._engines:
                self._engines[key] = build_engine(
                    medium,
                    name,
                    engine=lambda other: self.engine(other, profile, language),
                    trusted_hosts=self.settings.allowed_private_hosts,
                )
            return self._engines[key]

    def identity(self, medium: str, profile: str, language: str) -> EngineIdentity:
        """Say who would do the work, without loading anything."""
        return self.engine(medium, profile, language).identity

    def embedder(self, profile: str, language: str) -> "protocols.Embedder":
        """Give the engine from sentences to vectors."""
        return cast("protocols.Embedder", self.engine("embedder", profile, language))

    def writer(self, profile: str, language: str) -> "protocols.Writer":
        """Give the engine from a brief to an article."""
        return cast("protocols.Writer", self.engine("writer", profile, language))

    def illustrator(self, profile: str, language: str) -> "protocols.Illustrator":
        """Give the engine from a headline to a picture."""
        return cast("protocols.Illustrator", self.engine("illustrator", profile, language))

    def narrator(self, profile: str, language: str) -> "protocols.Narrator":
        """Give the engine from a script to speech."""
        return cast("protocols.Narrator", self.engine("narrator", profile, language))

    def assembler(self, profile: str, language: str) -> "protocols.Assembler":
        """Give the engine from a timeline to a video."""
        return cast("protocols.Assembler", self.engine("assembler", profile, language))

    def moderator(self, profile: str, language: str) -> "protocols.Moderator":
        """Give the engine from texts to a verdict."""
        return cast("protocols.Moderator", self.engine("moderator", profile, language))


_container: Container | None = None
_container_lock = threading.Lock()


def container() -> Container:
    """Give this process's container."""
    global _container  # noqa: PLW0603 - the one process-wide thing, by design
    with _container_lock:
        if _container is None:
            _container = Container(load_settings())
        return _container


def reset_container() -> None:
    """Forget this process's container, so that the next use reads the settings again (for tests)."""
    global _container  # noqa: PLW0603
    with _container_lock:
        if _container is not None:
            _container.close()
        _container = None

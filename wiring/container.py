"""The composition root: the one place where settings become real adapters and engines.

A container lives as long as its process; what it hands out is made, and imported, on first use and kept:
a command that only reads its arguments has nothing to wait for.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from content.errors import BadConfigurationError, MissingEngineError
from content.recipes import EngineIdentity
from content.values import AssetRef, Newsletter
from wiring.settings import Settings, load_newsletters, load_settings, newsletter_of_feeds

if TYPE_CHECKING:
    from models import protocols
    from models.device_room import DeviceRoom
    from models.metering import Purse
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
        self._purses: dict[str, Purse] = {}
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

    def music(self, newsletter: Newsletter) -> AssetRef | None:
        """Give the music under a newsletter's videos, kept in the library; None when it has none.

        Raises BadConfigurationError for a file that is not there, BadInputError for one that is no sound by its name.
        """
        from models.media.sounds import sound_type

        if not newsletter.music:
            return None
        path = Path(newsletter.music)
        if not path.is_file():
            raise BadConfigurationError(
                f"the music of {newsletter.slug}, {path}, is not on this machine; set `music` in {self.settings.config}"
            )
        return self.library.keep("music", path, sound_type(path))

    def profile(self, newsletter: Newsletter) -> str:
        """Give the profile in force for a newsletter; `open` becomes the one of its kind that fits this machine."""
        from models.weights.catalogue import BEST, best_profile

        named = self.settings.profile or newsletter.profile
        return best_profile(self.settings.device, self.settings.device_memory_gb) if named == BEST else named

    @property
    def side_by_side(self) -> int:
        """How many tasks of a run go on at the same time.

        Engines that batch what is asked side by side, or wait for a server, want many; the room sees to it that
        no more than `workers` of them keep a processor busy.
        """
        told = self.settings
        try:
            used = {told.profile} if told.profile else {each.profile for each in self.newsletters.values()}
        except BadConfigurationError:
            used = set()  # whoever asks for a newsletter is told
        waiting = used - {"embedded"} or any(":" in name for name in told.engines.values())
        return max(told.requests, told.workers) if waiting else told.workers

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
                # A long-lived worker would keep every day's sockets; runs of yesterday have read what they read.
                for old in [each for each in self._fetchers if each[1] < today - timedelta(days=2)]:
                    self._fetchers.pop(old).close()
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
        """Close what holds sockets and devices; for tests, since a process that ends does the same."""
        if "room" in self.__dict__:
            self.room.close()
        self._fetchers.clear()
        self._open.close()

    # ---- engines: one per name and process ---------------------------------------------------------------------------

    def engine(self, medium: str, profile: str, language: str) -> "protocols.Engine":
        """Give the engine configured for a medium, not loaded yet; it lives as long as the process.

        Raises BadConfigurationError when the profile does without the medium.
        """
        name = self.engine_name(medium, profile, language)
        if not name:
            raise BadConfigurationError(
                f'profile {profile!r} has no {medium}; name one: PRESSROOM_ENGINES=\'{{"{medium}": "…"}}\''
            )
        with self._lock:
            # A writer is built upon the completer or embedder of its language, so both are part of its name here.
            key = (medium, f"{name}/{profile}/{language}")
            if key not in self._engines:
                self._engines[key] = self._built(medium, name, profile, language)
            return self._engines[key]

    def has(self, medium: str, profile: str, language: str) -> bool:
        """Say whether there is an engine for a medium that a profile can do without."""
        return bool(self.engine_name(medium, profile, language))

    def engine_name(self, medium: str, profile: str, language: str) -> str:
        """Give the configured name of an engine, "" for a medium the profile does without."""
        from models.registry import engine_name

        return engine_name(medium, profile=profile, language=language, overrides=self.settings.engines)

    def identity(self, medium: str, profile: str, language: str) -> EngineIdentity:
        """Say who would do the work, without loading anything."""
        return self.engine(medium, profile, language).identity

    def check_weights(self, profile: str, language: str) -> None:
        """Raise MissingEngineError when a model that a profile names was not pulled, naming the command that does."""
        from models.naming import is_folder
        from models.registry import MEDIA
        from models.weights.catalogue import weights_named_by
        from models.weights.weight_store import model_folder, state_of
        from models.weights.weights import commit_of

        store, missing = self.settings.weights, []
        for name in dict.fromkeys(self.engine_name(medium, profile, language) for medium in MEDIA):
            for model, asked in weights_named_by(name) if name else ():
                folder = model_folder(store, model, commit_of(store, model, asked))
                if not is_folder(model) and state_of(folder) != "pulled":
                    missing.append(f"{model}@{asked}" if asked else model)
        if missing:
            names = " ".join(dict.fromkeys(missing))
            raise MissingEngineError(
                f"{len(set(missing))} models of profile {profile} are not on this machine;"
                f" run: pressroom models pull {names}"
            )

    def draws_words_only(self, profile: str, language: str) -> bool:
        """Say whether a profile's covers show nothing but words that were judged, in shapes of our own."""
        return self.identity("illustrator", profile, language).backend in {"typographic", "fake"}

    def _built(self, medium: str, name: str, profile: str, language: str) -> "protocols.Engine":
        from models.moderator.moderator_panel import ModeratorPanel
        from models.naming import EngineName
        from models.protocols import ApiAccess, Moderator, Order
        from models.registry import build_engine

        told, built = self.settings, []
        for each in name.split(" + ") if medium == "moderator" else [name]:
            order = Order(
                name=EngineName.parse(each),
                weights=told.weights,
                engine=lambda other: self.engine(other, profile, language),
                device=told.device,
                trusted_hosts=told.allowed_private_hosts,
                api=ApiAccess(
                    url=told.api_url,
                    key=told.api_key.get_secret_value(),
                    model=told.api_model,
                    concurrency=told.api_concurrency,
                    timeout_s=told.api_timeout_s,
                    price_in=told.api_price_in,
                    price_out=told.api_price_out,
                ),
            )
            built.append(build_engine(medium, order))
        return built[0] if len(built) == 1 else ModeratorPanel(cast("list[Moderator]", built))

    @cached_property
    def room(self) -> "DeviceRoom":
        """The devices, and who is loaded on them; lives as long as the process."""
        from models.device_room import DeviceRoom
        from models.devices import budgets

        return DeviceRoom(
            lambda: budgets(self.settings.device, self.settings.device_memory_gb),
            idle_s=self.settings.idle_s,
            side_by_side=self.settings.workers,
        )

    @contextmanager
    def _lent(self, medium: str, profile: str, language: str) -> Iterator[Any]:
        engine = self.engine(medium, profile, language)
        with self.room.using(engine):
            yield engine

    def embedder(self, profile: str, language: str) -> "AbstractContextManager[protocols.Embedder]":
        """Lend the engine from sentences to vectors, loaded, for one block of work; so do all that follow."""
        return self._lent("embedder", profile, language)

    def writer(self, profile: str, language: str) -> "AbstractContextManager[protocols.Writer]":
        """Lend the engine from a brief to an article."""
        return self._lent("writer", profile, language)

    def illustrator(self, profile: str, language: str) -> "AbstractContextManager[protocols.Illustrator]":
        """Lend the engine from a headline to a picture."""
        return self._lent("illustrator", profile, language)

    def cards(self, profile: str, language: str) -> "AbstractContextManager[protocols.Illustrator]":
        """Lend the engine that draws titles and end cards."""
        return self._lent("cards", profile, language)

    def animator(self, profile: str, language: str) -> "AbstractContextManager[protocols.Animator]":
        """Lend the engine from a picture to a clip."""
        return self._lent("animator", profile, language)

    def narrator(self, profile: str, language: str) -> "AbstractContextManager[protocols.Narrator]":
        """Lend the engine from a script to speech."""
        return self._lent("narrator", profile, language)

    def assembler(self, profile: str, language: str) -> "AbstractContextManager[protocols.Assembler]":
        """Lend the engine from a timeline to a video."""
        return self._lent("assembler", profile, language)

    def editor(self, profile: str, language: str) -> "AbstractContextManager[protocols.Editor]":
        """Lend the engine from a video and edits to a video."""
        return self._lent("editor", profile, language)

    def moderator(self, profile: str, language: str) -> "AbstractContextManager[protocols.Moderator]":
        """Lend the engine from texts to a verdict."""
        return self._lent("moderator", profile, language)

    def picture_moderator(self, profile: str, language: str) -> "AbstractContextManager[protocols.PictureModerator]":
        """Lend the engine from pixels to a verdict."""
        return self._lent("picture_moderator", profile, language)

    def video_moderator(self, profile: str, language: str) -> "AbstractContextManager[protocols.VideoModerator]":
        """Lend the engine from films to a verdict."""
        return self._lent("video_moderator", profile, language)

    # ---- money -------------------------------------------------------------------------------------------------------

    def purse(self, edition: str) -> "Purse | None":
        """Give what an edition may still spend; None when there is no limit. One a process and edition."""
        from models.metering import Purse

        if not self.settings.edition_budget:
            return None
        with self._lock:
            if edition not in self._purses:
                spent = self.library.usage_of(edition).cost
                self._purses[edition] = Purse(self.settings.edition_budget, spent, what=edition)
            return self._purses[edition]


_container: Container | None = None
_container_lock = threading.Lock()


def container() -> Container:
    """Give this process's container."""
    global _container  # noqa: PLW0603 - the one process-wide thing, by design
    with _container_lock:
        if _container is None:
            _container = Container(load_settings())
        return _container


def use_settings(**told: Any) -> None:
    """Work with other settings than the environment's from here on, in this process."""
    global _container  # noqa: PLW0603
    settings = container().settings.model_copy(update=told)
    reset_container()
    with _container_lock:
        _container = Container(settings)


def reset_container() -> None:
    """Forget this process's container, so that the next use reads the settings again (for tests)."""
    global _container  # noqa: PLW0603
    with _container_lock:
        if _container is not None:
            _container.close()
        _container = None

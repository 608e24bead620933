"""From a name in the configuration to an engine, with the import done as late as possible.

A name is `backend` or `backend:MODEL@REVISION`. A profile is a bundle of names, one for each medium;
`medium.language` goes before `medium` where both are given, because some engines know one language only.
"""

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any, Final

from content.errors import BadConfigurationError
from models.protocols import Engine

MEDIA: Final = ("embedder", "writer", "illustrator", "narrator", "assembler", "moderator")

PROFILES: Final[Mapping[str, Mapping[str, str]]] = {
    # No download, no key, no GPU, no server.
    "embedded": {
        "embedder": "minilm",
        "embedder.zh": "ngram",  # MiniLM was trained on English; characters tell Chinese stories apart better
        "writer": "extractive",
        "illustrator": "typographic",
        "narrator": "espeak",
        "assembler": "moviepy",
        "moderator": "rules",
    },
}

BACKENDS: Final[Mapping[tuple[str, str], str]] = {
    ("embedder", "minilm"): "models.embedder_minilm:EmbedderMinilm",
    ("embedder", "ngram"): "models.embedder_ngram:EmbedderNgram",
    ("writer", "extractive"): "models.writer_extractive:WriterExtractive",
    ("illustrator", "typographic"): "models.illustrator_typographic:IllustratorTypographic",
    ("narrator", "espeak"): "models.narrator_espeak:NarratorEspeak",
    ("assembler", "moviepy"): "models.assembler_moviepy:AssemblerMoviepy",
    ("moderator", "rules"): "models.moderator_rules:RulesModerator",
    ("embedder", "fake"): "models.fakes:FakeEmbedder",
    ("writer", "fake"): "models.fakes:FakeWriter",
    ("illustrator", "fake"): "models.fakes:FakeIllustrator",
    ("narrator", "fake"): "models.fakes:FakeNarrator",
    ("assembler", "fake"): "models.fakes:FakeAssembler",
    ("moderator", "fake"): "models.fakes:FakeModerator",
}


def engine_name(medium: str, *, profile: str, language: str, overrides: Mapping[str, str]) -> str:
    """Give the configured name of an engine: an override first, then the profile, the language's entry before the rest.

    Raises BadConfigurationError for a profile or medium that does not exist.
    """
    for key in (*overrides,):
        if key.partition(".")[0] not in MEDIA:
            raise BadConfigurationError(f"engines: there is no medium {key!r}; use one of {', '.join(MEDIA)}")
    if profile not in PROFILES:
        raise BadConfigurationError(f"there is no profile {profile!r}; use one of {', '.join(PROFILES)}")
    bundle = PROFILES[profile]
    for names in (overrides, bundle):
        for key in (f"{medium}.{language}", medium):
            if key in names:
                return names[key]
    raise BadConfigurationError(f"profile {profile!r} has no engine for {medium!r}; set PRESSROOM_ENGINES")


def build_engine(medium: str, name: str, *, engine: Callable[[str], Engine], trusted_hosts: Collection[str]) -> Engine:
    """Make the engine a name stands for.

    `engine` gives other engines it is built upon, by medium; `trusted_hosts` are private hosts that may be linked to.

    Raises BadConfigurationError for a name that no backend answers to.
    """
    backend = name.partition(":")[0]
    if (medium, backend) not in BACKENDS:
        known = ", ".join(b for m, b in BACKENDS if m == medium)
        raise BadConfigurationError(f"no {medium} is called {name!r}; this release has {known}")
    module, _, attribute = BACKENDS[medium, backend].partition(":")
    factory: Any = getattr(import_module(module), attribute)
    if (medium, backend) == ("writer", "extractive"):
        return factory(engine("embedder"))  # type: ignore[no-any-return]
    if (medium, backend) == ("moderator", "rules"):
        return factory(trusted_hosts=trusted_hosts)  # type: ignore[no-any-return]
    return factory()  # type: ignore[no-any-return]

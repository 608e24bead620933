"""From a name in the configuration to an engine, with the import done as late as possible.

How names are written stands in `models/naming.py`. A profile is a bundle of names, one for each medium;
`medium.language` goes before `medium` where both are given, because some engines know one language only.
The profiles with open weights are read from `models/weights/catalogue.toml`.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from content.errors import BadConfigurationError
from models.naming import EngineName
from models.protocols import Engine, Order
from models.weights.catalogue import open_profiles

MEDIA: Final[Mapping[str, str]] = {
    "embedder": "sentences to vectors",
    "completer": "a question to a typed answer; what the generative writer is built upon",
    "writer": "a brief to an article",
    "illustrator": "a headline to a picture",
    "cards": "titles and end cards, with words on them",
    "animator": "a picture to a clip",
    "narrator": "a script to speech",
    "assembler": "a timeline to a video",
    "editor": "a video and edits to a video",
    "moderator": "texts to a verdict",
    "picture_moderator": "pixels to a verdict",
    "video_moderator": "films to a verdict",
}

OPTIONAL: Final = frozenset({"completer", "animator", "picture_moderator", "video_moderator"})
"""Media a profile can do without."""

# No download, no key, no GPU, no server.
EMBEDDED: Final[Mapping[str, str]] = {
    "embedder": "minilm",
    "embedder.zh": "ngram",  # MiniLM was trained on English; characters tell Chinese stories apart better
    "writer": "extractive",
    "illustrator": "typographic",
    "cards": "typographic",
    "narrator": "espeak",
    "assembler": "moviepy",
    "editor": "ffmpeg",
    "moderator": "rules",
}


@cache
def profiles() -> Mapping[str, Mapping[str, str]]:
    """Give every profile by name: `embedded`, `api`, and `open` with its memory classes."""
    return {
        "embedded": EMBEDDED,
        "api": {**EMBEDDED, "completer": "openai", "writer": "generative"},
        **open_profiles(EMBEDDED),
    }


BACKENDS: Final[Mapping[tuple[str, str], str]] = {
    ("embedder", "minilm"): "models.embedder.embedder_minilm:EmbedderMinilm",
    ("embedder", "ngram"): "models.embedder.embedder_ngram:EmbedderNgram",
    ("embedder", "transformers"): "models.embedder.embedder_transformers:EmbedderTransformers",
    ("completer", "transformers"): "models.completer.completer_transformers:CompleterTransformers",
    ("completer", "openai"): "models.completer.completer_openai:CompleterOpenai",
    ("writer", "extractive"): "models.writer.writer_extractive:WriterExtractive",
    ("writer", "generative"): "models.writer.writer_generative:WriterGenerative",
    ("illustrator", "typographic"): "models.illustrator.illustrator_typographic:IllustratorTypographic",
    ("illustrator", "diffusers"): "models.illustrator.illustrator_diffusers:IllustratorDiffusers",
    ("cards", "typographic"): "models.illustrator.illustrator_typographic:IllustratorTypographic",
    ("animator", "diffusers"): "models.animator.animator_diffusers:AnimatorDiffusers",
    ("narrator", "espeak"): "models.narrator.narrator_espeak:NarratorEspeak",
    ("narrator", "transformers"): "models.narrator.narrator_transformers:NarratorTransformers",
    ("assembler", "moviepy"): "models.assembler.assembler_moviepy:AssemblerMoviepy",
    ("editor", "ffmpeg"): "models.editor.editor_ffmpeg:EditorFfmpeg",
    ("moderator", "rules"): "models.moderator.moderator_rules:RulesModerator",
    ("moderator", "guard"): "models.moderator.moderator_guard:GuardModerator",
    ("moderator", "classifier"): "models.moderator.moderator_classifier:ClassifierModerator",
    ("picture_moderator", "transformers"): "models.moderator.moderator_pictures:PictureClassifier",
    ("video_moderator", "transformers"): "models.moderator.moderator_videos:VideoClassifier",
    ("embedder", "fake"): "models.fakes.fakes:FakeEmbedder",
    ("completer", "fake"): "models.fakes.fakes:FakeCompleter",
    ("completer", "obedient"): "models.fakes.fakes_obedient:ObedientCompleter",
    ("writer", "fake"): "models.fakes.fakes:FakeWriter",
    ("illustrator", "fake"): "models.fakes.fakes:FakeIllustrator",
    ("cards", "fake"): "models.fakes.fakes:FakeIllustrator",
    ("animator", "fake"): "models.fakes.fakes:FakeAnimator",
    ("narrator", "fake"): "models.fakes.fakes:FakeNarrator",
    ("assembler", "fake"): "models.fakes.fakes:FakeAssembler",
    ("editor", "fake"): "models.fakes.fakes_editor:FakeEditor",
    ("moderator", "fake"): "models.fakes.fakes:FakeModerator",
    ("picture_moderator", "fake"): "models.fakes.fakes:FakePictureModerator",
    ("video_moderator", "fake"): "models.fakes.fakes:FakeVideoModerator",
}

SHORT: Final[Mapping[tuple[str, str], str]] = {
    ("writer", "transformers"): "completer",
    ("writer", "openai"): "completer",
}
"""Names people write for a writer and that mean the generative writer over such a completer."""


def engine_name(medium: str, *, profile: str, language: str, overrides: Mapping[str, str]) -> str:
    """Give the configured name of an engine: an override first, then the profile, the language's entry before the rest.

    A medium a profile does without has the name "". `writer: openai:MODEL` is short for the generative writer
    over that completer. Raises BadConfigurationError for a profile or medium that does not exist.
    """
    for key in overrides:
        if key.partition(".")[0] not in MEDIA:
            raise BadConfigurationError(f"engines: there is no medium {key!r}; use one of {', '.join(MEDIA)}")
    if profile not in profiles():
        raise BadConfigurationError(f"there is no profile {profile!r}; use one of {', '.join(profiles())}")
    for names in map(_spelled_out, (overrides, profiles()[profile])):
        for key in (f"{medium}.{language}", medium):
            if key in names:
                return names[key]
    if medium in OPTIONAL:
        return ""
    raise BadConfigurationError(f"profile {profile!r} has no engine for {medium!r}; set PRESSROOM_ENGINES")


def _spelled_out(names: Mapping[str, str]) -> dict[str, str]:
    found = dict(names)
    for key, name in names.items():
        medium, _, language = key.partition(".")
        if medium == "writer" and ("writer", EngineName.parse(name).backend) in SHORT:
            found[key] = "generative"
            found[f"completer.{language}" if language else "completer"] = name
    return found


def build_engine(medium: str, order: Order) -> Engine:
    """Make the engine an order names. An engine class that needs the order has a `from_order`.

    Raises BadConfigurationError for a name that no backend answers to, or options that its backend does not know.
    """
    backend = order.name.backend
    if (medium, backend) not in BACKENDS:
        known = ", ".join(b for m, b in BACKENDS if m == medium)
        raise BadConfigurationError(f"no {medium} is called {str(order.name)!r}; this release has {known}")
    module, _, attribute = BACKENDS[medium, backend].partition(":")
    factory: Any = getattr(import_module(module), attribute)
    if hasattr(factory, "from_order"):
        return factory.from_order(order)  # type: ignore[no-any-return]
    order.name.allow(())
    return factory()  # type: ignore[no-any-return]

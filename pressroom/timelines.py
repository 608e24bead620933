"""Timeline files at the command line: read with the files they name, each looked at and kept before it is used."""

import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from content.errors import BadInputError
from content.timeline_file import LARGEST_BYTES, Medium, Storyboard, read_timeline, write_timeline
from content.timeline_reading import LONGEST_S
from content.values import AssetRef
from wiring.container import container

_LONGEST_CLIP_S: Final = 30.0
"""A clip is unpacked to be played forth and back: 3 MB for each of its frames in 1920×1080."""

_LARGEST_CLIP_BYTES: Final = 500_000_000
_PICTURES: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class KeptTimeline(NamedTuple):
    """A timeline file with nothing in it that is not kept, and its text in the store.

    `unjudged` are the local files it named that the gate knows nothing of; what music is played is not for the gate.
    """

    ref: AssetRef
    board: Storyboard
    unjudged: tuple[str, ...]


def keep_timeline(file: Path) -> KeptTimeline:
    """Read a timeline file, keep what it names and then its text, in which kept files are named by their sha256.

    Raises BadInputError that says what in the file is wrong, where, and how to mend it.
    """
    library = container().library
    named: dict[tuple[str, Medium], AssetRef] = {}

    def keep(path: str, medium: Medium) -> AssetRef:
        if (path, medium) not in named:
            named[path, medium] = _kept(_beside(file, path), medium)
        return named[path, medium]

    board = read_timeline(_text(file), known=library.kept, keep=keep, what=file.name)
    _check_voice(board, file.name)
    ref = library.keep("timeline", write_timeline(board).encode(), "application/json")
    foreign = {path: kept.sha256 for (path, medium), kept in named.items() if medium != "music"}
    judged = library.verdicts_for(foreign.values())
    return KeptTimeline(ref, board, tuple(path for path, sha256 in foreign.items() if not judged.get(sha256)))


def _text(file: Path) -> str:
    if not file.is_file():
        raise BadInputError(
            f"there is no file {file}; `pressroom video EDITION --save-timeline {file.name}` writes one"
        )
    if file.stat().st_size > LARGEST_BYTES:
        raise BadInputError(f"{file.name} is too large for a timeline: {LARGEST_BYTES / 1e6:g} MB are all")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{file.name} is not UTF-8 text (byte {error.start}); save it as UTF-8, without compression"
        ) from None
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror}") from None


def _beside(file: Path, path: str) -> Path:
    """Find a file in a timeline's folder; a link that leads out of it does not count as there."""
    folder = file.resolve().parent
    found = (folder / path).resolve()
    if not found.is_relative_to(folder):
        raise BadInputError(f"{path} is a link that leads out of {folder}; copy the file there")
    if not found.is_file():
        raise BadInputError(f"there is no file {path} in {folder}")
    return found


def _kept(path: Path, medium: Medium) -> AssetRef:
    """Look at a local file as what it is for, and keep it."""
    library = container().library
    if medium == "picture":
        return library.keep("picture", path, _picture_type(path))
    if medium == "clip":
        return library.keep("clip", path, _clip_type(path))

    from models.media.foreign_sound import decode_sound
    from models.media.sounds import sound_type

    found = sound_type(path)
    if medium == "music":
        decode_sound(path, longest_s=LONGEST_S)
        return library.keep("music", path, found)
    # Whoever mixes a voice takes it for one of ours: a WAV.
    with tempfile.TemporaryDirectory(prefix="pressroom-voice-") as folder:
        wav = Path(folder) / "voice.wav"
        decode_sound(path, wav, longest_s=LONGEST_S)
        return library.keep("narration", wav, "audio/wav")


def _picture_type(path: Path) -> str:
    from models.assembler.scene_pictures import SHOWN
    from models.media.pictures import open_picture

    open_picture(path, what=path.name, formats=SHOWN)
    with path.open("rb") as file:
        head = file.read(4)
    return next(media_type for magic, media_type in _PICTURES.items() if head.startswith(magic))


def _clip_type(path: Path) -> str:
    from models.media.foreign_video import FilmLimits, look_at

    limits = FilmLimits(longest_s=60 * _LONGEST_CLIP_S, largest_bytes=_LARGEST_CLIP_BYTES)
    facts = look_at(path, limits).facts
    if facts.duration_s > _LONGEST_CLIP_S:
        raise BadInputError(
            f"{path.name} lasts {facts.duration_s:.0f} s, and a clip {_LONGEST_CLIP_S:g} s at most;"
            f" cut it first: pressroom edit {path.name} --trim 0:{_LONGEST_CLIP_S:g}"
        )
    return "video/mp4" if facts.container == "mov" else "video/x-matroska"


def _check_voice(board: Storyboard, name: str) -> None:
    from models.media.media_probe import probe

    with container().library.local(board.plan.narration) as voice:
        seconds = probe(voice).duration_s
    try:
        board.check_voice(seconds)
    except BadInputError as error:
        raise BadInputError(f"{name}: {error}") from None

"""Which media type a sound file has, by its suffix; what is in it is looked at by whoever decodes it."""

from pathlib import Path
from typing import Final

from content.errors import BadInputError

SOUND_TYPES: Final = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
}


def sound_type(path: Path) -> str:
    """Give a sound file's media type; raise BadInputError for a suffix that is none of a sound's."""
    try:
        return SOUND_TYPES[path.suffix.lower()]
    except KeyError:
        raise BadInputError(f"{path} is no sound file by its name; give one of {', '.join(SOUND_TYPES)}") from None

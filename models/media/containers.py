"""What kind of file some bytes are, and whether they are encrypted, told from the bytes alone.

Only two families are let in: MP4 and QuickTime (`mov`), Matroska and WebM (`matroska`). ffmpeg is never asked to
guess: a text that is called film.mp4 could be a playlist of other files. Reads little, trusts no length it finds.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Literal

from content.errors import BadInputError

Container = Literal["mov", "matroska"]

WHITE_LIST: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""Every name ffmpeg's demuxers of the two families go by."""

SOUND_LIST: Final = f"{WHITE_LIST},wav,w64,mp3,flac,ogg,aac,aiff"
"""The same, and plain sound."""

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML, _SEGMENT, _TRACKS, _TRACK = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE
_ENCODINGS, _ENCODING, _ENCRYPTION = 0x6D80, 0x6240, 0x5035
_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_ENCRYPTED_ENTRIES = {b"encv", b"enca", b"drmi", b"drms"}
_MOST_ELEMENTS, _DEEPEST = 10_000, 12

_LOOKS_LIKE: Final = (
    (b"#EXTM3U", "an HLS playlist, which names other files"),
    (b"ffconcat", "a list of other files"),
    (b"RIFF", "an AVI or WAV file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"ID3", "sound without pictures"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "sound without pictures"),
    (b"%PDF", "a PDF"),
    (b"PK", "a ZIP archive"),
    (b"FLV", "a Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"\x47", "an MPEG transport stream, or text"),
    (b"<", "a text in XML or HTML"),
)


def container_of(path: Path) -> Container:
    """Tell a file's family by its first bytes; raise BadInputError that says what it is instead."""
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise BadInputError(f"{path.name} is empty: it has no bytes; copy or export it again")
    if head[4:8] in _FIRST_BOXES:
        return "mov"
    if int.from_bytes(head[:4]) == _EBML:
        return "matroska"
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    seems = next((f"; it looks like {what}" for magic, what in _LOOKS_LIKE if begins.startswith(magic)), "")
    raise BadInputError(f"{path.name} is not a video that can be edited{seems}; give MP4, MOV, Matroska or WebM")


def is_encrypted(path: Path, container: Container) -> bool:
    """Say whether a file's tracks declare themselves encrypted (Common Encryption, or Matroska's own)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        left = iter(range(_MOST_ELEMENTS))
        look = _locked_box if container == "mov" else _locked_element
        return look(file, 0, size, left, _DEEPEST)


def _locked_box(file: IO[bytes], at: int, end: int, left: Iterator[int], depth: int) -> bool:
    for kind, start, stop in _boxes(file, at, end, left):
        if kind in _ENCRYPTED_ENTRIES:
            return True
        # A sample description begins with a version and a count.
        inner = start + 8 if kind == b"stsd" else start
        inside = depth and (kind in _HOLDERS or kind == b"stsd")
        if inside and _locked_box(file, inner, stop, left, depth - 1):
            return True
    return False


def _boxes(file: IO[bytes], at: int, end: int, left: Iterator[int]) -> Iterator[tuple[bytes, int, int]]:
    """Give each box between two places: its kind, and from where to where its content goes."""
    while at + 8 <= end and next(left, None) is not None:
        file.seek(at)
        head = file.read(16)
        size, kind, start = int.from_bytes(head[:4]), head[4:8], at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16]), at + 16
        stop = end if size == 0 else min(end, at + size)
        if stop < start:
            return
        yield kind, start, stop
        at = stop


def _locked_element(file: IO[bytes], at: int, end: int, left: Iterator[int], depth: int) -> bool:
    while at < end and next(left, None) is not None:
        file.seek(at)
        head = file.read(12)
        name, name_length = _number(head, keep_marker=True)
        length, length_length = _number(head[name_length:], keep_marker=False)
        if not name_length or not length_length:
            return False
        start = at + name_length + length_length
        unknown = length == (1 << 7 * length_length) - 1
        stop = end if unknown else min(end, start + length)
        if name == _ENCRYPTION:
            return True
        inside = depth and name in {_SEGMENT, _TRACKS, _TRACK, _ENCODINGS, _ENCODING}
        if inside and _locked_element(file, start, stop, left, depth - 1):
            return True
        at = stop
    return False


def _number(data: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """Read a number of EBML's variable length: itself, and how many bytes it takes; 0 bytes when there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    value = int.from_bytes(data[:length])
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), length if len(data) >= length else 0

"""What a video of unknown origin is, found out in a child process with limits before anything else touches it.

The child gets the file as its standard input, may open no other file and no socket, knows two families of containers
and the usual codecs, and has bounds on memory and time. What is not a video, too long, too large, encrypted or broken
is a BadInputError that says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Final, cast

from content.errors import BadInputError
from content.recipes import Value
from models.deadline import Deadline
from models.editor.packets import PacketList, Packets
from models.media.containers import SOUND_LIST, WHITE_LIST, Container, container_of, is_encrypted
from models.media.limited_process import ProcessLimits, reading

_PICTURES: Final = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mjpeg", "prores")
_SOUNDS: Final = (
    *("aac", "mp3float", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8"),
)
_TEXTS: Final = ("mov_text", "subrip", "srt", "webvtt", "ass", "ssa", "dvdsub", "pgssub")
_DECODERS: Final = ",".join((*_PICTURES, *_SOUNDS, *_TEXTS))

_CUT_OFF = ("partial file", "File ended prematurely", "moov atom not found")
_SAMPLE_FRAMES = 12

_STREAM = re.compile(r"^  Stream #0:\d+\S*: (Video|Audio): (.*)$", re.MULTILINE)
_PIXELS = re.compile(r", (\w+)(?:\(([^)]*)\))?, \d+x\d+")
_TURNED = re.compile(r"^ +Display Matrix: rotation of (-?[\d.]+) degrees", re.MULTILINE | re.IGNORECASE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
_SOUND = re.compile(r"^(\w+).*?, (\d+) Hz, ([^,]+)")


class FilmLimits(Value):
    """How much of a film is taken: length, bytes, pixels of a frame, frames a second; and how long looking may take."""

    longest_s: float = 7200.0
    largest_bytes: int = 8 * 1024**3
    most_pixels: int = 4096 * 2304
    most_fps: float = 120.0
    deadline_s: float = 120.0


class FilmFacts(Value):
    """What a film is. Width and height are as it is shown: turned upright, in square pixels, even.

    `rate` is frames a second as a fraction (numerator, denominator); `is_even` says that they come evenly.
    """

    container: Container
    codec: str
    pixel_format: str
    colours: str = ""
    width: int
    height: int
    is_turned: bool = False
    is_square: bool = True
    is_interlaced: bool = False
    is_even: bool = True
    rate: tuple[int, int]
    frames: int
    duration_s: float
    audio_codec: str = ""
    sample_rate: int = 0
    channels: str = ""

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return Fraction(*self.rate)

    @property
    def is_bright(self) -> bool:
        """Whether it is in one of the two usual ranges of high brightness, to be mapped to the common one."""
        return "smpte2084" in self.colours or "arib-std-b67" in self.colours

    @property
    def plays_as_it_is(self) -> bool:
        """Whether any player shows its frames: H.264 in 8 bits, upright, square pixels, not interlaced."""
        plain = self.pixel_format in {"yuv420p", "yuvj420p"} and not self.is_interlaced
        return self.codec == "h264" and plain and not self.is_turned and self.is_square


@dataclass(frozen=True)
class Film:
    """A file that was looked at, and may now be read within `limits`."""

    path: Path
    facts: FilmFacts
    packets: Packets
    limits: FilmLimits


def input_of(container: Container | None, limits: FilmLimits) -> list[str]:
    """Give the arguments with which ffmpeg reads a foreign file from its standard input, and nothing else at all.

    Without a container it may be plain sound, too, and ffmpeg finds out which.
    """
    formats = WHITE_LIST if container else SOUND_LIST
    guarded = ["-protocol_whitelist", "fd", "-format_whitelist", formats, "-codec_whitelist", _DECODERS]
    guarded += ["-max_pixels", str(limits.most_pixels), *(("-f", container) if container else ())]
    return [*guarded, *(("-enable_drefs", "0") if container == "mov" else ()), "-i", "fd:"]


def look_at(path: Path, limits: FilmLimits | None = None, deadline: Deadline | None = None) -> Film:
    """Find out what a film is.

    Raises BadInputError for what cannot or may not be edited, TimedOutError when looking takes too long.
    """
    limits = limits or FilmLimits()
    deadline = deadline or Deadline(limits.deadline_s, what=f"looking at {path.name}")
    if not path.is_file():
        raise BadInputError(f"there is no file {path.name}" if not path.exists() else f"{path.name} is no plain file")
    container = container_of(path)
    if (size := path.stat().st_size) > limits.largest_bytes:
        raise BadInputError(f"{path.name} is too large: {_megabytes(size)}; {_megabytes(limits.largest_bytes)} is all")
    if is_encrypted(path, container):
        raise BadInputError(
            f"{path.name} is encrypted; it can be edited only where its owner has removed the protection"
        )
    facts, packets = _listed(path, container, limits, deadline)
    film = Film(path, facts, packets, limits)
    _sample(film, deadline)
    return film


def process_limits(limits: FilmLimits, *, cpu_s: float, file_bytes: int = 1 << 20) -> ProcessLimits:
    """Give what a child may use that reads a film of this size; a megabyte it writes is for what it has to say."""
    # A decoder holds a few dozen frames, of up to 8 bytes a pixel, for each of its threads.
    memory = (2 << 30) + limits.most_pixels * 8 * 64
    return ProcessLimits(cpu_s=max(10, int(cpu_s)), memory_bytes=memory, file_bytes=file_bytes)


def _listed(path: Path, container: Container, limits: FilmLimits, deadline: Deadline) -> tuple[FilmFacts, Packets]:
    """Read every packet's time; nothing is decoded, except what ffmpeg decodes to know the streams."""
    arguments = [*input_of(container, limits), "-map", "0:V:0", "-c", "copy", "-f", "framecrc", "-"]
    listed = PacketList()
    try:
        with reading(
            arguments,
            path,
            what=f"looking at {path.name}",
            deadline=deadline,
            limits=process_limits(limits, cpu_s=limits.deadline_s),
            level="info",
        ) as child:
            listed.read(_lines(child.pipe), most=int(limits.longest_s * limits.most_fps))
        packets = listed.packets()
    except BadInputError as error:
        raise _explained(path, error.context.get("said", ""), error) from None
    if any(mark in child.said for mark in _CUT_OFF):
        raise BadInputError(f"{path.name} is cut off: its end is missing; copy or export it again")
    said = re.split(r"^Output #0", child.said, flags=re.MULTILINE)[0]
    facts = _facts(path, container, packets, listed, said)
    _check(path, facts, said, limits)
    return facts, packets


def _facts(path: Path, container: Container, packets: Packets, listed: PacketList, said: str) -> FilmFacts:
    streams = [(kind, told) for kind, told in _STREAM.findall(said) if "(attached pic)" not in told]
    told = next((text for kind, text in streams if kind == "Video"), "")
    pixels = _PIXELS.search(told)
    if pixels is None:
        raise BadInputError(f"{path.name} does not say what its pictures are made of; it is broken, or no film")
    degrees = round(float(turned[1])) if (turned := _TURNED.search(said)) else 0
    width, height = _even(listed.size[0] * listed.pixel), _even(listed.size[1])
    if degrees % 180:
        width, height = height, width
    sound = next((match for kind, text in streams if kind == "Audio" and (match := _SOUND.match(text))), None)
    rate = packets.rate
    return FilmFacts(
        container=container,
        codec=told.split(maxsplit=1)[0].rstrip(","),
        pixel_format=pixels[1],
        colours=pixels[2] or "",
        width=width,
        height=height,
        is_turned=bool(degrees % 360),
        is_square=listed.pixel == 1 and not (listed.size[0] % 2 or listed.size[1] % 2),
        is_interlaced=bool(re.search(r"top|bottom", pixels[2] or "")),
        is_even=packets.is_even,
        rate=(rate.numerator, rate.denominator),
        frames=len(packets),
        duration_s=float(packets.end),
        audio_codec=sound[1] if sound else "",
        sample_rate=int(sound[2]) if sound else 0,
        channels=sound[3].strip() if sound else "",
    )


def _check(path: Path, facts: FilmFacts, said: str, limits: FilmLimits) -> None:
    name = path.name
    claimed = 0.0
    if duration := _DURATION.search(said):
        hours, minutes, seconds = duration.groups()
        claimed = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if max(facts.duration_s, claimed) > limits.longest_s:
        longest = max(facts.duration_s, claimed)
        raise BadInputError(
            f"{name} is too long: {longest / 60:.1f} minutes; {limits.longest_s / 60:g} minutes are all"
        )
    if facts.width * facts.height > limits.most_pixels:
        raise BadInputError(
            f"{name} is too large: {facts.width}×{facts.height} pixels; {limits.most_pixels / 1e6:.1f} million are all"
        )
    if min(facts.width, facts.height) < 16:
        raise BadInputError(f"{name} is too small: {facts.width}×{facts.height} pixels; a film has 16 at least")
    if facts.fps > limits.most_fps:
        raise BadInputError(f"{name} has {float(facts.fps):.0f} frames a second; {limits.most_fps:g} are all")
    # Sound may last longer than the pictures; pictures that are missing by a tenth were lost.
    if facts.duration_s < 0.9 * claimed - 1:
        raise BadInputError(
            f"{name} is cut off: it should last {claimed:.1f} s and its pictures end after {facts.duration_s:.1f} s"
        )


def _sample(film: Film, deadline: Deadline) -> None:
    """Decode the first frames: a film that cannot even begin is told here."""
    arguments = ["-xerror", "-err_detect", "explode", *input_of(film.facts.container, film.limits), "-map", "0:V:0"]
    arguments += ["-frames:v", str(_SAMPLE_FRAMES), "-f", "framecrc", "-"]
    limits = process_limits(film.limits, cpu_s=film.limits.deadline_s)
    try:
        with reading(arguments, film.path, what="decoding", deadline=deadline, limits=limits) as child:
            frames = sum(not line.startswith("#") for line in _lines(child.pipe))
    except BadInputError as error:
        raise _explained(film.path, error.context.get("said", ""), error) from None
    if not frames or child.said.strip():
        raise BadInputError(f"{film.path.name} is broken: its first frames cannot be decoded", said=child.said)


def _explained(path: Path, said: str, error: BadInputError) -> BadInputError:
    """Say in our words why ffmpeg would not read a file."""
    name = path.name
    if "matches no streams" in said:
        return BadInputError(f"{name} holds no video stream, only sound or text; nothing in it can be edited as a film")
    if "not on whitelist" in said:
        codec = re.search(r"Codec \((\S+)\) not on whitelist", said)
        return BadInputError(
            f"{name} is made with {codec[1] if codec else 'a codec'}, which is not read here; convert it"
        )
    if any(mark in said for mark in _CUT_OFF):
        return BadInputError(f"{name} is cut off: its end is missing; copy or export it again")
    if "max_pixels" in said or "Picture size" in said:
        return BadInputError(f"{name} is too large: its frames have more pixels than are read here")
    if error.message.startswith("the film"):
        return BadInputError(error.message.replace("the film", name, 1))
    return BadInputError(f"{name} is broken, or no film: {error.message}", **error.context)


def _lines(pipe: IO[bytes]) -> Iterator[str]:
    for line in cast("Iterator[bytes]", pipe):
        yield line.decode("ascii", "replace")


def _even(length: float | Fraction) -> int:
    return round(length / 2) * 2


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"

"""A piece of a film from frames to H.264: drawn by us, encoded by one x264 with one thread, or by a GPU.

One thread, because then equal pieces have equal bytes; every piece begins with its own keyframe and refers to no other
(closed groups of pictures), so that pieces made by the same encoder can be joined packet by packet.
The encoder is called in this process (PyAV): through a pipe each frame would be copied three times more.
A piece appears under its name only when it is whole.
"""

import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from content.errors import BadInputError, MissingEngineError
from content.pieces import Piece
from content.recipes import Value, digest_of
from models.assembler.scene_frames import SceneFrames
from models.assembler.scene_pictures import ScenePictures
from models.deadline import Deadline
from models.full_disk import room_on_disk
from models.illustrator.typefaces import Typecase

if TYPE_CHECKING:
    from av.container import OutputContainer

RENDERER: Final = 4
"""Raised whenever the same piece gives other frames than before."""

TICKS: Final = 512
"""Units of time a frame. A film's clock counts frames × 512, so that no frame ever falls between two ticks."""

_AVX_512F = 13
"""OpenCV's number of it (`cv::CpuFeatures`)."""

_BT709, _LIMITED = 1, 1
"""As H.264 numbers primaries, transfer and matrix of BT.709, and as libav numbers the range 16 to 235."""


Encoder = Literal["libx264", "h264_nvenc"]

PRESETS: Final[Mapping[Encoder, str]] = {"libx264": "veryfast", "h264_nvenc": "p4"}
"""The preset an encoder uses when none is asked for."""


class Encoding(Value):
    """How frames are encoded: by which encoder, its quality (lower is better) and how much work it takes."""

    encoder: Encoder = "libx264"
    crf: int = 23
    preset: str = "veryfast"

    @property
    def identity(self) -> dict[str, str | int | float | bool]:
        """Everything but the timeline that shapes a piece's bytes."""
        return {"encoder": self.encoder, "crf": self.crf, "preset": self.preset, **_drawing()}


@cache
def _drawing() -> dict[str, str | int]:
    """Give what else shapes them; what is installed does not change while a process lives."""
    return {
        "renderer": RENDERER,
        "x264": f"av-{_version('av')}",
        "opencv": _version("opencv-python-headless"),
        "typefaces": Typecase().names("sans"),
    }


def piece_key(piece: Piece, encoding: Encoding) -> str:
    """Give the sha256 that names a piece's bytes: of everything that shapes its frames and how they are encoded."""
    return digest_of(["piece", piece, encoding.identity])


def encode_piece(
    piece: Piece,
    pictures: ScenePictures,
    encoding: Encoding,
    path: Path,
    *,
    deadline: Deadline,
    drawn: Callable[[int], None],
) -> None:
    """Draw and encode a piece into an MP4 without sound; `drawn` is told how many frames are, twice a second of film.

    Raises what drawing raises, TimedOutError, BadConfigurationError when the disk is full, and BadInputError when the
    encoder refuses its settings.
    """
    import av

    made = io.BytesIO()
    try:
        with av.open(made, "w", format="mp4", options={"video_track_timescale": str(piece.line.fps * TICKS)}) as film:
            _encode(piece, SceneFrames(piece.line, pictures), encoding, film, deadline, drawn)
    except av.FFmpegError as error:
        raise BadInputError(f"the encoder failed encoding the video: {error.strerror or error}") from None
    unfinished = path.with_suffix(".unfinished")
    with room_on_disk("encoding the video"):
        unfinished.write_bytes(made.getbuffer())
        unfinished.replace(path)


def _encode(
    piece: Piece,
    frames: SceneFrames,
    encoding: Encoding,
    film: "OutputContainer",
    deadline: Deadline,
    drawn: Callable[[int], None],
) -> None:
    import av

    line = piece.line
    stream: Any = film.add_stream(encoding.encoder, rate=line.fps, options=options_of(encoding, line.width))
    stream.width, stream.height, stream.pix_fmt = line.width, line.height, "yuv420p"
    encoder = stream.codec_context
    encoder.thread_count = 1
    # A player seeks to a keyframe, and a browser's scrubbing shows nothing else: one every two seconds.
    encoder.gop_size = line.fps * 2
    encoder.color_primaries = encoder.color_trc = encoder.colorspace = _BT709
    encoder.color_range = _LIMITED
    step = max(1, line.fps // 2)
    for number in range(piece.frames):
        deadline.left()
        # An encoder has its own copy when `encode` returns, so the next frame may be drawn over this one.
        picture = av.VideoFrame.from_numpy_buffer(frames.draw(piece.first + number), format="yuv420p")
        picture.pts = number
        film.mux(stream.encode(picture))
        if (number + 1) % step == 0 or number + 1 == piece.frames:
            drawn(number + 1)
    film.mux(stream.encode(None))


def look_for(encoder: Encoder) -> None:
    """Raise MissingEngineError, saying what is missing, when an encoder cannot be used on this machine."""
    if encoder == "libx264":
        _version("av")  # whose wheels bring it; a GPU's encoder may be known and have nothing to run on
        return
    import av

    try:
        trial: Any = av.CodecContext.create(encoder, "w")
        trial.width, trial.height, trial.pix_fmt, trial.time_base = 256, 144, "yuv420p", Fraction(1, 30)
        trial.options = options_of(Encoding(encoder=encoder, preset=PRESETS[encoder]), trial.width)
        trial.open()
    except (av.FFmpegError, ValueError) as error:  # a ValueError where PyAV was built without it
        told = getattr(error, "strerror", None) or error
        raise MissingEngineError(
            f"the video encoder {encoder} does not work here ({told}): it takes an NVIDIA GPU that can encode, and its "
            "driver with libnvidia-encode; libx264, the usual encoder, works everywhere: leave out the option encoder"
        ) from None


def options_of(encoding: Encoding, width: int) -> dict[str, str]:
    """Give an encoder's options: pieces that refer to no other, of one quality, whatever came before."""
    if encoding.encoder == "libx264":
        return {"preset": encoding.preset, "crf": str(encoding.crf), "profile": "high", **_repeatable(width)}
    # Constant quality without a bit rate; no frame is shown before it is decoded, so that every joint is clean.
    return {
        "preset": encoding.preset,
        "tune": "hq",
        "rc": "vbr",
        "cq": str(encoding.crf),
        "b": "0",
        "profile": "high",
        "bf": "0",
        "forced-idr": "1",
        "strict_gop": "1",
        "no-scenecut": "1",
    }


def _repeatable(width: int) -> dict[str, str]:
    """Give what keeps x264 from reading memory that nobody has written.

    Its AVX-512 code for macroblock trees takes eight blocks at a time, and at the end of a row that is no multiple of
    eight blocks it takes what happens to lie there: the same frames gave other bytes. Its AVX2 code is right, and
    an eighth slower; both agree where rows end even.
    """
    import cv2

    uneven = -(-width // 16) % 8 != 0
    return {"x264-params": "asm=AVX2"} if uneven and cv2.checkHardwareSupport(_AVX_512F) else {}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise MissingEngineError(f"{package} is not installed; install it with: pip install {package}") from None

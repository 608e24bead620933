"""Small synthetic films and sounds for tests, made by the bundled ffmpeg."""

from pathlib import Path

import numpy as np

from content.recipes import sha256_of
from content.values import AssetRef
from models.media import ffmpeg

QUICK = ("-preset", "ultrafast", "-threads", "1")


def film(path: Path, *, seconds=4.0, rate="30", size="160x90", source="testsrc", tone=440, gop=30, more=()) -> Path:
    """Make an H.264 film with a tone (0: silent)."""
    sound = ["-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=48000:duration={seconds}"] if tone else []
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", f"{source}=size={size}:rate={rate}:duration={seconds}", *sound),
            *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709"),
            *("-c:v", "libx264", *QUICK, "-bf", "2", "-g", str(gop), "-sc_threshold", "0", "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", *more, "-y", f"file:{path}"),
        ],
        what="making a test film",
        deadline_s=60,
    )
    return path


def film_of(path: Path, frames, *, rate=30, tone=0) -> Path:
    """Make an H.264 film of RGB frames (N, H, W, 3)."""
    frames = np.asarray(frames, np.uint8)
    raw = path.with_suffix(".rgb")
    raw.write_bytes(frames.tobytes())
    height, width = frames.shape[1:3]
    sound = ["-f", "lavfi", "-i", f"sine=frequency={tone}:duration={len(frames) / rate}"] if tone else []
    ffmpeg.run(
        [
            *("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}", "-framerate", str(rate)),
            *(*ffmpeg.input_file(raw), *sound, "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"),
            *("-c:v", "libx264", *QUICK, "-crf", "12", "-colorspace", "bt709", "-y", f"file:{path}"),
        ],
        what="making a test film",
        deadline_s=60,
    )
    raw.unlink()
    return path


def numbered(path: Path, count: int, *, rate=30, tone=440) -> Path:
    """Make a film whose frames bear their number, in eight black and white blocks."""
    numbers = np.arange(count)
    bits = (numbers[:, None] >> np.arange(8) & 1).astype(np.uint8) * 255
    row = np.repeat(bits, 20, axis=1)
    frames = np.broadcast_to(row[:, None, :, None], (count, 90, 160, 3))
    return film_of(path, frames, rate=rate, tone=tone)


def numbers_of(path: Path) -> list[int]:
    """Read the numbers of a film's frames back, whatever its size."""
    frames = luma(path)
    blocks = np.array_split(frames[:, frames.shape[1] // 2], 8, axis=1)
    bits = [block[:, block.shape[1] // 2] > 128 for block in blocks]
    return [sum(int(bit[at]) << place for place, bit in enumerate(bits)) for at in range(len(frames))]


def sound(path: Path, *, seconds=4.0, source="anoisesrc=color=pink:seed=7:amplitude=0.5", more=()) -> Path:
    """Make a sound file."""
    ffmpeg.run(
        ["-f", "lavfi", "-i", f"{source}:duration={seconds}", *more, "-y", f"file:{path}"],
        what="making a test sound",
        deadline_s=60,
    )
    return path


def luma(path: Path) -> np.ndarray:
    """Decode every frame's luma (N, H, W)."""
    said = ffmpeg.run(
        [*ffmpeg.input_file(path), "-map", "0:v", "-f", "null", "-"], what="x", deadline_s=60, level="info"
    )
    size = said[1].partition("Video: ")[2]
    width, height = map(
        int, next(part for part in size.split(", ") if "x" in part and part[0].isdigit()).split()[0].split("x")
    )
    line = [*ffmpeg.input_file(path), "-map", "0:v", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    data, _ = ffmpeg.run(line, what="reading frames", deadline_s=60)
    return np.frombuffer(data, np.uint8).reshape(-1, height, width)


def samples(path: Path) -> np.ndarray:
    """Decode the sound, mono at 48 kHz, -1 to 1."""
    line = [*ffmpeg.input_file(path), "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "f32le", "-"]
    return np.frombuffer(ffmpeg.run(line, what="reading sound", deadline_s=60)[0], np.float32)


def packets(path: Path) -> list[tuple[int, str]]:
    """Give the size and checksum of every video packet, in order."""
    line = [*ffmpeg.input_file(path), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-"]
    listed = ffmpeg.run(line, what="reading packets", deadline_s=60)[0].decode()
    rows = (row.split(",") for row in listed.splitlines() if not row.startswith("#"))
    return [(int(row[4]), row[5].strip()) for row in rows]


def ref(path: Path, kind="video") -> AssetRef:
    """Give the reference to a file."""
    data = path.read_bytes()
    return AssetRef(kind=kind, sha256=sha256_of(data), bytes=len(data), media_type="application/octet-stream")

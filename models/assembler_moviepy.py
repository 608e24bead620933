"""The assembler: MoviePy's clip of frames we draw ourselves, encoded once by the bundled ffmpeg.

MoviePy owns time (a clip that is asked for its frame at t); frames come as planes in the encoder's own format, so
nothing is converted on the way, and ffmpeg is started by us, because MoviePy's own writer knows no deadline, no
protocol list, no colour tags and asks for a pixel format with alpha.
The movie appears under its name only when it is whole.
"""

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from content.errors import MissingAssetError, TimedOutError
from content.recipes import EngineIdentity
from content.timeline import Timeline
from models import ffmpeg
from models.planes import picture_of
from models.protocols import Progress, RenderedVideo
from models.scene_frames import SceneFrames
from models.soundtrack import make_soundtrack
from models.typefaces import Typecase

_RENDERER = 1
"""Raised whenever the same timeline gives other frames or other sound than before."""

_BT709 = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_PIPE_BYTES = 1 << 20


class AssemblerMoviepy:
    """Renders timelines to H.264 and AAC. Holds nothing between two of them."""

    def __init__(
        self,
        *,
        crf: int = 23,
        preset: str = "veryfast",
        threads: int = 3,
        audio_kbps: int = 160,
        deadline_s: float = 1800,
    ) -> None:
        """Take the encoder's settings; `threads` is fixed, because another number gives other bytes."""
        self.crf = crf
        self.preset = preset
        self.threads = threads
        self.audio_kbps = audio_kbps
        self.deadline_s = deadline_s

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change the video."""
        case = Typecase()
        return EngineIdentity(
            backend="moviepy",
            model="libx264+aac",
            revision=f"ffmpeg-{ffmpeg.version()}",
            parameters={
                "crf": self.crf,
                "preset": self.preset,
                "threads": self.threads,
                "audio_kbps": self.audio_kbps,
                "renderer": _RENDERER,
                "typefaces": case.names("sans"),
            },
        )

    def load(self) -> None:
        """Look for ffmpeg and the captions' typeface."""
        ffmpeg.executable()
        Typecase().typeface("sans", "semibold")

    def release(self) -> None:
        """Nothing is held."""

    def assemble(self, timeline: Timeline, media: Mapping[str, Path], work: Path, progress: Progress) -> RenderedVideo:
        """Render a timeline into `work`: movie.mp4 and poster.jpg.

        Raises MissingAssetError, BadInputError, MissingGlyphError, and TimedOutError after `deadline_s`.
        """
        narration = media.get(timeline.narration.sha256)
        if narration is None or not narration.is_file():
            raise MissingAssetError(f"the narration {timeline.narration.sha256[:12]} is not at hand; verify the store")
        poster = work / "poster.jpg"
        with tempfile.TemporaryDirectory(dir=work) as folder:
            frames = SceneFrames(timeline, media, work=Path(folder))
            picture_of(frames.poster()).save(poster, "JPEG", quality=90, subsampling=0)
            soundtrack = make_soundtrack(timeline, narration, Path(folder), deadline_s=self.deadline_s)
            unfinished = Path(folder) / "movie.mp4"
            self._encode(frames, soundtrack, unfinished, progress)
            movie = unfinished.replace(work / "movie.mp4")
        return RenderedVideo(
            movie=movie,
            poster=poster,
            duration_s=frames.total / timeline.fps,
            width=timeline.width,
            height=timeline.height,
        )

    def _encode(self, frames: SceneFrames, soundtrack: Path, movie: Path, progress: Progress) -> None:
        from moviepy import VideoClip

        timeline = frames.timeline
        fps = timeline.fps
        # Half a frame more than the frames take: MoviePy cuts duration × fps down to a whole number.
        clip = VideoClip(lambda t: frames.draw(round(t * fps)), duration=(frames.total + 0.5) / fps)
        with self._encoder(timeline, soundtrack, movie) as pipe:
            for done, frame in enumerate(clip.iter_frames(fps=fps), start=1):
                pipe.write(frame.data)
                # Twice a second of video: whoever draws the bar may do so over a network.
                if done % max(1, fps // 2) == 0 or done == frames.total:
                    progress(done, frames.total)

    @contextlib.contextmanager
    def _encoder(self, timeline: Timeline, soundtrack: Path, movie: Path) -> Iterator[IO[bytes]]:
        """Have ffmpeg read frames from a pipe while the block runs; the end of the block or of the time kills it."""
        line = ffmpeg.command(self._arguments(timeline, soundtrack, movie))
        late = threading.Event()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
            assert process.stdin is not None
            _widen(process.stdin)

            def stop() -> None:
                late.set()
                process.kill()

            clock = threading.Timer(self.deadline_s, stop)
            clock.daemon = True
            clock.start()
            try:
                with contextlib.suppress(BrokenPipeError):
                    yield process.stdin
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                process.wait()
            finally:
                clock.cancel()
                if process.poll() is None:
                    process.kill()
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                process.wait()
            if late.is_set():
                raise TimedOutError(
                    f"the video was not encoded within {self.deadline_s:g} s; the step may be run again when the "
                    "machine has less to do"
                )
            if process.returncode != 0:
                said.seek(0)
                raise ffmpeg.failure("encoding the video", said.read().decode(errors="replace"), process.returncode)

    def _arguments(self, timeline: Timeline, soundtrack: Path, movie: Path) -> list[str]:
        size = f"{timeline.width}x{timeline.height}"
        frames_in = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", size, "-framerate", str(timeline.fps)]
        picture = ["-c:v", "libx264", "-preset", self.preset, "-crf", str(self.crf), "-profile:v", "high"]
        picture += ["-pix_fmt", "yuv420p", "-threads:v", str(self.threads), "-g", str(timeline.fps * 2)]
        # A player seeks to a keyframe, and a browser's scrubbing shows nothing else: one every two seconds.
        sound = ["-c:a", "aac", "-b:a", f"{self.audio_kbps}k"]
        return [
            *("-y", *frames_in, *_BT709, *ffmpeg.BEFORE_INPUT, "-i", "pipe:0", *ffmpeg.input_file(soundtrack)),
            *("-map", "0:v:0", "-map", "1:a:0", *picture, *_BT709, "-chroma_sample_location", "left", *sound),
            *(*ffmpeg.REPEATABLE, "-movflags", "+faststart", "-f", "mp4", f"file:{movie}"),
        ]


def _widen(pipe: Any) -> None:
    """Let a pipe hold a megabyte where the system can: a frame is three, and each refill is a switch of processes."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

"""The assembler: a film in pieces, missing ones drawn and encoded side by side, all joined without encoding again.

What was finished before is taken from the shelf, so a change pays for the pieces it touches; the soundtrack is such a
piece, too. MoviePy composes the music (`music_bed.py`); it draws no frame any more, because its clips of clips
cost more than the encoder itself (docs/decisions/0016-video-in-pieces.md).
The movie appears under its name only when it is whole.
"""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from content.chapters import chapters_of
from content.errors import BadConfigurationError, MissingAssetError
from content.pieces import Piece, cut, total_frames
from content.recipes import EngineIdentity
from content.timeline import Timeline
from models.assembler.film_joining import join
from models.assembler.mp4_frames import frames_in
from models.assembler.piece_encoding import PRESETS, Encoder, Encoding, look_for, piece_key
from models.assembler.piece_pool import Studio, Task, render
from models.assembler.planes import picture_of
from models.assembler.scene_frames import SceneFrames
from models.assembler.soundtrack import VERSION as SOUND
from models.assembler.soundtrack import make_soundtrack, make_voice, sound_key, voice_key
from models.deadline import Deadline
from models.full_disk import room_on_disk
from models.illustrator.typefaces import Typecase
from models.media import ffmpeg
from models.protocols import Order, PieceShelf, Progress, RenderedVideo

_WORST: Final = 51
_MOST_WORKERS: Final = 256


class AssemblerMoviepy:
    """Renders timelines to H.264 and AAC. Holds nothing between two of them."""

    def __init__(
        self,
        *,
        encoder: Encoder = "libx264",
        crf: int = 23,
        preset: str = "",
        audio_kbps: int = 160,
        deadline_s: float = 1800,
        workers: int | None = None,
    ) -> None:
        """Take the encoder's settings, and how many pieces are made at once (one a processor); bytes are the same."""
        self.encoding = Encoding(encoder=encoder, crf=crf, preset=preset or PRESETS[encoder])
        self.audio_kbps = audio_kbps
        self.deadline_s = deadline_s
        self.workers = workers or os.cpu_count() or 1

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build from a name: `moviepy?crf=20&preset=medium&workers=4`, `moviepy?encoder=h264_nvenc&preset=p5`."""
        name = order.name
        name.allow(("encoder", "crf", "preset", "workers"))
        told = name.option("encoder", "libx264")
        encoder = next((known for known in PRESETS if known == told), None)
        if encoder is None:
            raise BadConfigurationError(f"{name}: there is no encoder {told!r}; use one of {', '.join(PRESETS)}")
        crf, workers = name.option("crf", 23), name.option("workers", 0)
        if not 0 <= crf <= _WORST:
            raise BadConfigurationError(f"{name}: crf must be 0 to {_WORST}, not {crf}; lower is better")
        if not 0 <= workers <= _MOST_WORKERS:
            raise BadConfigurationError(
                f"{name}: workers must be 0 (one a processor) to {_MOST_WORKERS}, not {workers}"
            )
        return cls(encoder=encoder, crf=crf, preset=name.option("preset", ""), workers=workers or None)

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change the video."""
        return EngineIdentity(
            backend="moviepy",
            model=f"{self.encoding.encoder}+aac",
            revision=f"ffmpeg-{ffmpeg.version()}",
            parameters={**self.encoding.identity, "audio_kbps": self.audio_kbps, "sound": SOUND},
        )

    def load(self) -> None:
        """Look for ffmpeg, the encoder and the captions' typeface."""
        ffmpeg.executable()
        look_for(self.encoding.encoder)
        Typecase().typeface("sans", "semibold")

    def release(self) -> None:
        """Nothing is held."""

    def assemble(
        self,
        timeline: Timeline,
        media: Mapping[str, Path],
        work: Path,
        progress: Progress,
        pieces: PieceShelf | None = None,
    ) -> RenderedVideo:
        """Render a timeline into `work`: movie.mp4 and poster.jpg. Progress is in frames; kept ones are done at once.

        Raises MissingAssetError, BadInputError, MissingGlyphError, BadConfigurationError when the disk is full,
        OutOfMemoryError when the system ends the processes that draw, and TimedOutError after `deadline_s`.
        """
        _look_for_sound(timeline, media)
        deadline = Deadline(self.deadline_s, what="the video")
        with room_on_disk("making the video"), tempfile.TemporaryDirectory(dir=work) as name:
            folder = Path(name)
            with ThreadPoolExecutor(1, "soundtrack") as beside:
                # Frames keep every processor busy; what is neither drawn nor encoded goes on beside them.
                poster = beside.submit(_draw_poster, timeline, media, folder / "poster.jpg")
                sound = beside.submit(self._soundtrack, timeline, media, folder, pieces, deadline)
                try:
                    film = self._pieces(timeline, media, folder, progress, pieces, deadline)
                except BaseException:
                    deadline.give_up()
                    raise
            movie = folder / "movie.mp4"
            join(film, sound.result(), chapters_of(timeline), movie, fps=timeline.fps, deadline=deadline)
            still = poster.result().replace(work / "poster.jpg")
            movie = movie.replace(work / "movie.mp4")
        return RenderedVideo(
            movie=movie,
            poster=still,
            duration_s=total_frames(timeline) / timeline.fps,
            width=timeline.width,
            height=timeline.height,
        )

    def _pieces(
        self,
        timeline: Timeline,
        media: Mapping[str, Path],
        folder: Path,
        progress: Progress,
        shelf: PieceShelf | None,
        deadline: Deadline,
    ) -> list[tuple[Path, int]]:
        """Find or make every piece of a film; give files and numbers of frames, in order."""
        film = cut(timeline)
        keys = [piece_key(piece, self.encoding) for piece in film]
        by_key = dict(zip(keys, film, strict=True))
        found = {key: path for key in by_key if shelf is not None and (path := shelf.find(key)) is not None}
        files = {key: path for key, path in found.items() if frames_in(path) == by_key[key].frames}
        missing = [key for key in by_key if key not in files]
        tasks = [Task(by_key[key], folder / f"{key}.mp4") for key in missing]
        bar = _Bar(progress, [by_key[key].frames for key in missing], [keys.count(key) for key in missing], film)

        def finished(index: int) -> None:
            if shelf is not None:
                shelf.keep(missing[index], tasks[index].path)

        studio = Studio(media, folder, self.encoding, deadline)
        render(tasks, studio, workers=self.workers, drawn=bar.drawn, finished=finished)
        files |= {key: task.path for key, task in zip(missing, tasks, strict=True)}
        return [(files[key], piece.frames) for key, piece in zip(keys, film, strict=True)]

    def _soundtrack(
        self,
        timeline: Timeline,
        media: Mapping[str, Path],
        folder: Path,
        shelf: PieceShelf | None,
        deadline: Deadline,
    ) -> Path:
        def voice() -> Path:
            return make_voice(media[timeline.narration.sha256], folder, deadline=deadline)

        def sound() -> Path:
            music = media[timeline.music.sha256] if timeline.music else None
            spoken = _kept(shelf, voice_key(timeline), voice)
            return make_soundtrack(timeline, spoken, music, folder, audio_kbps=self.audio_kbps, deadline=deadline)

        return _kept(shelf, sound_key(timeline, audio_kbps=self.audio_kbps), sound)


class _Bar:
    """Frames done of all: what was kept counts at once, what is drawn as it is drawn, and nothing counts twice."""

    def __init__(self, progress: Progress, missing: Sequence[int], uses: Sequence[int], film: Sequence[Piece]) -> None:
        """Take the frames of each missing piece, and how often the film shows it."""
        self._progress = progress
        self._uses = uses
        self._drawn = [0] * len(missing)
        self._total = sum(piece.frames for piece in film)
        self._kept = self._total - sum(frames * use for frames, use in zip(missing, uses, strict=True))
        self._done = 0
        self._tell(self._kept)

    def drawn(self, index: int, frames: int) -> None:
        """Take note of how far a missing piece is; one that is begun again brings nothing until it has caught up."""
        self._drawn[index] = frames
        self._tell(self._kept + sum(drawn * use for drawn, use in zip(self._drawn, self._uses, strict=True)))

    def _tell(self, done: int) -> None:
        if done > self._done:
            self._done = done
            self._progress(done, self._total)


def _kept(shelf: PieceShelf | None, key: str, make: Callable[[], Path]) -> Path:
    """Take something from the shelf, or make it and keep it there."""
    if shelf is not None and (found := shelf.find(key)) is not None:
        return found
    made = make()
    if shelf is not None:
        shelf.keep(key, made)
    return made


def _look_for_sound(timeline: Timeline, media: Mapping[str, Path]) -> None:
    for ref in (timeline.narration, timeline.music):
        if ref is not None and not (ref.sha256 in media and media[ref.sha256].is_file()):
            raise MissingAssetError(f"the {ref.kind} {ref.sha256[:12]} is not at hand; verify the object store")


def _draw_poster(timeline: Timeline, media: Mapping[str, Path], path: Path) -> Path:
    picture_of(SceneFrames(timeline, media, work=path.parent).poster()).save(path, "JPEG", quality=90, subsampling=0)
    return path

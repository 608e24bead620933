"""The editor: edit lists on videos that exist already, however strange the file, with pixels encoded once at most.

Every edit only changes a plan: which frames, which sound, which captions. In the end the plan is made into a film:
packets are copied where that gives exactly the frames planned, everything else is decoded in a limited child process,
drawn in planes and encoded as the house's films are. The movie appears under its name only when it is whole.
MoviePy has no part in it: its reader knows no deadline, no format list and no limits, which a stranger's file needs.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Self

from content.caption_files import spoken_words
from content.edits import AddCaptions, Concatenate, Edit, EditList, Highlights, Reformat, ReplaceAudio, Trim
from content.errors import BadInputError, MissingAssetError
from content.highlights import by_shots, by_transcript
from content.recipes import EngineIdentity
from models.assembler.planes import picture_of
from models.deadline import Deadline
from models.editor.edit_captions import EditCaptions
from models.editor.edit_encoding import Settings, encoded_film
from models.editor.edit_pictures import Framing, cropping, is_across, unchanged, whole
from models.editor.edit_plan import Pictures, Plan, Sound
from models.editor.edit_sound import Source, make_sound
from models.editor.edit_watch import watch
from models.editor.film_copy import checked_copy, copied_film, copies
from models.editor.film_reader import frames_at
from models.full_disk import room_on_disk
from models.illustrator.typefaces import Typecase
from models.media import ffmpeg
from models.media.foreign_video import Film, FilmLimits, look_at
from models.protocols import Order, Progress, RenderedEdit

_VERSION = 1
"""Raised whenever the same video and edits give other frames or other sound than before."""

# Shares of a hundred: where the bar stands when each part of the work is done.
_LOOKED, _WATCHED, _HEARD, _DONE = 5, 30, 40, 100


@dataclass
class _Work:
    """One edit under way: its films and sounds by number, and what is told of it."""

    films: list[Film]
    sources: list[Source]
    media: Mapping[str, Path]
    edits: EditList
    folder: Path
    deadline: Deadline
    progress: Progress
    told: int = field(default=-1)

    def tell(self, share: float) -> None:
        """Say how many of a hundred parts are done; never fewer than before."""
        if int(share) > self.told:
            self.told = int(share)
            self.progress(self.told, _DONE)


class EditorFfmpeg:
    """Edits videos with ffmpeg. Holds nothing between two of them; several threads may edit side by side."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        audio_kbps: int = 160,
        deadline_s: float = 1800,
        limits: FilmLimits | None = None,
    ) -> None:
        """Take the encoders' settings, how long one edit may take, and which films are let in."""
        self.settings = settings or Settings()
        self.audio_kbps = audio_kbps
        self.deadline_s = deadline_s
        self.limits = limits or FilmLimits()

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build from a name: `ffmpeg?crf=20&preset=medium&longest_s=600&largest_mb=500&deadline_s=900`."""
        order.name.allow(("crf", "preset", "longest_s", "largest_mb", "deadline_s"))
        usual = FilmLimits()
        limits = FilmLimits(
            longest_s=order.name.option("longest_s", usual.longest_s),
            largest_bytes=order.name.option("largest_mb", usual.largest_bytes // 1_000_000) * 1_000_000,
        )
        return cls(
            settings=Settings(crf=order.name.option("crf", 23), preset=order.name.option("preset", "veryfast")),
            deadline_s=order.name.option("deadline_s", 1800.0),
            limits=limits,
        )

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change the video."""
        return EngineIdentity(
            backend="ffmpeg",
            model="libx264+aac",
            revision=f"ffmpeg-{ffmpeg.version()}",
            parameters={
                "crf": self.settings.crf,
                "preset": self.settings.preset,
                "threads": self.settings.threads,
                "audio_kbps": self.audio_kbps,
                "editor": _VERSION,
                "opencv": metadata.version("opencv-python-headless"),
                "typefaces": Typecase().names("sans"),
            },
        )

    def load(self) -> None:
        """Look for ffmpeg and the captions' typeface."""
        ffmpeg.executable()
        Typecase().typeface("sans", "semibold")

    def release(self) -> None:
        """Nothing is held."""

    def edit(
        self, source: Path, edits: EditList, media: Mapping[str, Path], work: Path, progress: Progress
    ) -> RenderedEdit:
        """Edit a video into `work`: movie.mp4 and poster.jpg. `media` holds a local file for each sha256 in `edits`.

        Raises BadInputError for a file that is no video or breaks, and for edits that leave nothing of it,
        MissingAssetError, MissingGlyphError, BadConfigurationError when the disk is full, and TimedOutError.
        """
        deadline = Deadline(self.deadline_s, what=f"editing {source.name}")
        with room_on_disk("editing the video"), tempfile.TemporaryDirectory(dir=work) as folder:
            first = look_at(source, self.limits, deadline)
            at_work = _Work(
                films=[first],
                sources=[Source(source, first.facts.container)],
                media=media,
                edits=edits,
                folder=Path(folder),
                deadline=deadline,
                progress=progress,
            )
            at_work.tell(_LOOKED)
            plan = _all_of(first)
            for edit in edits.edits:
                plan = self._planned(plan, edit, at_work)
            return self._made(plan, at_work, work)

    def _planned(self, plan: Plan, edit: Edit, work: _Work) -> Plan:
        """Change the plan by one edit."""
        match edit:
            case Trim():
                return plan.trimmed(edit)
            case Concatenate():
                return self._concatenated(plan, edit, work)
            case Highlights():
                return self._highlights(plan, edit, work)
            case Reformat():
                return replace(plan, reformat=edit)
            case AddCaptions():
                return plan.captioned(edit.laid, burned=edit.burned)
            case ReplaceAudio():
                return plan.with_sound(edit, _added(edit, work))

    def _concatenated(self, plan: Plan, edit: Concatenate, work: _Work) -> Plan:
        """Put others behind: looked at, counted at this film's rate, fitted into its size when they are drawn."""
        for other in edit.others:
            film = look_at(_at_hand(other.sha256, work.media), self.limits, work.deadline)
            # Films and sounds are numbered alike, so a sound that was added before holds a film's place.
            work.films += [film] * (len(work.sources) + 1 - len(work.films))
            work.sources.append(Source(film.path, film.facts.container))
            plan = plan.followed_by(
                len(work.sources) - 1, frames_at(film, plan.rate), heard=bool(film.facts.audio_codec)
            )
        if plan.duration_s > self.limits.longest_s:
            raise BadInputError(f"together the videos last {plan.duration_s / 60:.1f} minutes; that is too long")
        return plan

    def _highlights(self, plan: Plan, edit: Highlights, work: _Work) -> Plan:
        """Keep the best: chosen by words or by watching, and never longer than wanted by a single frame."""
        if edit.by == "transcript":
            words = edit.words or spoken_words(plan.captions)
            chosen = by_transcript(words, edit.target_s, plan.duration_s, work.edits.language)
        else:
            chosen = by_shots(
                watch(plan, work.films, work.deadline, lambda share: work.tell(_LOOKED + share * 10)).shots(),
                edit.target_s,
            )
        stretches = [plan.stretch(*stretch) for stretch in chosen]
        most = max(1, int(Fraction(edit.target_s) * plan.rate))
        over = sum(end - first for first, end in stretches) - most
        first, end = stretches[-1]
        if over > 0:  # each of its edges was rounded to a frame
            stretches[-1] = (first, max(first + 1, end - over))
        return plan.kept(stretches)

    def _made(self, plan: Plan, work: _Work, into: Path) -> RenderedEdit:
        """Make the film of a plan."""
        film = work.films[0]
        # 1. How frames become the size that is wanted; this may take watching all of them.
        framing = self._framing(plan, work)
        work.tell(_WATCHED)

        # 2. The sound, unless nothing of it changes.
        as_it_is = plan.level is None and plan.sounds == _all_of(film).sounds
        remuxed = as_it_is and film.facts.audio_codec in {"", "aac"} and copies(plan, film, framing)
        sound = None if remuxed else self._sound(plan, work)
        work.tell(_HEARD)

        # 3. The pictures: packets as they are, or frames drawn and encoded.
        unfinished = work.folder / "movie.mp4"
        if copied := copies(plan, film, framing):
            copied_film(plan, film, sound, unfinished, deadline=work.deadline, own_sound=remuxed)
            poster = checked_copy(unfinished, plan, self.limits, work.deadline)
        else:
            captions = EditCaptions(
                plan.captions if plan.burned else (),
                size=framing.size,
                rate=plan.rate,
                duration_s=plan.duration_s,
                brand=work.edits.brand,
                language=work.edits.language,
            )
            poster = encoded_film(
                plan,
                work.films,
                framing,
                captions,
                sound,
                unfinished,
                settings=self.settings,
                deadline=work.deadline,
                drawn=lambda share: work.tell(_HEARD + (_DONE - 1 - _HEARD) * share),
            )

        # 4. The poster, and both under their names.
        unposted = work.folder / "poster.jpg"
        picture_of(poster).save(unposted, "JPEG", quality=90, subsampling=0)
        made = RenderedEdit(
            movie=unfinished.replace(into / "movie.mp4"),
            poster=unposted.replace(into / "poster.jpg"),
            duration_s=plan.duration_s,
            frames=plan.frames,
            width=framing.size[0],
            height=framing.size[1],
            captions=plan.captions,
            copied=copied,
            is_silent=all(sound.source is None for sound in plan.sounds),
        )
        work.tell(_DONE)
        return made

    def _framing(self, plan: Plan, work: _Work) -> Framing:
        facts = work.films[0].facts
        film = (facts.width, facts.height)
        if plan.reformat is None or (size := plan.reformat.size(*film)) == film:
            return unchanged(*film)
        crop = cropping(size, film)
        if crop.canvas == size:
            return crop
        if plan.reformat.filling == "whole":
            return whole(size, film)
        seen = watch(
            plan,
            work.films,
            work.deadline,
            lambda share: work.tell(_LOOKED + 10 + share * (_WATCHED - _LOOKED - 10)),
            across=is_across(crop),
        )
        way = seen.way(crop.window)
        if plan.reformat.filling == "auto" and not way.holds_enough:
            return whole(size, film)
        return replace(crop, places=way.places)

    def _sound(self, plan: Plan, work: _Work) -> Path | None:
        """Make the sound; None for a film that is silent all through."""
        if all(sound.source is None for sound in plan.sounds):
            return None
        return make_sound(
            plan.sounds,
            work.sources,
            plan.level,
            work.folder,
            kbps=self.audio_kbps,
            limits=self.limits,
            deadline=work.deadline,
        )


def _all_of(film: Film) -> Plan:
    """Plan a film as it is."""
    rate, frames = film.facts.fps, film.facts.frames
    if not film.facts.is_even:
        frames = frames_at(film, rate)
    heard = 0 if film.facts.audio_codec else None
    return Plan(rate, (Pictures(0, 0, frames),), (Sound(heard, Fraction(0), frames / rate),))


def _added(edit: ReplaceAudio, work: _Work) -> int | None:
    """Take an audio file among the sounds and give its number; None for the film's own."""
    if edit.audio is None:
        return None
    path = _at_hand(edit.audio.sha256, work.media)
    if not path.stat().st_size:
        raise BadInputError(f"{path.name} is empty: it has no bytes; copy or export it again")
    work.sources.append(Source(path, None))
    return len(work.sources) - 1


def _at_hand(sha256: str, media: Mapping[str, Path]) -> Path:
    path = media.get(sha256)
    if path is None or not path.is_file():
        raise MissingAssetError(f"the file {sha256[:12]} of an edit is not at hand; verify the object store")
    return path

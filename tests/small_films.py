"""Films of a few small frames, rendered in a moment, and a shelf that counts what it is given."""

from pathlib import Path
from tempfile import TemporaryDirectory

from random_timelines import Props

from content.timeline import Caption, Scene, Timeline
from models.assembler.assembler_moviepy import AssemblerMoviepy
from models.assembler.piece_shelf import FolderShelf

_folder = TemporaryDirectory(prefix="small-films-")
PROPS = Props(Path(_folder.name))


def quiet(*_):
    """Tell nobody of any progress."""


class CountingShelf(FolderShelf):
    def __init__(self, folder):
        super().__init__(folder)
        self.kept = []

    def keep(self, key, piece):
        super().keep(key, piece)
        self.kept.append(key)


def film(line, work, *, workers=1, shelf=None, progress=quiet, **options):
    work.mkdir(exist_ok=True)
    return AssemblerMoviepy(workers=workers, **options).assemble(line, PROPS.media, work, progress, shelf)


def four_scenes(**changes):
    """Lay four scenes of 3 s with two captions, at 10 frames a second."""
    motions = ("push-in", "pan-left", "pull-out", "still")
    scenes = tuple(
        Scene(picture=picture, start_s=2.5 * number, duration_s=3.0, motion=motion, title=f"Part {number}")
        for number, (picture, motion) in enumerate(zip(PROPS.pictures, motions, strict=True))
    )
    captions = (Caption(text="One thing", start_s=0.5, end_s=2.0), Caption(text="Another", start_s=5.5, end_s=7.0))
    line = Timeline(
        scenes=scenes,
        captions=captions,
        narration=PROPS.voice,
        duration_s=10.5,
        width=128,
        height=72,
        fps=10,
        crossfade_s=0.5,
    )
    return line.model_copy(update=changes)

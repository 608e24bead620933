"""The scripted stand-in for editors: a small film of one colour, told by the edits, whatever the source is."""

from collections.abc import Mapping
from pathlib import Path

from content.edits import AddCaptions, EditList, Highlights, Reformat, Trim
from content.recipes import digest_of
from models.fakes.fakes import Scripted
from models.fakes.fakes_bytes import plain_clip, plain_picture
from models.protocols import ClipRequest, Progress, RenderedEdit

_LONGEST_S = 4.0


class FakeEditor(Scripted[EditList, RenderedEdit]):
    """Gives a film of at most four seconds in the shape that was asked for, with the captions it was told."""

    def __init__(self) -> None:
        super().__init__("editor")

    def edit(
        self, source: Path, edits: EditList, media: Mapping[str, Path], work: Path, progress: Progress
    ) -> RenderedEdit:
        """Write the film and its poster into `work`; the source is not looked at."""
        del source, media
        return self._answer(edits, lambda: _plain(edits, work, progress))


def _plain(edits: EditList, work: Path, progress: Progress) -> RenderedEdit:
    told = {edit.kind: edit for edit in edits.edits}
    seconds = _LONGEST_S
    if isinstance(trim := told.get("trim"), Trim) and trim.end_s:
        seconds = min(seconds, trim.end_s - trim.start_s)
    if isinstance(best := told.get("highlights"), Highlights):
        seconds = min(seconds, best.target_s)
    shape = told.get("reformat")
    size = shape.size(128, 72) if isinstance(shape, Reformat) else (128, 72)
    request = ClipRequest(prompt=digest_of(edits), width=max(64, size[0]), height=max(64, size[1]), seconds=seconds)
    clip = plain_clip(request, work, progress, 0)
    poster = work / "poster.png"
    poster.write_bytes(plain_picture(request.prompt, request.width, request.height).data)
    captions = told.get("captions")
    return RenderedEdit(
        movie=clip.movie,
        poster=poster,
        duration_s=clip.duration_s,
        frames=max(1, round(clip.duration_s * clip.fps)),
        width=clip.width,
        height=clip.height,
        captions=captions.laid if isinstance(captions, AddCaptions) else (),
        is_silent=True,
    )

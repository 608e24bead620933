"""Editing a video that exists: what is wanted, the edit itself, and the gate's word on it.

A film of ours inherits what the gate said of everything that went into it. A stranger's film is a hold until somebody
has watched it, and its sound is one as long as nobody here can listen.
"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pydantic import ValidationError

from content.caption_files import read_captions
from content.captions import Caption, webvtt
from content.edits import AddCaptions, Concatenate, Edit, EditList, Highlights, Reformat, ReplaceAudio, Trim
from content.errors import BadInputError, MissingAssetError
from content.gate import inherited
from content.recipes import Value
from content.values import AssetRef, Edition, Modality, Reason, Shape, Step, Verdict, Video, object_key
from tasks.editions import Plan
from tasks.gate import Verdicts, judge_text
from tasks.jobs import Job
from tasks.progress import shown_progress
from tasks.steps import step
from wiring.container import container


class Wanted(Value):
    """A video, and what is to be done to it."""

    source: AssetRef
    edits: EditList


class Edited(Value):
    """An edited video. `copied`: its pictures are the source's own packets; `is_silent`: it has no sound at all."""

    video: Video
    copied: bool
    is_silent: bool


def wanted(
    plan: Plan,
    *,
    source: str = "",
    trim_start_s: float = 0.0,
    trim_end_s: float | None = None,
    shape: Shape | None = None,
    captions: bool = False,
    caption_file: str = "",
    audio: str = "",
    highlight_s: float | None = None,
) -> Wanted:
    """Say what is wanted, from what a person fills in; files are named by the sha256 they are kept under.

    Raises BadInputError when there is no such edition or captions, or nothing is to be done,
    MissingAssetError for a file that is not kept.
    """
    video = None if source else _video_of(plan.edition)
    known = _captions(caption_file, video)
    if captions and not known:
        raise BadInputError("there are no captions to show; name a kept WebVTT or SubRip file as caption_file")
    edits: list[Edit] = []
    try:
        if known:
            edits.append(AddCaptions(captions=known, burned=captions))
        if trim_start_s or trim_end_s is not None:
            edits.append(Trim(start_s=trim_start_s, end_s=trim_end_s))
        if highlight_s is not None:
            edits.append(Highlights(target_s=highlight_s, by="transcript" if known else "shots"))
    except ValidationError as error:
        raise BadInputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if shape:
        edits.append(Reformat(shape=shape))
    if audio:
        edits.append(ReplaceAudio(audio=kept(audio, "audio", "application/octet-stream")))
    if not edits or (len(edits) == 1 and known and not captions and not caption_file):
        raise BadInputError("nothing is to be done; choose a trim, highlights, a format, captions or audio")
    letter = plan.newsletter
    return Wanted(
        source=video.movie if video else kept(source, "video", "video/mp4"),
        edits=EditList(edits=tuple(edits), brand=letter.brand, language=letter.language),
    )


def kept(sha256: str, kind: str, media_type: str) -> AssetRef:
    """Give the reference to a file that `pressroom edit FILE --keep` put into the store."""
    digest = sha256.strip().lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise BadInputError(f"{sha256[:80]!r} names no kept file; `pressroom edit FILE --keep` gives its 64 digits")
    info = container().objects.info(object_key(digest))
    if info is None:
        raise MissingAssetError(f"no file {digest[:12]} is kept here; keep it with `pressroom edit FILE --keep`")
    return AssetRef(kind=kind, sha256=digest, bytes=info.bytes, media_type=media_type)


@step(Step.ASSEMBLE, version=1, returns=Edited, engine="editor", tags=["gpu"])
def edit(job: Job, *, source: AssetRef, edits: EditList) -> Edited:
    """Edit a video: cut it, give it another shape, captions or sound."""
    house = container()
    with tempfile.TemporaryDirectory(prefix="pressroom-edit-") as folder, ExitStack() as stack:
        movie = stack.enter_context(house.library.local(source))
        media = {ref.sha256: stack.enter_context(house.library.local(ref)) for ref in edits.assets}
        with (
            house.editor(job.profile, job.language) as editor,
            shown_progress(f"Editing {job.edition} · {job.item}") as progress,
        ):
            made = editor.edit(movie, edits, media, Path(folder), progress)
        poster = "image/png" if made.poster.suffix == ".png" else "image/jpeg"
        video = Video(
            movie=house.library.keep("video", made.movie, "video/mp4"),
            captions=house.library.keep("captions", webvtt(made.captions).encode(), "text/vtt"),
            poster=house.library.keep("poster", made.poster, poster),
            duration_s=made.duration_s,
            width=made.width,
            height=made.height,
        )
        return Edited(video=video, copied=made.copied, is_silent=made.is_silent)


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", beside=["video_moderator"], tags=["gpu"])
def moderate_edit(job: Job, *, source: AssetRef, edits: EditList, edited: Edited) -> Verdicts:
    """Judge an edited video by what went into it; what nobody has judged is watched, or held."""
    house = container()
    films, sounds = _went_in(source, edits)
    known = house.library.verdicts_for([ref.sha256 for ref in (*films, *sounds)])
    found = [verdict for verdicts in known.values() for verdict in verdicts]
    words = _shown_words(edits)
    if words:
        found += judge_text(job, "\n".join(words).encode(), words, ()).verdicts

    video, verdicts = edited.video, []
    unseen = [ref for ref in films if not known[ref.sha256]]
    if unseen and not house.has("video_moderator", job.profile, job.language):
        found.append(_unjudged(video.movie.sha256, "gate.no_video_moderator", "a film that nobody has watched"))
    elif unseen:
        with (
            house.video_moderator(job.profile, job.language) as moderator,
            house.library.local(video.movie) as movie,
            shown_progress(f"Watching {job.edition} · {job.item}") as progress,
        ):
            found.append(moderator.judge_video(video.movie.sha256, movie, (), progress))
    if not edited.is_silent and any(not known[ref.sha256] for ref in sounds):
        found.append(_unjudged(video.movie.sha256, "gate.no_listener", "sound that nobody has heard"))

    shown: list[tuple[AssetRef, Modality]] = [
        (video.movie, "video"), (video.poster, "image"), (video.captions, "text"),
    ]  # fmt: skip
    verdicts = [inherited(ref.sha256, modality, found) for ref, modality in shown]
    verdicts += [verdict for verdict in found if verdict.sha256 == video.movie.sha256 and verdict.moderator != "gate"]
    house.library.record_verdicts(verdicts)
    return Verdicts(verdicts=tuple(verdicts))


def _video_of(edition: Edition) -> Video:
    record = container().library.edition_record(edition)
    if record is None or record.video is None:
        raise BadInputError(f"{edition} has no video; make it first, or name a kept file as source")
    return record.video


def _captions(caption_file: str, video: Video | None) -> tuple[Caption, ...]:
    """Give the captions of a kept file, else the edition's own; those are in its pictures already."""
    library = container().library
    if caption_file:
        ref = kept(caption_file, "captions", "text/vtt")
        return read_captions(library.read(ref), f"the kept file {ref.sha256[:12]}")
    if video is None:
        return ()
    data = library.read(video.captions)
    return read_captions(data) if b"-->" in data else ()


def _went_in(source: AssetRef, edits: EditList) -> tuple[Sequence[AssetRef], Sequence[AssetRef]]:
    """Give the films whose pictures are seen, and the files whose sound is heard."""
    films, sounds = [source], [source]
    for each in edits.edits:
        if isinstance(each, Concatenate):
            films += each.others
            sounds += each.others
        elif isinstance(each, ReplaceAudio) and each.audio:
            sounds = [each.audio]
    return films, sounds


def _shown_words(edits: EditList) -> tuple[str, ...]:
    captions = [caption for each in edits.edits if isinstance(each, AddCaptions) for caption in each.laid]
    return tuple(dict.fromkeys(caption.text.replace("\n", " ") for caption in captions))


def _unjudged(sha256: str, rule: str, excerpt: str) -> Verdict:
    reason = Reason(hazard="unjudged", rule=rule, excerpt=excerpt)
    return Verdict(sha256=sha256, modality="video", decision="hold", moderator="gate", reasons=(reason,))

"""The gate's steps: a verdict for everything that will be seen or heard, bound to the sha256 of its final bytes.

It fails closed. A moderator that crashes makes the step fail, so that nothing of it is cached;
the join turns that failure into a hold, and a rerun asks again.
"""

from collections.abc import Sequence
from typing import Final

from content.gate import failed_closed, inherited, worst
from content.links import uncited
from content.recipes import Value, sha256_of
from content.values import (
    AssetRef,
    Cover,
    Draft,
    Modality,
    ModerationRequest,
    Narration,
    Reason,
    Script,
    Step,
    Verdict,
    Video,
)
from content.visible import visible_links, visible_text
from tasks.faults import InjectedFaultError
from tasks.jobs import Job
from tasks.progress import shown_progress
from tasks.steps import Pending, step
from wiring.container import container

WATCHERS: Final = ("picture_moderator", "video_moderator")


class Verdicts(Value):
    """What the moderators said of one item."""

    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every single one is a pass; nothing judged is not a pass."""
        return bool(self.verdicts) and all(verdict.decision == "pass" for verdict in self.verdicts)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why not, each reason once."""
        return tuple(dict.fromkeys(reason for verdict in self.verdicts for reason in verdict.reasons))

    @property
    def outcome(self) -> str:
        """How the step stands in the record."""
        return "computed" if self.passed else "held"

    @property
    def outcome_detail(self) -> str:
        """The reasons, on one line."""
        return "; ".join(f"{reason.hazard} ({reason.rule})" for reason in self.reasons)


class ShownText(Value):
    """A page or an e-mail as it will be shown."""

    ref: AssetRef
    modality: Modality


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", beside=["picture_moderator"], tags=["gpu"])
def moderate_article(job: Job, *, draft: Draft, cover: Cover) -> Verdicts:
    """Judge an article's words, and with them the pictures they are drawn on."""
    texts = (draft.headline, draft.why_now, *(claim.text for claim in draft.claims), cover.alt)
    texts = (*texts, draft.picture) if draft.picture else texts
    links = tuple(
        dict.fromkeys(
            [passage.url for claim in draft.claims for passage in claim.passages] + [link.url for link in draft.further]
        )
    )
    titles = tuple(link.title for link in draft.further)
    words = _judge(job, "\n".join((*texts, *titles)).encode(), "text", (*texts, *titles), links)
    drawn = container().draws_words_only(job.profile, job.language)
    return _on_record([words, *_judge_pictures(job, cover.pictures, words, drawn=drawn)])


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", beside=WATCHERS, tags=["gpu"])
def moderate_edition(
    job: Job,
    *,
    words: Sequence[str],
    pictures: Sequence[AssetRef],
    articles: Sequence[Verdict],
    script: Script,
    narration: Narration,
    video: Video,
    documents: Sequence[ShownText],
    cited: Sequence[str],
    own_site: str,
) -> Verdicts:
    """Judge what the edition adds to its articles: its pictures, the video with its words, the pages and the e-mail.

    `words` is everything that stands on `pictures`, the edition's own.
    `cited` is every address a page or the e-mail may lead to; any other is a hold.
    A video carries the verdicts of everything that went into it: its script and every picture.
    """
    script_verdict = _judge_texts(job, spoken_in(script))
    words_verdict, *covers = _of_pictures(job, words, pictures)
    heard = inherited(narration.audio.sha256, "audio", [script_verdict])
    inputs = [script_verdict, *covers, *articles]
    return _on_record(
        [
            script_verdict,
            words_verdict,
            *covers,
            heard,
            *_of_video(job, video, script_verdict, inputs, narration.segment_starts_s),
            *(_judge_document(job, document, cited, own_site) for document in documents),
        ]
    )


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", beside=WATCHERS, tags=["gpu"])
def moderate_video(
    job: Job,
    *,
    words: Sequence[str],
    pictures: Sequence[AssetRef],
    others: Sequence[AssetRef],
    spoken: Sequence[str],
    voice: AssetRef | None = None,
    cuts_s: Sequence[float],
    video: Video,
) -> Verdicts:
    """Judge a video that is made alone: its words, the pictures they stand on, and for everything else what is known.

    `spoken` is what is heard and captioned, by the `voice` that was made from it. `cuts_s` are where scenes begin.
    Whatever of `others` nobody has judged makes the video a hold.
    """
    words_verdict, *covers = _of_pictures(job, words, pictures)
    own = {picture.sha256 for picture in pictures}
    foreign = [other for other in others if other.sha256 not in own]
    known = container().library.verdicts_for([other.sha256 for other in foreign])
    unjudged = [_unjudged(other) for other in foreign if not known.get(other.sha256)]
    spoken_verdict = _judge_texts(job, spoken)
    inputs = [
        spoken_verdict,
        words_verdict,
        *covers,
        *unjudged,
        *(verdict for verdicts in known.values() for verdict in verdicts),
    ]
    heard = [inherited(voice.sha256, "audio", [spoken_verdict])] if voice else []
    return _on_record(
        [spoken_verdict, words_verdict, *covers, *heard, *_of_video(job, video, spoken_verdict, inputs, cuts_s)]
    )


def spoken_in(script: Script) -> tuple[str, ...]:
    """Give everything of a script that is read or heard."""
    return tuple(text for part in script.segments for text in (part.title, part.subtitle, part.text) if text)


def _unjudged(other: AssetRef) -> Verdict:
    family = other.media_type.partition("/")[0]
    modality: Modality = {"audio": "audio", "video": "video"}.get(family, "image")  # type: ignore[assignment]
    excerpt = f"nobody has judged this {other.kind}"
    reason = Reason(hazard="unjudged", rule="gate.every-input", excerpt=excerpt)
    return Verdict(sha256=other.sha256, modality=modality, decision="hold", moderator="gate", reasons=(reason,))


def judge_text(job: Job, data: bytes, texts: Sequence[str], links: Sequence[str]) -> Verdicts:
    """Judge a text that is kept as `data`, and put the verdict on record."""
    return _on_record([_judge(job, data, "text", texts, links)])


def judge_painted(job: Job, words: Sequence[str], pictures: Sequence[AssetRef]) -> Verdicts:
    """Judge pictures a model painted: by the words they were asked with, and by their pixels."""
    asked = _judge(job, "\n".join(words).encode(), "text", words, ())
    return _on_record([asked, *_judge_pictures(job, pictures, asked, drawn=False)])


def verdicts_or_hold(pending: Pending[Verdicts], refs: Sequence[tuple[AssetRef, Modality]]) -> Verdicts:
    """Join the gate: a moderator that failed, in whatever way, holds everything it should have judged.

    These holds are not put on record as verdicts: nobody judged, and the next run asks again.
    """
    try:
        return pending.result()
    except InjectedFaultError:
        raise
    except Exception as error:  # noqa: BLE001 - fails closed, also on what nobody thought of
        return Verdicts(verdicts=tuple(failed_closed(ref.sha256, modality, "gate", error) for ref, modality in refs))


def _of_pictures(job: Job, words: Sequence[str], pictures: Sequence[AssetRef]) -> tuple[Verdict, ...]:
    """Judge the words that stand on pictures; the pictures inherit their verdict, which comes first."""
    verdict = _judge(job, "\n".join(words).encode(), "text", words, ())
    return (verdict, *_judge_pictures(job, pictures, verdict, drawn=True))


def _judge_pictures(job: Job, pictures: Sequence[AssetRef], words: Verdict, *, drawn: bool) -> list[Verdict]:
    """Judge pictures by the words they were made from and, where the profile has somebody who can, by their pixels.

    Pictures drawn from judged words may pass without; what a model painted is held when nobody can look at it.
    """
    house = container()
    found = [inherited(picture.sha256, "image", [words]) for picture in pictures]
    if house.has("picture_moderator", job.profile, job.language):
        with house.picture_moderator(job.profile, job.language) as moderator:
            found += [moderator.judge_picture(each.sha256, house.library.read(each)) for each in pictures]
    elif not drawn:
        reason = Reason(
            hazard="unjudged",
            rule="gate.no_picture_moderator",
            excerpt="a painted picture that nobody looked at; set a picture_moderator, or a typographic illustrator",
        )
        found += [
            Verdict(sha256=each.sha256, modality="image", decision="hold", moderator="gate", reasons=(reason,))
            for each in pictures
        ]
    return found


def _of_video(
    job: Job, video: Video, spoken: Verdict, inputs: Sequence[Verdict], cuts_s: Sequence[float]
) -> list[Verdict]:
    """Give the verdicts of a video's files in each of its formats."""
    return [verdict for each in video.formats for verdict in _of_film(job, each, spoken, inputs, cuts_s)]


def _of_film(
    job: Job, video: Video, spoken: Verdict, inputs: Sequence[Verdict], cuts_s: Sequence[float]
) -> list[Verdict]:
    texts = [video.captions, *([video.subtitles] if video.subtitles else [])]
    found = [
        inherited(video.movie.sha256, "video", inputs),
        inherited(video.poster.sha256, "image", inputs),
        *(inherited(text.sha256, "text", [spoken]) for text in texts),
    ]
    house = container()
    if house.has("video_moderator", job.profile, job.language):
        with (
            house.video_moderator(job.profile, job.language) as moderator,
            house.library.local(video.movie) as movie,
            shown_progress(f"Watching {job.edition} · {job.item}") as progress,
        ):
            found.append(moderator.judge_video(video.movie.sha256, movie, cuts_s, progress))
    elif house.has("animator", job.profile, job.language):
        reason = Reason(
            hazard="unjudged",
            rule="gate.no_video_moderator",
            excerpt="generated clips that nobody watched; set a video_moderator, or no animator",
        )
        found.append(
            Verdict(sha256=video.movie.sha256, modality="video", decision="hold", moderator="gate", reasons=(reason,))
        )
    return found


def _judge_texts(job: Job, texts: Sequence[str]) -> Verdict:
    return _judge(job, "\n".join(texts).encode(), "text", texts, ())


def _judge(job: Job, data: bytes, modality: Modality, texts: Sequence[str], links: Sequence[str]) -> Verdict:
    request = ModerationRequest(
        sha256=sha256_of(data), modality=modality, texts=tuple(texts), links=tuple(links), language=job.language
    )
    with container().moderator(job.profile, job.language) as moderator:
        return moderator.judge(request)


def _judge_document(job: Job, document: ShownText, cited: Sequence[str], own_site: str) -> Verdict:
    data = container().library.read(document.ref)
    links = visible_links(data, document.modality)
    verdict = _judge(job, data, document.modality, visible_text(data, document.modality), links)
    own = f"{own_site.rstrip('/')}/" if own_site else None
    found = uncited([link for link in links if not (own and f"{link}/".startswith(own))], cited)
    if not found:
        return verdict
    reasons = tuple(Reason(hazard=each.hazard.value, rule=each.rule, excerpt=each.excerpt) for each in found)
    decision = worst([verdict.decision, *(each.decision for each in found)])
    return verdict.model_copy(update={"decision": decision, "reasons": (*verdict.reasons, *reasons)})


def _on_record(verdicts: Sequence[Verdict]) -> Verdicts:
    container().library.record_verdicts(verdicts)
    return Verdicts(verdicts=tuple(verdicts))

"""The last steps: compose the pages and the e-mail, flip the edition to published, lay out the site."""

from collections.abc import Sequence
from typing import Any, Final

from content import paths
from content.errors import HeldError
from content.layout import layout_identity
from content.left_out import left_out_lines
from content.mail import render_mail
from content.pages import render_article, render_edition, render_video_page
from content.publication import Publication, ShownAsset
from content.recipes import Value, digest_of
from content.values import AssetRef, FeedReport, Modality, Narration, Script, Step, Video
from content.views import EditionView, EngineCredit, Part, feed_line, media_of, pictures_of, source_link
from tasks.editions import Plan
from tasks.formats import Drawn
from tasks.gate import ShownText
from tasks.jobs import Job
from tasks.steps import Pending, step
from tasks.stories import Story, article_record
from tasks.studio import EditionArt
from wiring.container import container

TRAINED: Final = frozenset({"generative", "diffusers", "transformers"})
"""Backends whose trained models generate what a reader sees or hears."""

PAGE, MAIL = "text/html; charset=utf-8", "message/rfc822"


class ComposedPage(Value):
    """A finished page or e-mail and its place in the site."""

    role: str
    path: str
    ref: AssetRef
    modality: Modality


class Composed(Value):
    """Everything of an edition that is made of text."""

    documents: tuple[ComposedPage, ...]

    @property
    def refs(self) -> tuple[tuple[AssetRef, Modality], ...]:
        """The documents, for a gate that has to hold them."""
        return tuple((document.ref, document.modality) for document in self.documents)

    def for_the_gate(
        self,
        view: EditionView,
        stories: Sequence[Story],
        art: EditionArt,
        drawn: Drawn,
        script: Script,
        narration: Narration,
    ) -> dict[str, Any]:
        """Give everything the edition's own verdicts are made from; `drawn` is what the video alone shows."""
        entries = [entry for story in stories for entry in story.brief.sources]
        return {
            "words": tuple(dict.fromkeys((view.title, *art.words, *drawn.words))),
            "pictures": (*art.pictures, *drawn.pictures),
            "articles": tuple(verdict for story in stories if story.verdicts for verdict in story.verdicts.verdicts),
            "script": script,
            "narration": narration,
            "video": view.video,
            "documents": tuple(ShownText(ref=ref, modality=modality) for ref, modality in self.refs),
            "cited": tuple(dict.fromkeys([*(entry.url for entry in entries), *(feed.url for feed in view.feeds)])),
            "own_site": view.site_url,
        }

    def page(self, path: str) -> AssetRef:
        """Give the document at a path of the site."""
        return next(document.ref for document in self.documents if document.path == path)


class Published(Value):
    """Whether publishing changed anything; it does not when the same content is out already."""

    changed: bool

    @property
    def outcome(self) -> str:
        """Say how the step stands in the record."""
        return "computed" if self.changed else "reused"


def edition_view(
    plan: Plan,
    stories: Sequence[Story],
    left_out: Sequence[Story],
    *,
    art: EditionArt,
    script: Script,
    video: Video,
    reports: Sequence[FeedReport],
) -> EditionView:
    """Gather what the pages and the e-mail are drawn from."""
    house, job = container(), plan.job
    parts: dict[Part, str] = {
        "text": "writer",
        "pictures": "illustrator",
        "voice": "narrator",
        "video": "assembler",
        "check": "moderator",
    }
    return EditionView(
        newsletter=plan.newsletter,
        edition=plan.edition,
        title=stories[0].article.draft.headline,
        articles=tuple(story.article for story in stories),
        cover=art.cover,
        video=video,
        script_text="\n".join(segment.text for segment in script.segments),
        left_out=left_out_lines(
            [story.verdicts.reasons for story in left_out if story.verdicts],
            sum(story.verdicts is None for story in left_out),
            plan.newsletter.language,
        ),
        feeds=tuple(feed_line(report) for report in reports),
        made=tuple(_credit(job, part, medium) for part, medium in parts.items()),
        sources=tuple(dict.fromkeys(source_link(entry) for story in stories for entry in story.brief.sources)),
        site_url=house.settings.site_url,
    )


def _credit(job: Job, part: Part, medium: str) -> EngineCredit:
    """Say who made a part, and whether a trained model generated it: a video with generated clips counts as one."""
    house = container()
    engine = house.identity(medium, job.profile, job.language)
    clips = part == "video" and house.has("animator", job.profile, job.language)
    return EngineCredit(part=part, engine=engine, trained=clips or engine.backend in TRAINED)


@step(Step.COMPOSE, version=1, returns=Composed, identity=layout_identity)
def compose(job: Job, *, view: EditionView) -> Composed:
    """Draw the edition's pages and its e-mail as final bytes, so that the gate can judge them."""
    library = container().library

    def kept(role: str, path: str, data: bytes, media_type: str, modality: Modality) -> ComposedPage:
        return ComposedPage(role=role, path=path, ref=library.keep(role, data, media_type), modality=modality)

    front = paths.edition_page(view.edition)
    pages = [
        kept("page", front, render_edition(view).encode(), PAGE, "page"),
        kept("page", paths.video_page(view.edition), render_video_page(view).encode(), PAGE, "page"),
    ]
    for article in view.articles:
        path = paths.article_page(view.edition, article.slug)
        pages.append(kept("page", path, render_article(view, article).encode(), PAGE, "page"))
    pictures = {ref.sha256: library.read(ref) for ref in pictures_of(view)}
    page_url = paths.absolute(front, view.site_url) if view.site_url else ""
    mail = render_mail(view, pictures, page_url=page_url)
    return Composed(documents=(*pages, kept("mail", paths.mail_file(view.edition), mail, MAIL, "mail")))


def publication(
    plan: Plan, view: EditionView, composed: Composed, stories: Sequence[Story], left_out: Sequence[Story]
) -> Publication:
    """Gather what one transaction will show."""
    shown = [
        *(ShownAsset(role=d.role, path=d.path, ref=d.ref, modality=d.modality) for d in composed.documents),
        *(ShownAsset(role=ref.kind, path=paths.media(ref), ref=ref, modality=_modality(ref)) for ref in media_of(view)),
    ]
    records = [
        article_record(s, plan.edition, composed.page(paths.article_page(plan.edition, s.slug))) for s in stories
    ]
    records += [article_record(story, plan.edition) for story in left_out]
    content = [
        view.title,
        [asset.model_dump(mode="json") for asset in shown],
        [r.model_dump(mode="json") for r in records],
    ]
    return Publication(
        edition=plan.edition,
        title=view.title,
        run_id="",
        content_digest=digest_of(content),
        page_path=paths.edition_page(plan.edition),
        cover=view.cover,
        articles=tuple(sorted(records, key=lambda record: record.position)),
        shown=tuple(shown),
        email=composed.page(paths.mail_file(plan.edition)),
        video=view.video,
    )


@step(Step.PUBLISH, version=1, returns=Published, once_per_run=True, network=True)
def publish(job: Job, *, publication: Publication) -> Published:
    """Flip the edition to published in one transaction; a second time changes nothing.

    Once a run and not by recipe: its effect is in the database, and content that returns after another must show again.
    """
    return Published(changed=container().library.publish(publication.model_copy(update={"run_id": job.run_id})))


def published_or_reason(pending: Pending[Published]) -> str:
    """Join publication: an objection that is on record holds the edition, and this gives it; else nothing."""
    try:
        pending.result()
    except HeldError as error:
        return error.message
    return ""


def _modality(ref: AssetRef) -> Modality:
    family = ref.media_type.partition("/")[0]
    return {"image": "image", "video": "video", "audio": "audio"}.get(family, "text")  # type: ignore[return-value]

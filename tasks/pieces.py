"""Texts in other genres than the article: posts, summaries, interviews, scripts, made from the same sources."""

from collections.abc import Sequence

from content.errors import BadInputError
from content.recipes import canonical_json
from content.values import AssetRef, Brief, Genre, Piece, Step, Voice
from tasks.editions import Plan
from tasks.gate import Verdicts, judge_text
from tasks.jobs import Job
from tasks.newsroom import brief_of_pages, read_page
from tasks.steps import step
from wiring.container import container


@step(Step.DRAFT, version=1, returns=Piece, engine="writer", tags=["gpu"])
def tell(job: Job, *, genre: Genre, brief: Brief, voice: Voice) -> Piece:
    """Write in a genre; every part is traced to the sources like an article's sentences."""
    house = container()
    texts = {entry.text.sha256: house.library.text(entry.text) for entry in brief.sources}
    with house.writer(job.profile, job.language) as writer:
        return writer.tell(genre, brief, texts, voice=voice, seed=job.seed(Step.DRAFT))


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", tags=["gpu"])
def moderate_piece(job: Job, *, piece: Piece) -> Verdicts:
    """Judge every word of a piece; the verdict is bound to the piece as it is kept."""
    texts = (piece.title, *(text for part in piece.parts for text in (part.speaker, part.text)))
    links = tuple(dict.fromkeys(passage.url for part in piece.parts for passage in part.rests_on))
    return judge_text(job, canonical_json(piece), tuple(filter(None, texts)), links)


def brief_of(plan: Plan, article: int | None, urls: Sequence[str]) -> Brief:
    """Give what to write from: pages somebody chose, or the sources of an edition's article (or of all of them).

    Raises BadInputError when there is nothing.
    """
    if urls:
        reading = [read_page.submit(plan.job.of(url), url=url, newsletter=plan.newsletter) for url in urls]
        return brief_of_pages([pending.result() for pending in reading])
    record = container().library.edition_record(plan.edition)
    found = [each for each in (record.articles if record else ()) if article in {None, each.position}]
    wanted = {url for each in found for url in each.sources}
    sources = tuple(entry for entry in (record.sources if record else ()) if entry.url in wanted)
    if not sources:
        raise BadInputError(
            f"there is nothing of {plan.edition} to write from; give urls, or an edition that"
            f" `pressroom show {plan.edition}` knows"
        )
    brief = brief_of_pages(sources[:10])
    return brief.model_copy(update={"working_headline": found[0].headline})


def keep_piece(piece: Piece) -> AssetRef:
    """Keep a finished piece."""
    return container().library.keep("piece", canonical_json(piece), "application/json")

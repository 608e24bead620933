"""What is read back: an edition's whole record, the lists of what is published, and what a newsletter remembers."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, func, select

from content import paths
from content.publication import EditionRecord, FeedOutcome, RecordedArticle, RecordedAsset, StepRecord
from content.recipes import Value
from content.usage import Usage
from content.values import AssetRef, Cover, Draft, Edition, Newsletter, PublishedStory, SourceEntry, Video
from content.views import ArticleSummary, EditionSummary, draft_texts, issued_at, reading_minutes
from storage import verdicts
from storage.editions import as_edition, unlocked
from storage.tables import (
    ArticleRow,
    AssetRow,
    EditionAssetRow,
    EditionRow,
    EditionRunRow,
    FeedReportRow,
    SourceEntryRow,
    StepRunRow,
)

V = TypeVar("V", bound=Value)


def edition_record(session: Session, edition: Edition) -> EditionRecord | None:
    """Give everything known about an edition, or None when no run ever opened it."""
    row = unlocked(session, edition)
    if row is None:
        return None
    runs = session.exec(select(EditionRunRow).where(EditionRunRow.edition_id == row.id).order_by(col(EditionRunRow.id)))
    sources = _sources(session, row)
    shown = _assets(session, row)
    articles = _articles(session, row)
    made = [*refs_of_video(row.video), *refs_of_cover(row.cover)]
    made += [ref for article in articles for ref in refs_of_cover(article.cover)]
    judged = {asset.ref.sha256 for asset in shown} | {ref.sha256 for ref in made}
    return EditionRecord(
        edition=edition,
        status=row.status,
        title=row.title,
        reason=row.reason,
        newsletter=Newsletter.model_validate(row.definition),
        variants=row.variants,
        run_id=row.run_id,
        runs=tuple(run.run_id for run in runs),
        started_at=row.started_at,
        finished_at=row.finished_at,
        published_at=row.published_at,
        content_digest=row.content_digest,
        page=row.page_path,
        email_sha256=row.email_sha256 or "",
        video=_video(row),
        cover=Cover.model_validate(row.cover) if row.cover else None,
        articles=tuple(_recorded(article, sources.get(article.id, ())) for article in articles),
        sources=tuple({entry.url: entry for entries in sources.values() for entry in entries}.values()),
        assets=shown,
        steps=tuple(_step(step) for step in steps(session, str(edition))),
        verdicts=tuple(v for found in verdicts.recorded(session, sorted(judged)).values() for v in found),
        feeds=_feeds(session, row),
    )


def steps(session: Session, edition: str, run_id: str | None = None) -> list[StepRunRow]:
    """Give an edition's step runs in the order in which they were recorded, of one flow run or of all."""
    query = select(StepRunRow).where(StepRunRow.edition == edition).order_by(col(StepRunRow.id))
    return list(session.exec(query.where(StepRunRow.run_id == run_id) if run_id is not None else query))


def usage(session: Session, edition: str) -> Usage:
    """Give what all steps of an edition used up: sums, and the highest peak."""
    columns = [
        func.max(StepRunRow.peak_bytes) if name == "peak_bytes" else func.sum(getattr(StepRunRow, name))
        for name in Usage.model_fields
    ]
    found = session.execute(select(*columns).where(StepRunRow.edition == edition)).one()
    return Usage.model_validate(dict(zip(Usage.model_fields, (amount or 0 for amount in found), strict=True)))


def published_editions(session: Session, newsletter: str) -> tuple[EditionSummary, ...]:
    """Give a newsletter's published editions, newest first."""
    query = (
        select(EditionRow)
        .where(EditionRow.newsletter == newsletter, EditionRow.status == "published")
        .order_by(col(EditionRow.date).desc())
    )
    return tuple(_summary(session, row) for row in session.exec(query).all())


def newsletters(session: Session) -> tuple[tuple[Newsletter, EditionSummary | None], ...]:
    """Give every newsletter that has ever published, as its newest published edition defines it, with that edition."""
    slugs = select(EditionRow.newsletter).where(EditionRow.status == "published").distinct()
    found = []
    for slug in sorted(session.exec(slugs)):
        query = (
            select(EditionRow)
            .where(EditionRow.newsletter == slug, EditionRow.status == "published")
            .order_by(col(EditionRow.date).desc())
            .limit(1)
        )
        row = session.exec(query).one()
        found.append((Newsletter.model_validate(row.definition), _summary(session, row)))
    return tuple(found)


def memory(session: Session, newsletter: str, before: dt.date, since: dt.date) -> tuple[PublishedStory, ...]:
    """Give the stories published in editions from `since` up to, and without, `before`; in order of date and place."""
    query = (
        select(EditionRow, ArticleRow)
        .join(ArticleRow)
        .where(
            EditionRow.newsletter == newsletter,
            EditionRow.status == "published",
            col(EditionRow.date) >= since,
            col(EditionRow.date) < before,
            ArticleRow.status == "published",
        )
        .order_by(col(EditionRow.date), col(ArticleRow.position))
    )
    pairs = session.exec(query).all()
    read: dict[int | None, list[SourceEntryRow]] = defaultdict(list)
    of_articles = select(SourceEntryRow).where(
        col(SourceEntryRow.edition_id).in_({edition.id for edition, _ in pairs}),
        col(SourceEntryRow.article_id).is_not(None),
    )
    for source in session.exec(of_articles.order_by(col(SourceEntryRow.id))):
        read[source.article_id].append(source)
    return tuple(
        PublishedStory(
            edition_date=edition.date,
            story_id=article.story_id,
            headline=article.headline,
            lead=article.lead,
            urls=tuple(dict.fromkeys(source.url for source in read[article.id])),
            sources=tuple(dict.fromkeys(source.text_sha256 for source in read[article.id])),
        )
        for edition, article in pairs
    )


def _summary(session: Session, row: EditionRow) -> EditionSummary:
    edition, newsletter = as_edition(row), Newsletter.model_validate(row.definition)
    articles = [article for article in _articles(session, row) if article.status == "published"]
    texts = [text for article in articles if article.draft for text in draft_texts(Draft.model_validate(article.draft))]
    return EditionSummary(
        edition=edition,
        title=row.title,
        lead=articles[0].lead if articles else "",
        articles=tuple(
            ArticleSummary(
                headline=article.headline,
                lead=article.lead,
                page=article.page_path or paths.article_page(edition, article.slug),
            )
            for article in articles
        ),
        cover=Cover.model_validate(row.cover),
        published_at=issued_at(newsletter, edition.date),
        minutes=reading_minutes(texts),
        video=_video(row),
    )


def _articles(session: Session, row: EditionRow) -> list[ArticleRow]:
    query = select(ArticleRow).where(ArticleRow.edition_id == row.id)
    return list(session.exec(query.order_by(col(ArticleRow.position), col(ArticleRow.id))))


def _step(row: StepRunRow) -> StepRecord:
    return _picked(StepRecord, row, usage=_picked(Usage, row))


def _recorded(row: ArticleRow, sources: Iterable[SourceEntry]) -> RecordedArticle:
    return _picked(
        RecordedArticle,
        row,
        page=row.page_path,
        page_sha256=row.page_sha256 or "",
        update_of=row.update_of or "",
        sources=[entry.url for entry in sources],
    )


def _sources(session: Session, row: EditionRow) -> dict[int | None, list[SourceEntry]]:
    query = select(SourceEntryRow, AssetRow).join(AssetRow).where(SourceEntryRow.edition_id == row.id)
    found: dict[int | None, list[SourceEntry]] = defaultdict(list)
    for source, text in session.exec(query.order_by(col(SourceEntryRow.id))):
        entry = _picked(SourceEntry, source, published=source.published_at, text=as_ref(text))
        found[source.article_id].append(entry)
    return found


def _assets(session: Session, row: EditionRow) -> tuple[RecordedAsset, ...]:
    query = (
        select(EditionAssetRow, AssetRow)
        .join(AssetRow)
        .where(EditionAssetRow.edition_id == row.id)
        .order_by(col(EditionAssetRow.role), col(EditionAssetRow.path), col(EditionAssetRow.sha256))
    )
    return tuple(
        RecordedAsset(role=shown.role, path=shown.path, modality=shown.modality, ref=as_ref(asset))
        for shown, asset in session.exec(query)
    )


def _feeds(session: Session, row: EditionRow) -> tuple[FeedOutcome, ...]:
    query = select(FeedReportRow).where(FeedReportRow.edition_id == row.id).order_by(col(FeedReportRow.position))
    return tuple(_picked(FeedOutcome, feed) for feed in session.exec(query))


def as_ref(row: AssetRow) -> AssetRef:
    """Give an asset's row as a reference."""
    return AssetRef(kind=row.kind, sha256=row.sha256, bytes=row.bytes, media_type=row.media_type)


def _video(row: EditionRow) -> Video | None:
    return Video.model_validate(row.video) if row.video else None


def refs_of_video(value: object) -> tuple[AssetRef, ...]:
    """Give what a row's video consists of; nothing when it has none."""
    video = Video.model_validate(value) if value else None
    return video.files if video else ()


def refs_of_cover(value: object) -> tuple[AssetRef, ...]:
    """Give the pictures of a row's cover; nothing when it has none."""
    cover = Cover.model_validate(value) if value else None
    return (cover.wide, cover.square, cover.scene) if cover else ()


def _picked(kind: type[V], row: SQLModel, **others: Any) -> V:
    """Give a row as a value: its columns of the same name, and what is named otherwise."""
    fields = {**row.model_dump(), **others}
    return kind.model_validate({name: fields[name] for name in kind.model_fields})

"""An edition's articles as rows, each with its claims and sources; and the check that what they refer to was kept."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, delete, select

from content.errors import CorruptAssetError, MissingAssetError
from content.publication import ArticleRecord
from content.values import AssetRef, Claim, Cover, SourceEntry
from storage.tables import ArticleRow, AssetRow, ClaimRow, SourceEntryRow

_BATCH = 500  # SQLite takes a limited number of parameters in one statement


def require_assets(
    session: Session,
    refs: Iterable[AssetRef],
    articles: Sequence[ArticleRecord],
    sources: Sequence[SourceEntry] = (),
) -> None:
    """Raise MissingAssetError for what was never kept, and CorruptAssetError where a reference gives another size."""
    wanted = {ref.sha256: ref for ref in (*refs, *_refs_of(articles, sources))}
    claims = [claim for article in articles for claim in article.claims]
    kinds = {passage.source: "cited text" for claim in claims for passage in claim.passages}
    kinds |= {name: ref.kind for name, ref in wanted.items()}
    names, sizes = sorted(kinds), dict[str, int]()
    for start in range(0, len(names), _BATCH):
        batch = col(AssetRow.sha256).in_(names[start : start + _BATCH])
        sizes.update({row.sha256: row.bytes for row in session.exec(select(AssetRow).where(batch))})
    if gone := [f"{kinds[name]} {name[:12]}…" for name in names if name not in sizes]:
        raise MissingAssetError(
            f"{len(gone)} assets are referred to but were never kept: {', '.join(gone)}; rerun the steps that make them"
        )
    if odd := [f"{ref.kind} {name[:12]}…" for name, ref in sorted(wanted.items()) if ref.bytes != sizes[name]]:
        raise CorruptAssetError(f"references and records disagree about the size of {', '.join(odd)}")


def replace_articles(
    session: Session, edition_id: int, articles: Sequence[ArticleRecord], sources: Sequence[SourceEntry] = ()
) -> None:
    """Put these articles, with their claims and sources, in the place of an edition's former ones."""
    session.execute(delete(SourceEntryRow).where(col(SourceEntryRow.edition_id) == edition_id))
    session.execute(delete(ArticleRow).where(col(ArticleRow.edition_id) == edition_id))
    assigned: set[str] = set()
    for article in articles:
        kept = _article_row(edition_id, article)
        session.add(kept)
        session.flush()
        assert kept.id is not None
        for position, claim in enumerate(article.claims):
            session.add(ClaimRow(article_id=kept.id, position=position, **claim_columns(claim)))
        for entry in article.sources or _cited(article, sources):
            assigned.add(entry.url)
            session.add(_source_row(edition_id, kept.id, entry))
    for entry in sources:
        if entry.url not in assigned:
            session.add(_source_row(edition_id, None, entry))
    session.flush()


def claim_columns(claim: Claim) -> dict[str, Any]:
    """Give a claim as its row has it."""
    return {
        "role": claim.role,
        "text": claim.text,
        "source_url": claim.url,
        "source_sha256": claim.source,
        "start": claim.start,
        "end": claim.end,
        "speaker": claim.speaker,
        "wording": claim.wording,
        "others": [passage.model_dump(mode="json") for passage in claim.others],
    }


def pictures(cover: Cover) -> list[AssetRef]:
    """Give a cover's pictures."""
    return [cover.wide, cover.square, cover.scene]


def _refs_of(articles: Iterable[ArticleRecord], sources: Iterable[SourceEntry]) -> list[AssetRef]:
    refs: list[AssetRef] = [entry.text for entry in sources]
    for article in articles:
        refs += [entry.text for entry in article.sources]
        refs += pictures(article.cover) if article.cover else []
        refs += [article.page] if article.page else []
    return refs


def _cited(article: ArticleRecord, sources: Iterable[SourceEntry]) -> list[SourceEntry]:
    """Pick the sources of an article that names none itself: those its claims and links lead to."""
    passages = [passage for claim in article.claims for passage in claim.passages]
    urls = {passage.url for passage in passages} | {
        link.url for link in (article.draft.further if article.draft else ())
    }
    texts = {passage.source for passage in passages}
    return [entry for entry in sources if entry.url in urls or entry.text.sha256 in texts]


def _article_row(edition_id: int, article: ArticleRecord) -> ArticleRow:
    draft = article.draft
    return ArticleRow(
        edition_id=edition_id,
        position=article.position,
        slug=article.slug,
        story_id=article.story_id,
        headline=article.headline,
        lead=draft.lead.text if draft else "",
        status=article.status,
        reason=article.reason,
        words=article.words,
        claims=len(article.claims),
        claims_traced=article.claims_traced,
        draft=draft.model_dump(mode="json") if draft else None,
        cover=article.cover.model_dump(mode="json") if article.cover else None,
        page_path=article.page_path,
        page_sha256=article.page.sha256 if article.page else None,
        update_of=draft.update_of.story_id if draft and draft.update_of else None,
    )


def _source_row(edition_id: int, article_id: int | None, entry: SourceEntry) -> SourceEntryRow:
    return SourceEntryRow(
        edition_id=edition_id,
        article_id=article_id,
        feed_url=entry.feed_url,
        url=entry.url,
        title=entry.title,
        publisher=entry.publisher,
        author=entry.author,
        published_at=entry.published,
        language=entry.language,
        text_sha256=entry.text.sha256,
        via=entry.via,
    )

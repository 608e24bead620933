"""What machines read on a page: schema.org JSON-LD that names the sources and marks what software made."""

from typing import Any

from content import paths
from content.values import Article, AssetRef, Chapter, Newsletter
from content.views import EditionView, Part
from content.wording import language_tag

# IPTC's digital source types, as schema.org spells them: the machine-readable side of the visible label.
_BY_RULES = "https://schema.org/AlgorithmicMediaDigitalSource"
_BY_TRAINED_MODEL = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


def article_data(view: EditionView, article: Article) -> dict[str, Any]:
    """Describe an article as a NewsArticle with its citations."""
    draft, page = article.draft, paths.article_page(view.edition, article.slug)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": draft.headline,
        "description": draft.lead.text,
        "inLanguage": language_tag(draft.language),
        "datePublished": view.published_at.isoformat(),
        "image": _picture(view, article.cover.wide, article.cover.alt, page),
        "publisher": _publisher(view.newsletter),
        "digitalSourceType": _source_type(view, "text"),
        "citation": [
            {"@type": "CreativeWork", "name": ref.title or ref.publisher, "publisher": ref.publisher, "url": ref.url}
            for ref in view.references(article).values()
            if ref.url
        ],
        "isPartOf": {"@type": "PublicationIssue", "name": view.title},
    }
    if view.site_url:
        data["url"] = data["mainEntityOfPage"] = paths.absolute(page, view.site_url)
    return data


def edition_data(view: EditionView) -> dict[str, Any]:
    """Describe an edition as a PublicationIssue with its articles."""
    page = paths.edition_page(view.edition)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "PublicationIssue",
        "name": view.title,
        "datePublished": view.published_at.isoformat(),
        "inLanguage": language_tag(view.newsletter.language),
        "image": _picture(view, view.cover.wide, view.cover.alt, page),
        "publisher": _publisher(view.newsletter),
        "hasPart": [
            {
                "@type": "NewsArticle",
                "headline": article.draft.headline,
                "url": _place(view, paths.article_page(view.edition, article.slug), page),
            }
            for article in view.articles
        ],
    }
    if view.site_url:
        data["url"] = paths.absolute(page, view.site_url)
    return data


def video_data(view: EditionView) -> dict[str, Any]:
    """Describe the edition's video as a VideoObject; empty where there is none."""
    video, page = view.video, paths.video_page(view.edition)
    if video is None:
        return {}
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": view.title,
        "description": ", ".join(article.draft.headline for article in view.articles) or view.title,
        "uploadDate": view.published_at.isoformat(),
        "duration": f"PT{round(video.duration_s)}S",
        "width": video.width,
        "height": video.height,
        "encodingFormat": video.movie.media_type,
        "contentUrl": _place(view, paths.media(video.movie), page),
        "thumbnailUrl": _place(view, paths.media(video.poster), page),
        "caption": [_media(view, ref, page) for ref in (video.captions, video.subtitles) if ref],
        "inLanguage": language_tag(view.newsletter.language),
        "transcript": view.script_text,
        "publisher": _publisher(view.newsletter),
        "digitalSourceType": _source_type(view, "video"),
    }
    if video.other_formats:
        data["encoding"] = [
            {**_media(view, film.movie, page), "width": film.width, "height": film.height}
            for film in video.other_formats
        ]
    if video.chapters:
        data["hasPart"] = [_clip(view, video.movie, chapter, page) for chapter in video.chapters]
    return data


def _media(view: EditionView, ref: AssetRef, page: str) -> dict[str, Any]:
    return {
        "@type": "MediaObject",
        "encodingFormat": ref.media_type,
        "contentUrl": _place(view, paths.media(ref), page),
        "contentSize": str(ref.bytes),
        "inLanguage": language_tag(view.newsletter.language),
    }


def _clip(view: EditionView, movie: AssetRef, chapter: Chapter, page: str) -> dict[str, Any]:
    return {
        "@type": "Clip",
        "name": chapter.title,
        # Search engines want whole seconds here; the address is exact.
        "startOffset": round(chapter.start_s),
        "endOffset": round(chapter.end_s),
        "url": _place(view, paths.moment(movie, chapter.start_s), page),
    }


def _place(view: EditionView, target: str, page: str) -> str:
    return paths.absolute(target, view.site_url) if view.site_url else paths.relative(target, page)


def _picture(view: EditionView, ref: AssetRef, alt: str, page: str) -> dict[str, Any]:
    return {
        "@type": "ImageObject",
        "url": _place(view, paths.media(ref), page),
        "width": 1200,
        "height": 630,
        "caption": alt,
        "digitalSourceType": _source_type(view, "pictures"),
    }


def _publisher(newsletter: Newsletter) -> dict[str, str]:
    return {"@type": "Organization", "name": newsletter.name}


def _source_type(view: EditionView, part: Part) -> str:
    if part == "text":
        return _BY_RULES if view.is_quoted else _BY_TRAINED_MODEL
    credit = view.engine(part)
    return _BY_TRAINED_MODEL if credit and credit.trained else _BY_RULES

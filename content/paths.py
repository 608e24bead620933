"""Where everything lives in the published site.

Paths are relative to the site's folder and always written with forward slashes.
Pages link to each other relative to themselves, so a site works from a disk, from any sub-path and on any static host.
"""

import posixpath
from collections.abc import Sequence

from slugify import slugify

from content.errors import BadInputError
from content.values import AssetRef, Draft, Edition

HOME = "index.html"

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
    "text/plain": "txt",
}


def newsletter_page(newsletter: str) -> str:
    """Give the page that lists a newsletter's editions."""
    return f"{newsletter}/index.html"


def rss_feed(newsletter: str) -> str:
    """Give the place of a newsletter's RSS feed."""
    return f"{newsletter}/feed.xml"


def json_feed(newsletter: str) -> str:
    """Give the place of a newsletter's JSON Feed."""
    return f"{newsletter}/feed.json"


def edition_page(edition: Edition) -> str:
    """Give an edition's front page."""
    return f"{edition}/index.html"


def article_page(edition: Edition, slug: str) -> str:
    """Give the page of one article."""
    return f"{edition}/{slug}.html"


def video_page(edition: Edition) -> str:
    """Give the page of an edition's video."""
    return f"{edition}/video.html"


def mail_file(edition: Edition) -> str:
    """Give an edition's e-mail, as a file that mail programs open."""
    return f"{edition}/edition.eml"


def media(ref: AssetRef) -> str:
    """Give the place of a picture, video or caption file; raise BadInputError for a type a site has no use for."""
    media_type = ref.media_type.partition(";")[0].strip().lower()
    if media_type not in _EXTENSIONS:
        raise BadInputError(
            f"{ref.kind} {ref.sha256[:12]} is {ref.media_type!r}, which the site cannot publish; "
            f"it takes {', '.join(sorted(_EXTENSIONS))}"
        )
    return f"media/{ref.sha256}.{_EXTENSIONS[media_type]}"


def moment(movie: AssetRef, seconds: float) -> str:
    """Give the place in a film's file at which a player should begin (W3C Media Fragments: `#t=12.5`)."""
    return f"{media(movie)}#t={round(seconds, 3)}"


def download_name(edition: Edition, ref: AssetRef, part: str) -> str:
    """Name a file of an edition as a reader who keeps it wants it named; its place on the site is a mere hash."""
    return f"{edition.newsletter}-{edition.date}-{part}{posixpath.splitext(media(ref))[1]}"


def relative(target: str, page: str) -> str:
    """Give the link that leads from a page to a target."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def absolute(target: str, site_url: str) -> str:
    """Give a target's full address, or its path in the site where the site has no address yet."""
    return f"{site_url.rstrip('/')}/{target}" if site_url else target


def article_slug(headline: str, story_id: str, digits: int = 8) -> str:
    """Name an article's page: the headline in plain ASCII, and the first digits of the story that keep it apart."""
    words = slugify(headline, max_length=68 - digits, word_boundary=True, save_order=True)
    return f"{words or 'story'}-{story_id[:digits]}"


def article_slugs(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """Name the pages of one edition's articles, in order; no two are alike.

    Raises BadInputError when one story stands in the edition twice.
    """
    slugs: dict[str, str] = {}
    for draft in drafts:
        if draft.story_id in slugs.values():
            raise BadInputError(f"story {draft.story_id[:12]} ({draft.headline!r}) stands twice in one edition")
        names = (article_slug(draft.headline, draft.story_id, digits) for digits in (8, 16, 32))
        slugs[next(name for name in names if name not in slugs)] = draft.story_id
    return tuple(slugs)

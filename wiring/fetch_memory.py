"""The library as the reader's memory: what each address gave last time, so that the next visit can be conditional."""

from content.recipes import sha256_of
from sources.collect import Remembered
from sources.fetch import Fetched
from storage.library import Library


class LibraryMemory:
    """Fits `storage.library.Library` to `sources.collect.FetchMemory`."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def recall(self, url: str) -> Remembered | None:
        """Give what is remembered of a URL, or None."""
        known = self._library.recall_fetch(url)
        if known is None:
            return None
        return Remembered(
            etag=known.etag,
            last_modified=known.last_modified,
            sha256=sha256_of(known.body),
            body=known.body,
            charset=known.charset,
            final_url=known.final_url,
        )

    def remember(self, url: str, fetched: Fetched) -> None:
        """Keep a new body and its validators."""
        self._library.remember_fetch(
            url,
            body=fetched.body,
            final_url=fetched.final_url,
            media_type=fetched.media_type,
            charset=fetched.charset or "",
            etag=fetched.etag,
            last_modified=fetched.last_modified,
        )

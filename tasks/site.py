"""Lay out the static site from what the database says is published.

It may run at any time and any number of times: files that are right are left alone, others are replaced in one piece,
and pages of articles that were withdrawn disappear. A site that was lost comes back.
"""

import os
import tempfile
from pathlib import Path

from content import paths
from content.pages import render_home, render_newsletter_index
from content.syndication import render_json_feed, render_rss
from content.values import AssetRef, Edition
from wiring.container import container


def lay_out_site(edition: Edition) -> None:
    """Bring one edition's files and the pages that list it up to date."""
    house = container()
    library, site_url = house.library, house.settings.site_url
    record = library.edition_record(edition)
    if record is None or record.published_at is None:
        return
    shown = {asset.path: asset.ref for asset in record.assets if asset.path}
    for path, ref in shown.items():
        _place(ref, path)
    _prune(house.settings.site / str(edition), {house.settings.site / path for path in shown})
    summaries = library.published_editions(edition.newsletter)
    for summary in summaries:
        _place(summary.cover.wide, paths.media(summary.cover.wide))
    slug, newsletter = edition.newsletter, record.newsletter
    _write(paths.newsletter_page(slug), render_newsletter_index(newsletter, summaries, site_url))
    _write(paths.rss_feed(slug), render_rss(newsletter, summaries, site_url))
    _write(paths.json_feed(slug), render_json_feed(newsletter, summaries, site_url))
    _write(paths.HOME, render_home(library.newsletters(), site_url))


def place_media(*refs: AssetRef) -> None:
    """Have objects as files among the site's media; no page links to them."""
    for ref in refs:
        _place(ref, paths.media(ref))


def _place(ref: AssetRef, path: str) -> None:
    """Have an object as a file of the site; a file of its size named by its hash, or just placed, is that object."""
    target = container().settings.site / path
    named_by_hash = ref.sha256 in target.name
    if (
        target.is_file()
        and target.stat().st_size == ref.bytes
        and (named_by_hash or target.read_bytes() == container().library.read(ref))
    ):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    container().objects.link_to(ref.key, target)


def _write(path: str, text: str | bytes) -> None:
    target, data = container().settings.site / path, text.encode() if isinstance(text, str) else text
    if target.is_file() and target.read_bytes() == data:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(target)


def _prune(folder: Path, keep: set[Path]) -> None:
    for file in folder.glob("*"):
        if file.is_file() and file not in keep:
            file.unlink()

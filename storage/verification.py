"""Re-hashes every stored object and follows every reference: what `pressroom verify` does.

A fault is something that is not as recorded. An object without a row is none: the sweep takes it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress

from sqlmodel import Session, col, select

from content.errors import MissingAssetError
from content.publication import ShownAsset
from content.recipes import Value
from content.values import Draft, object_key
from storage import verdicts
from storage.articles import claim_columns
from storage.database import Database
from storage.editions import as_edition
from storage.objects import ObjectStore, digest_of_file
from storage.records import as_ref, refs_of_cover, refs_of_video
from storage.sweeping import ASSETS
from storage.tables import ArticleRow, AssetRow, ClaimRow, EditionAssetRow, EditionRow, SourceEntryRow

Progress = Callable[[int, int], None]
_KEY = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")


class Fault(Value):
    """Something that is not as recorded: what kind of fault, of what, where, and how to mend it."""

    kind: str
    what: str
    where: str
    how: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} ({self.where}); {self.how}"


def verify(objects: ObjectStore, database: Database, progress: Progress | None = None) -> Iterator[Fault]:
    """Give every fault there is. `progress` is called with (objects hashed, objects)."""
    found: dict[str, tuple[str, int]] = {}
    yield from _objects(objects, found, progress or (lambda _done, _total: None))
    with database.reading() as session:
        uses = _uses(session)
        rows = {row.sha256: row for row in session.exec(select(AssetRow).order_by(col(AssetRow.sha256)))}
        damaged: set[str] = set()
        for row in rows.values():
            for fault in _asset(row, found.get(row.sha256), objects, uses.get(row.sha256, ["no edition"])):
                damaged.add(row.sha256)
                yield fault
        for sha256, (digest, _) in found.items():
            if sha256 not in rows and digest != sha256:
                where = f"{objects.url}/{object_key(sha256)}, needed by nothing"
                yield Fault(kind="corrupt object", what=sha256, where=where, how="delete it")
        for sha256, places in sorted(uses.items()):
            if sha256 not in rows:
                how = f"run `pressroom rerun {places[0].partition(' ')[0]} --from collect`"
                yield Fault(kind="unknown asset", what=sha256, where=places[0], how=how)
        yield from _claims(session, objects, set(rows) - damaged)
        yield from _gate(session)


def _objects(objects: ObjectStore, found: dict[str, tuple[str, int]], progress: Progress) -> Iterator[Fault]:
    """Note each object's real hash and size under the hash in its name."""
    listed = list(objects.keys(ASSETS))
    for done, info in enumerate(listed):
        progress(done, len(listed))
        if not (match := _KEY.fullmatch(info.key)):
            where = f"{objects.url}/{info.key}"
            yield Fault(kind="stray object", what=info.key, where=where, how="move it away: no asset has such a name")
            continue
        with suppress(MissingAssetError), objects.local(info.key) as path:
            found["".join(match.groups())] = digest_of_file(path)
    progress(len(listed), len(listed))


def _asset(row: AssetRow, found: tuple[str, int] | None, objects: ObjectStore, uses: list[str]) -> Iterator[Fault]:
    key, what = object_key(row.sha256), f"{row.kind} {row.sha256}"
    where = f"{objects.url}/{key}, needed by {uses[0]}"
    again = "restore it from a backup, or delete it and `pressroom rerun` the edition from the step that makes it"
    if row.key != key:
        yield Fault(kind="wrong key", what=what, where=where, how=f"in table asset, its key has to be {key}")
    if found is None:
        if objects.info(key) is None:  # else it was written while the others were being hashed
            yield Fault(kind="missing object", what=what, where=where, how=again)
    elif found[0] != row.sha256:
        size = f", {found[1]} of {row.bytes} bytes" if found[1] != row.bytes else ""
        yield Fault(kind="corrupt object", what=f"{what}: hashes to {found[0][:12]}…{size}", where=where, how=again)
    elif found[1] != row.bytes:
        how = f"in table asset, its size has to be {found[1]}"
        yield Fault(kind="wrong size", what=f"{what} is recorded with {row.bytes} bytes", where=where, how=how)


def _uses(session: Session) -> dict[str, list[str]]:
    """Give every hash that a row refers to, with the places that do."""
    uses: dict[str, list[str]] = defaultdict(list)
    names: dict[int | None, str] = {}
    for edition in session.exec(select(EditionRow).order_by(col(EditionRow.newsletter), col(EditionRow.date))):
        names[edition.id] = name = str(as_edition(edition))
        if edition.email_sha256:
            uses[edition.email_sha256].append(f"{name} e-mail")
        for ref in (*refs_of_cover(edition.cover), *refs_of_video(edition.video)):
            uses[ref.sha256].append(f"{name} {ref.kind}")
    for article in session.exec(select(ArticleRow).order_by(col(ArticleRow.id))):
        place = f"{names[article.edition_id]} article {article.position}"
        for ref in refs_of_cover(article.cover):
            uses[ref.sha256].append(f"{place} {ref.kind}")
        if article.page_sha256:
            uses[article.page_sha256].append(f"{place} page")
    for shown in session.exec(select(EditionAssetRow)):
        uses[shown.sha256].append(f"{names[shown.edition_id]} {shown.role} {shown.path}".rstrip())
    for source in session.exec(select(SourceEntryRow).order_by(col(SourceEntryRow.id))):
        uses[source.text_sha256].append(f"{names[source.edition_id]} source {source.url}")
    return uses


def _claims(session: Session, objects: ObjectStore, readable: set[str]) -> Iterator[Fault]:
    """Compare every claim with the sources it rests on, and every article with its claims."""
    by_source: dict[str, list[tuple[ClaimRow, int, int, str]]] = defaultdict(list)
    articles = select(ArticleRow, EditionRow).join(EditionRow).order_by(col(ArticleRow.id))
    for article, edition in session.exec(articles).all():
        where = f"{as_edition(edition)} article {article.position}"
        query = select(ClaimRow).where(ClaimRow.article_id == article.id).order_by(col(ClaimRow.position))
        rows = session.exec(query).all()
        drafted = Draft.model_validate(article.draft).claims if article.draft else ()
        if [claim_columns(claim) for claim in drafted] != [
            row.model_dump(exclude={"article_id", "position"}) for row in rows
        ]:
            how = f"run `pressroom rerun {as_edition(edition)} --from draft`"
            yield Fault(kind="edited claims", what="the claims on record are not the article's", where=where, how=how)
        for row in rows:
            place = f"{where} claim {row.position}"
            by_source[row.source_sha256].append((row, row.start, row.end, f"{place}, {row.source_url}"))
            for other in row.others:
                by_source[other["source"]].append((row, other["start"], other["end"], f"{place}, {other['url']}"))
    for sha256, claims in sorted(by_source.items()):
        if sha256 not in readable:
            continue  # told already
        source = objects.read(object_key(sha256)).decode("utf-8", "replace")
        for row, start, end, where in claims:
            found = source[start:end]
            # A sentence in a model's own words is judged by the gate; here the place it rests on has to be there.
            if found != row.text if row.wording == "source" else not found.strip():
                what = f"{row.text[:60]!r} is not what its source says at {start}–{end}"
                how = f"run `pressroom rerun {where.partition(' ')[0]} --from draft`"
                yield Fault(kind="untraced claim", what=what, where=where, how=how)


def _gate(session: Session) -> Iterator[Fault]:
    published = select(EditionRow).where(EditionRow.status == "published").order_by(col(EditionRow.id))
    for edition in session.exec(published).all():
        name = str(as_edition(edition))
        query = select(EditionAssetRow, AssetRow).join(AssetRow).where(EditionAssetRow.edition_id == edition.id)
        shown = [
            ShownAsset(role=row.role, path=row.path, ref=as_ref(asset), modality=row.modality)
            for row, asset in session.exec(query.order_by(col(EditionAssetRow.role), col(EditionAssetRow.path)))
        ]
        on_record = verdicts.recorded(session, [asset.ref.sha256 for asset in shown])
        how = f"run `pressroom rerun {name} --from moderate`"
        for line in verdicts.objections(shown, on_record):
            yield Fault(kind="not passed", what=line, where=name, how=how)
        if not shown:
            yield Fault(kind="empty edition", what="it is published but shows nothing", where=name, how=how)

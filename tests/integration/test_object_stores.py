"""Both object stores keep the same promises: the folder, and a real S3 server."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from content.errors import (
    BadConfigurationError,
    BadInputError,
    CorruptAssetError,
    MissingAssetError,
    RetryableError,
)
from content.recipes import sha256_of
from content.values import object_key
from storage.objects import ObjectStore, open_object_store
from storage.objects_local import LocalObjectStore

LARGE = bytes(range(256)) * 80_000  # 20 MB: several parts


def test_a_store_is_an_object_store(object_store):
    assert isinstance(object_store, ObjectStore)


def test_a_store_is_opened_again_by_its_url(object_store):
    object_store.write("results/a", b"one")
    assert open_object_store(object_store.url).read("results/a") == b"one"


@pytest.mark.parametrize("data", [b"", b"some bytes", LARGE], ids=["empty", "small", "large"])
def test_what_is_put_is_read_back_under_its_hash(object_store, tmp_path, data):
    sha256, file = sha256_of(data), tmp_path / "file"
    file.write_bytes(data)
    assert object_store.put(sha256, file) == len(data)
    assert object_store.put(sha256, data) == len(data)
    assert object_store.read(object_key(sha256)) == data
    with object_store.local(object_key(sha256)) as path:
        assert path.read_bytes() == data
    assert [info[:2] for info in object_store.keys("")] == [(object_key(sha256), len(data))]


def test_bytes_that_do_not_have_the_hash_are_refused_and_leave_nothing(object_store, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"other")
    for data in (b"other", file):
        with pytest.raises(CorruptAssetError, match="sha256"):
            object_store.put(sha256_of(b"these"), data)
    assert list(object_store.keys("")) == []


def test_bytes_that_do_not_have_the_hash_are_refused_although_the_right_ones_are_there(object_store):
    object_store.put(sha256_of(b"these"), b"these")
    with pytest.raises(CorruptAssetError):
        object_store.put(sha256_of(b"these"), b"other")


@pytest.mark.parametrize("damage", [b"thes", b"thesE"], ids=["truncated", "flipped"])
def test_putting_the_right_bytes_again_mends_a_damaged_object(object_store, damage):
    sha256 = sha256_of(b"these")
    object_store.write(object_key(sha256), damage)
    object_store.put(sha256, b"these")
    assert object_store.read(object_key(sha256)) == b"these"


def test_many_writers_of_the_same_bytes_all_succeed(object_store):
    data = os.urandom(300_000)
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(lambda _: object_store.put(sha256_of(data), data), range(24)))
    assert set(sizes) == {len(data)}
    assert object_store.read(object_key(sha256_of(data))) == data


def test_a_reader_of_an_object_that_is_being_replaced_sees_one_or_the_other(object_store):
    versions = {bytes([n]) * 200_000 for n in range(4)}
    object_store.write("results/a", min(versions))
    with ThreadPoolExecutor(6) as pool:
        writes = [pool.submit(object_store.write, "results/a", version) for version in sorted(versions) * 4]
        reads = [pool.submit(object_store.read, "results/a") for _ in range(16)]
        assert {read.result() for read in reads} <= versions
        for write in writes:
            write.result()


def test_what_is_not_there_is_missing_by_name(object_store, tmp_path):
    assert object_store.info("results/none") is None
    with pytest.raises(MissingAssetError, match="results/none"):
        object_store.read("results/none")
    with pytest.raises(MissingAssetError), object_store.local("results/none"):
        pass
    with pytest.raises(MissingAssetError):
        object_store.link_to("results/none", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    object_store.delete("results/none")


def test_keys_are_listed_in_order_and_by_prefix(object_store):
    names = ["a-b/x", "a/b/c", "a/b.d", "a/b", "ab/z", "a.b"]
    names.remove("a/b")  # a name cannot be a folder too, not everywhere
    for name in names:
        object_store.write(name, name.encode())
    assert [info.key for info in object_store.keys("")] == sorted(names)
    assert [info.key for info in object_store.keys("a/")] == ["a/b.d", "a/b/c"]
    assert [info.key for info in object_store.keys("a/b")] == ["a/b.d", "a/b/c"]
    assert list(object_store.keys("b")) == []
    object_store.delete("a/b.d")
    assert [info.key for info in object_store.keys("a/")] == ["a/b/c"]


def test_an_object_knows_when_it_was_written(object_store):
    object_store.write("results/a", b"12345")
    info = object_store.info("results/a")
    assert info.bytes == 5
    assert info.modified.utcoffset() == dt.timedelta(0)
    assert abs(dt.datetime.now(dt.UTC) - info.modified) < dt.timedelta(minutes=5)


def test_a_linked_file_is_replaced_in_one_piece_and_leaves_nothing_beside_it(object_store, tmp_path):
    object_store.write("results/a", b"one")
    object_store.write("results/b", b"two")
    target = tmp_path / "site" / "deep" / "page.html"
    for key, expected in (("results/a", b"one"), ("results/a", b"one"), ("results/b", b"two")):
        object_store.link_to(key, target)
        assert target.read_bytes() == expected
        assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".hidden", "a/.b", "a\\b", "a\0b", "é", "a" * 901]
)
def test_keys_that_could_leave_the_store_are_refused(object_store, key):
    for use in (object_store.read, object_store.info, object_store.delete, lambda k: object_store.write(k, b"")):
        with pytest.raises(BadInputError, match="not an object key"):
            use(key)


def test_a_usable_store_passes_its_check_and_keeps_no_probe(object_store):
    object_store.check()
    assert list(object_store.keys("")) == []


def test_a_writer_killed_in_the_middle_leaves_no_broken_object(object_store, tmp_path):
    """The child writes objects as fast as it can; whatever exists when it dies has to be whole."""
    script = """
import hashlib, os, sys
from storage.objects import open_object_store
store = open_object_store(sys.argv[1])
print("ready", flush=True)
while True:
    data = os.urandom(3_000_000)
    store.put(hashlib.sha256(data).hexdigest(), data)
"""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    for delay_s in (0.05, 0.11, 0.23):
        with subprocess.Popen(
            [sys.executable, "-c", script, object_store.url], env=environ, stdout=subprocess.PIPE
        ) as child:
            child.stdout.readline()
            time.sleep(delay_s)
            child.send_signal(signal.SIGKILL)
    for info in object_store.keys(""):
        data = object_store.read(info.key)
        assert (object_key(sha256_of(data)), len(data)) == (info.key, info.bytes)
    object_store.discard_partial(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5))
    if isinstance(object_store, LocalObjectStore):
        assert list((tmp_path / "objects" / ".incoming").iterdir()) == []


# ---- the folder alone ------------------------------------------------------------------------------------------------


def test_a_folder_store_links_instead_of_copying(tmp_path):
    store = LocalObjectStore(tmp_path / "objects")
    store.put(sha256_of(b"these"), b"these")
    store.link_to(object_key(sha256_of(b"these")), tmp_path / "site" / "x")
    with store.local(object_key(sha256_of(b"these"))) as path:
        assert path.samefile(tmp_path / "site" / "x")
        assert path.stat().st_mode & 0o222 == 0


def test_a_folder_store_spares_what_a_living_writer_is_writing(tmp_path):
    store = LocalObjectStore(tmp_path)
    store.write("results/a", b"")
    (tmp_path / ".incoming" / "theirs").write_bytes(b"half")
    assert store.discard_partial(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)) == 0
    assert store.discard_partial(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == 1


def test_a_store_whose_folder_is_a_file_says_which_setting_to_change(tmp_path):
    (tmp_path / "file").write_text("")
    for store in (LocalObjectStore(tmp_path / "file"), LocalObjectStore(tmp_path / "file" / "under")):
        with pytest.raises(BadConfigurationError, match=r"file.*PRESSROOM_STORAGE_URL"):
            store.check()


# ---- the S3 server alone ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AWS_ACCESS_KEY_ID", "NOSUCHKEY00000000000", "AWS_ACCESS_KEY_ID"),
        ("AWS_SECRET_ACCESS_KEY", "wrong", "AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_wrong_credentials_are_told_by_the_variable_to_correct(s3_url, monkeypatch, variable, value, says):
    monkeypatch.setenv(variable, value)
    store = open_object_store(s3_url)
    for use in (
        store.check,
        lambda: store.info("results/a"),
        lambda: store.read("results/a"),
        lambda: list(store.keys("")),
    ):
        with pytest.raises(BadConfigurationError, match=says):
            use()


def test_a_missing_bucket_is_told_by_name(s3_environment):
    store = open_object_store("s3://no-such-bucket-here/x")
    for use in (store.check, lambda: store.put(sha256_of(b"a"), b"a"), lambda: list(store.keys(""))):
        with pytest.raises(BadConfigurationError, match=r"no-such-bucket-here.*create the bucket"):
            use()


def test_a_server_that_is_down_is_worth_a_retry_and_told_by_its_variable(s3_url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(RetryableError, match="AWS_ENDPOINT_URL_S3"):
        open_object_store(s3_url).check()


def test_two_prefixes_of_a_bucket_do_not_see_each_other(s3_url):
    one, other = open_object_store(f"{s3_url}/one"), open_object_store(f"{s3_url}/two")
    one.write("results/a", b"1")
    assert list(other.keys("")) == []
    assert [info.key for info in one.keys("")] == ["results/a"]


def test_uploads_that_were_never_finished_are_aborted(s3_url):
    import boto3

    client, store = boto3.session.Session().client("s3"), open_object_store(s3_url)
    bucket, prefix = s3_url.removeprefix("s3://").split("/", 1)
    client.create_multipart_upload(Bucket=bucket, Key=f"{prefix}/sha256/ab/c")
    assert store.discard_partial(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)) == 0
    assert store.discard_partial(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)

"""What storage says and refuses, without any server."""

import pickle
import string
from pathlib import PurePosixPath

import boto3
import pytest
from botocore import exceptions as boto
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exc

from content.errors import (
    BadConfigurationError,
    BadInputError,
    MissingAssetError,
    PressroomError,
    RetryableError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from storage.columns import Prose
from storage.database_errors import mapped as database_mapped
from storage.objects import checked_key, open_object_store
from storage.objects_local import LocalObjectStore
from storage.objects_s3 import S3ObjectStore
from storage.objects_s3_errors import mapped as s3_mapped

# ---- URLs and keys ---------------------------------------------------------------------------------------------------


def test_a_url_chooses_the_store(tmp_path):
    assert isinstance(open_object_store("file:///a%20folder"), LocalObjectStore)
    assert open_object_store("file:///a%20folder").url == "file:///a%20folder"
    assert isinstance(open_object_store("s3://bucket/a/prefix/"), S3ObjectStore)
    assert open_object_store("s3://bucket/a/prefix/").url == "s3://bucket/a/prefix"
    assert open_object_store("s3://bucket").url == "s3://bucket"


@pytest.mark.parametrize(
    "url",
    [
        *("", "objects", "file://objects", "file://", "file:///", "file:///a?b"),
        *("s3://", "s3:///prefix", "s3://bucket/.hidden", "s3://bucket/a//b", "gs://bucket"),
    ],
)
def test_any_other_url_is_refused_by_its_setting(url):
    with pytest.raises(BadConfigurationError, match="PRESSROOM_STORAGE_URL"):
        open_object_store(url)


def test_credentials_in_a_url_are_refused_and_not_repeated():
    with pytest.raises(BadConfigurationError, match="AWS_SECRET_ACCESS_KEY") as told:
        open_object_store("s3://key:hush@bucket/prefix")
    assert "hush" not in str(told.value)


@given(st.text(alphabet=string.ascii_letters + string.digits + "._-/\\ \0é~", max_size=30))
def test_a_key_that_passes_stays_inside_its_folder(key):
    try:
        checked_key(key)
    except BadInputError:
        return
    path = PurePosixPath("/store") / key
    assert path.is_relative_to("/store")
    assert str(path) == f"/store/{key}"
    assert not any(part.startswith(".") for part in path.parts)


# ---- what S3 says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "kind", "says"),
    [
        ("NoSuchBucket", 404, BadConfigurationError, "PRESSROOM_STORAGE_URL"),
        ("NoSuchKey", 404, MissingAssetError, "results/a"),
        ("InvalidAccessKeyId", 403, BadConfigurationError, "AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", 403, BadConfigurationError, "AWS_SECRET_ACCESS_KEY"),
        ("ExpiredToken", 400, BadConfigurationError, "AWS_SESSION_TOKEN"),
        ("AccessDenied", 403, BadConfigurationError, "s3:PutObject"),
        ("RequestTimeTooSkewed", 403, BadConfigurationError, "clock"),
        ("PermanentRedirect", 301, BadConfigurationError, "AWS_DEFAULT_REGION"),
        ("QuotaExceeded", 403, BadConfigurationError, "quota"),
        ("SlowDown", 503, ThrottledError, "fewer requests"),
        ("TooManyRequests", 429, ThrottledError, "fewer requests"),
        ("RequestTimeout", 400, TimedOutError, "trying again"),
        ("InternalError", 500, UnreachableError, "trying again"),
        ("BadGateway", 502, UnreachableError, "trying again"),
        ("SomethingNew", 418, BadConfigurationError, "SomethingNew"),
    ],
)
def test_an_answer_of_s3_becomes_an_error_that_says_what_to_do(code, status, kind, says):
    client = boto3.session.Session().client(
        "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    stub = Stubber(client)
    stub.add_client_error("get_object", code, "in its own words", status)
    with stub, pytest.raises(kind, match=says) as told:
        S3ObjectStore("bucket", "p", client).read("results/a")
    assert type(told.value) is kind
    assert isinstance(pickle.loads(pickle.dumps(told.value)), kind)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (boto.NoCredentialsError(), BadConfigurationError, "AWS_ACCESS_KEY_ID"),
        (boto.ProfileNotFound(profile="p"), BadConfigurationError, "AWS_PROFILE"),
        (boto.NoRegionError(), BadConfigurationError, "AWS_DEFAULT_REGION"),
        (boto.ParamValidationError(report="Invalid bucket name"), BadConfigurationError, "PRESSROOM_STORAGE_URL"),
        (boto.EndpointConnectionError(endpoint_url="http://x"), UnreachableError, "AWS_ENDPOINT_URL_S3"),
        (boto.ConnectionClosedError(endpoint_url="http://x"), UnreachableError, "AWS_ENDPOINT_URL_S3"),
        (boto.ResponseStreamingError(error="broken"), UnreachableError, "AWS_ENDPOINT_URL_S3"),
        (boto.ConnectTimeoutError(endpoint_url="http://x"), TimedOutError, "AWS_ENDPOINT_URL_S3"),
        (boto.ReadTimeoutError(endpoint_url="http://x"), TimedOutError, "AWS_ENDPOINT_URL_S3"),
        (boto.SSLError(endpoint_url="https://x", error="self-signed"), BadConfigurationError, "AWS_CA_BUNDLE"),
        (boto.BotoCoreError(), BadConfigurationError, "AWS variables"),
    ],
)
def test_an_error_of_botocore_becomes_one_that_says_what_to_do(error, kind, says):
    with pytest.raises(kind, match=says) as told, s3_mapped("s3://bucket"):
        raise error
    assert type(told.value) is kind


# ---- what databases say ----------------------------------------------------------------------------------------------


class ServerError(Exception):
    """An error of PostgreSQL as the driver gives it."""

    def __init__(self, sqlstate, message="words"):
        super().__init__(message)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("cause", "wrapper", "kind", "says"),
    [
        (Exception("database is locked"), exc.OperationalError, RetryableError, "another process"),
        (Exception("database or disk is full"), exc.OperationalError, BadConfigurationError, "free some space"),
        (Exception("attempt to write a readonly database"), exc.OperationalError, BadConfigurationError, "right to"),
        (Exception("database disk image is malformed"), exc.DatabaseError, BadConfigurationError, "backup"),
        (Exception("no such table: asset"), exc.OperationalError, BadConfigurationError, "pressroom doctor"),
        (Exception("FOREIGN KEY constraint failed"), exc.IntegrityError, BadInputError, "nothing was written"),
        (ServerError("40001"), exc.OperationalError, RetryableError, "another process"),
        (ServerError("40P01"), exc.OperationalError, RetryableError, "another process"),
        (ServerError("55P03"), exc.OperationalError, RetryableError, "another process"),
        (ServerError("57P01"), exc.OperationalError, UnreachableError, "stopping"),
        (ServerError("53300"), exc.OperationalError, ThrottledError, "connections"),
        (ServerError("28P01"), exc.OperationalError, BadConfigurationError, "password"),
        (ServerError("42P01"), exc.ProgrammingError, BadConfigurationError, "pressroom doctor"),
        (ServerError(None, "connection refused"), exc.OperationalError, UnreachableError, "PRESSROOM_DATABASE_URL"),
        (ServerError("XX000"), exc.InternalError, BadConfigurationError, "pressroom doctor"),
    ],
)
def test_an_error_of_a_database_becomes_one_that_says_what_to_do(cause, wrapper, kind, says):
    with pytest.raises(kind, match=says) as told, database_mapped("sqlite:///p.db"):
        raise wrapper("SELECT 1", {}, cause)
    assert type(told.value) is kind


def test_an_error_of_our_own_passes_unchanged():
    for mapped in (database_mapped, s3_mapped):
        with pytest.raises(PressroomError, match=r"^mine$"), mapped("there"):
            raise PressroomError("mine")


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_text_from_anywhere_can_be_stored_and_keeps_its_length(text):
    stored = Prose().process_bind_param(text, None)
    assert len(stored) == len(text)
    assert "\0" not in stored
    stored.encode()
    assert all(kept in (given, "\N{REPLACEMENT CHARACTER}") for kept, given in zip(stored, text, strict=True))

"""Objects in a bucket of S3 or of anything that speaks its protocol.

Credentials, region and endpoint come from the standard AWS variables and files.
Every request carries the sha256 of its body in its signature, so that a server cannot accept other bytes than ours.
"""

import datetime as dt
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from content.errors import BadConfigurationError, UnreachableError
from content.values import object_key
from storage.objects import CHUNK_BYTES, ObjectInfo, checked_key, digest_of_file, mismatch
from storage.objects_s3_errors import code_of, mapped

_PART_BYTES = 8 << 20
_LOST_RACE = {"PreconditionFailed", "ConditionalRequestConflict", "OperationAborted", "412", "409"}


class S3ObjectStore:
    """A prefix of a bucket. The client is made on first use and lives as long as the store."""

    def __init__(self, bucket: str, prefix: str = "", client: Any | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{checked_key(prefix)}/" if prefix else ""
        self._made = client

    @property
    def url(self) -> str:
        """The `s3://` URL of the prefix."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, ref_sha256: str, data: bytes | Path) -> int:
        """Keep bytes under the key of their hash unless they are there already, and give their number."""
        key = object_key(ref_sha256)
        digest, size = digest_of_file(data) if isinstance(data, Path) else (hashlib.sha256(data).hexdigest(), len(data))
        if digest != ref_sha256:
            raise mismatch(ref_sha256, digest, str(data) if isinstance(data, Path) else "what was to be kept")
        if self._intact(key, ref_sha256, size):
            return size
        try:
            self._send(key, data, size)
        except UnreachableError:
            # The loser of a race may be told 500; what counts is what is there now.
            if not self._intact(key, ref_sha256, size):
                raise
        kept = self.info(key)
        if kept is None or kept.bytes != size:
            raise UnreachableError(
                f"{self.url} took {key} ({size} bytes) but holds {kept.bytes if kept else 'nothing'};"
                " it is tried again; if that goes on, the server loses data"
            )
        return size

    def read(self, key: str) -> bytes:
        """Give an object's bytes."""
        return b"".join(self._stream(key))

    def write(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there."""
        with mapped(self.url, key):
            self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=data)

    def info(self, key: str) -> ObjectInfo | None:
        """Give an object's size and age, or None when there is none."""
        name = self._name(key)
        with mapped(self.url, key):
            try:
                head = self._client.head_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if code_of(error) not in {"404", "NoSuchKey", "NotFound"}:
                    # An answer to HEAD has no body that would say why; an answer to this has.
                    self._client.list_objects_v2(Bucket=self._bucket, Prefix=name, MaxKeys=1)
                    raise
                return None
        return ObjectInfo(key, head["ContentLength"], head["LastModified"].astimezone(dt.UTC))

    def keys(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with `prefix`, in order of their keys."""
        with mapped(self.url):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for item in page.get("Contents", ()):
                    key = item["Key"].removeprefix(self._prefix)
                    yield ObjectInfo(key, item["Size"], item["LastModified"].astimezone(dt.UTC))

    def delete(self, key: str) -> None:
        """Remove an object; do nothing when there is none."""
        with mapped(self.url, key):
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Lend a download, gone when the context ends."""
        with tempfile.TemporaryDirectory(prefix="pressroom-") as folder:
            path = Path(folder) / key.rpartition("/")[2]
            self._download(key, path)
            yield path

    def link_to(self, key: str, target: Path) -> None:
        """Download an object to `target`, all at once."""
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}")
        try:
            self._download(key, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)

    def discard_partial(self, older_than: dt.datetime) -> int:
        """Abort uploads in parts that were begun before `older_than`."""
        removed = 0
        with mapped(self.url):
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < older_than:
                        self._client.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        removed += 1
        return removed

    def check(self) -> None:
        """Write, read and delete a probe."""
        key, data = f"probe/{uuid.uuid4().hex}", os.urandom(64)
        self.write(key, data)
        try:
            if self.read(key) != data:
                raise BadConfigurationError(
                    f"{self.url} does not give back what is written to it; does AWS_ENDPOINT_URL_S3 name an S3 server?"
                )
            next(self.keys("probe/"), None)
        finally:
            self.delete(key)

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = _new_client(self.url)
        return self._made

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _intact(self, key: str, sha256: str, size: int) -> bool:
        kept = self.info(key)
        if kept is None or kept.bytes != size:
            return False
        digest = hashlib.sha256()
        for chunk in self._stream(key):
            digest.update(chunk)
        return digest.hexdigest() == sha256

    def _send(self, key: str, data: bytes | Path, size: int) -> None:
        """Send bytes whose key holds nothing, or nothing right."""
        name = self._name(key)
        with mapped(self.url, key):
            if size > _PART_BYTES:
                self._send_in_parts(name, data)
                return
            body = data.read_bytes() if isinstance(data, Path) else data
            damaged = self.info(key) is not None
            condition: dict[str, Any] = {} if damaged else {"IfNoneMatch": "*"}
            try:
                self._client.put_object(Bucket=self._bucket, Key=name, Body=body, **condition)
            except ClientError as error:
                if code_of(error) not in _LOST_RACE:
                    raise
                if not self._intact(key, hashlib.sha256(body).hexdigest(), size):
                    raise UnreachableError(f"{self.url} is being written at {key} by somebody else") from error

    def _send_in_parts(self, name: str, data: bytes | Path) -> None:
        from io import BytesIO

        from boto3.s3.transfer import TransferConfig

        parts = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4)
        # Completion in parts knows no If-None-Match everywhere; equal names mean equal bytes, so the last one may win.
        with data.open("rb") if isinstance(data, Path) else BytesIO(data) as body:
            self._client.upload_fileobj(body, self._bucket, name, Config=parts)

    def _stream(self, key: str) -> Iterator[bytes]:
        with mapped(self.url, key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
            with closing(answer["Body"]) as body:
                received = 0
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    received += len(chunk)
                    yield chunk
            if received != answer["ContentLength"]:
                raise UnreachableError(
                    f"{self.url} stopped after {received} of {answer['ContentLength']} bytes of {key}"
                )

    def _download(self, key: str, path: Path) -> None:
        chunks = self._stream(key)
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)


def _new_client(url: str) -> Any:
    import boto3
    from botocore.config import Config

    with mapped(url):
        # boto3's default session is not safe to share between threads; a session of our own is.
        return boto3.session.Session().client(
            "s3",
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": 4},
                max_pool_connections=16,
                tcp_keepalive=True,
                # Older servers refuse the checksum trailers that are now the default; the signature carries ours.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"payload_signing_enabled": True},
            ),
        )

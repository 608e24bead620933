"""What S3 and botocore say, as errors of the house that name the setting to mend.

The only place that knows botocore's exceptions and S3's error codes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from content.errors import (
    BadConfigurationError,
    MissingAssetError,
    PressroomError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)

_URL, _ENDPOINT = "PRESSROOM_STORAGE_URL", "AWS_ENDPOINT_URL_S3"
_RIGHTS = "s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects"

_MEND = {
    "NoSuchBucket": f"create the bucket, or correct its name in {_URL}; does {_ENDPOINT} name the right server?",
    "InvalidBucketName": f"correct the bucket's name in {_URL}",
    "InvalidAccessKeyId": f"correct AWS_ACCESS_KEY_ID; does {_ENDPOINT} name the right server?",
    "SignatureDoesNotMatch": "correct AWS_SECRET_ACCESS_KEY, which belongs to AWS_ACCESS_KEY_ID",
    "InvalidToken": "correct or unset AWS_SESSION_TOKEN",
    "ExpiredToken": "get new temporary credentials (AWS_SESSION_TOKEN)",
    "TokenRefreshRequired": "get new temporary credentials (AWS_SESSION_TOKEN)",
    "AccessDenied": f"set AWS_ACCESS_KEY_ID to a key that has the rights {_RIGHTS}",
    "AllAccessDisabled": f"ask the owner of the bucket, or change {_URL}",
    "AccountProblem": "ask whoever runs the account",
    "RequestTimeTooSkewed": "set this machine's clock: it differs from the server's by more than 15 minutes",
    "RequestExpired": "set this machine's clock",
    "PermanentRedirect": f"set AWS_DEFAULT_REGION to the bucket's region, or correct {_ENDPOINT}",
    "TemporaryRedirect": f"set AWS_DEFAULT_REGION to the bucket's region, or correct {_ENDPOINT}",
    "AuthorizationHeaderMalformed": "set AWS_DEFAULT_REGION to the bucket's region",
    "IllegalLocationConstraintException": "set AWS_DEFAULT_REGION to the bucket's region",
    "QuotaExceeded": f"raise the quota, or move to another bucket with {_URL}",
    "XMinioStorageFull": f"free some space on the server, or move to another bucket with {_URL}",
    "InsufficientStorage": f"free some space on the server, or move to another bucket with {_URL}",
    # HEAD has no body, so a status is all that is known.
    "301": f"set AWS_DEFAULT_REGION to the bucket's region, or correct {_ENDPOINT}",
    "400": "check AWS_DEFAULT_REGION, this machine's clock and the credentials",
    "401": "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "403": f"check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may do {_RIGHTS}",
    "405": f"does {_ENDPOINT} name an S3 server?",
}
_SLOW_DOWN = {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"}
_GONE = {"NoSuchKey", "404"}

# The first that fits counts: botocore derives some of these from others.
_BOTOCORE: tuple[tuple[tuple[type[BotoCoreError], ...], type[PressroomError], str], ...] = (
    (
        (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError),
        BadConfigurationError,
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    ),
    (
        (boto.ProfileNotFound, boto.ConfigNotFound, boto.ConfigParseError),
        BadConfigurationError,
        "correct AWS_PROFILE or ~/.aws/config",
    ),
    ((boto.NoRegionError, boto.InvalidRegionError), BadConfigurationError, "set AWS_DEFAULT_REGION"),
    ((boto.ParamValidationError,), BadConfigurationError, f"correct the bucket or prefix in {_URL}"),
    (
        (boto.SSLError,),
        BadConfigurationError,
        f"correct {_ENDPOINT}, or name its authority's certificate file in AWS_CA_BUNDLE",
    ),
    (
        (boto.ConnectTimeoutError, boto.ReadTimeoutError),
        TimedOutError,
        f"is the server up, and does {_ENDPOINT} name it?",
    ),
    (
        (boto.HTTPClientError, boto.ConnectionError, boto.IncompleteReadError),
        UnreachableError,
        f"is the server up, and does {_ENDPOINT} name it?",
    ),
    ((BotoCoreError,), BadConfigurationError, f"check {_URL}, {_ENDPOINT} and the AWS variables"),
)


def code_of(error: ClientError) -> str:
    """Give S3's error code, or the HTTP status where there is no body to hold one."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def mapped(where: str, key: str = "") -> Iterator[None]:
    """Raise what botocore raises inside as an error of the house. `where` is the store's URL."""
    try:
        yield
    except PressroomError:
        raise
    except ClientError as error:
        raise _from_answer(error, where, key) from error
    except BotoCoreError as error:
        raise _from_botocore(error, where) from error


def missing(where: str, key: str) -> MissingAssetError:
    """Give the error for an object that is not there."""
    return MissingAssetError(
        f"there is no object {key} in {where}; run `pressroom verify` to see which edition needs it and how to mend it",
        key=key,
    )


def _from_answer(error: ClientError, where: str, key: str) -> PressroomError:
    code, answer = code_of(error), error.response.get("Error", {}).get("Message") or ""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"{where} answered {code}{f' ({answer})' if answer and answer != code else ''}"
    if code in _GONE:
        return missing(where, key)
    if code in _MEND:
        return BadConfigurationError(f"{said}: {_MEND[code]}", code=code)
    if code in _SLOW_DOWN or status in {429, 503}:
        return ThrottledError(f"{said}: it asks for fewer requests; trying again later helps", code=code)
    if code == "RequestTimeout" or status in {408, 409, 500, 502, 504}:
        kind = TimedOutError if code == "RequestTimeout" or status in {408, 504} else UnreachableError
        return kind(f"{said}: trouble on the way or on its side; trying again later helps", code=code)
    return BadConfigurationError(f"{said}: check {_URL}, {_ENDPOINT} and the AWS variables", code=code)


def _from_botocore(error: BotoCoreError, where: str) -> PressroomError:
    kind, mend = next((kind, mend) for causes, kind, mend in _BOTOCORE if isinstance(error, causes))
    return kind(f"{where} could not be used: {error}; {mend}")

"""What addresses gave last time, so that the next request can be a conditional one."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class RememberedFetch:
    """An earlier answer: its decoded body and the validators to ask with."""

    url: str
    final_url: str
    body: bytes
    sha256: str
    media_type: str
    charset: str
    etag: str
    last_modified: str
    fetched_at: dt.datetime

"""What to say when a disk is full: the same words wherever the last byte was refused."""

import contextlib
import errno
from collections.abc import Iterator

from content.errors import BadConfigurationError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def full_disk(what: str) -> BadConfigurationError:
    """Make the error of work that a full disk ended; `what` names the work."""
    return BadConfigurationError(f"the disk is full: {what} was given up; free some space and run the step again")


@contextlib.contextmanager
def room_on_disk(what: str) -> Iterator[None]:
    """Turn the system's word for a full disk into the house's own while the block runs."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise full_disk(what) from error
        raise

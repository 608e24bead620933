"""What a command means by a video: a file, or the video of an edition."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from content.errors import BadInputError
from content.publication import EditionRecord
from wiring.container import container


class OpenFilm(NamedTuple):
    """A video as a file to be read only, a short name for what is made of it, and its edition where it has one."""

    movie: Path
    name: str
    edition: EditionRecord | None


@contextmanager
def opened_film(source: str) -> Iterator[OpenFilm]:
    """Find a video and lend it; a file goes before an edition. Raises BadInputError when there is neither."""
    path = Path(source)
    if path.is_file():
        yield OpenFilm(path, path.stem[:60], None)
        return
    if path.suffix or "/" not in source:
        raise BadInputError(f"there is no file {source}, and it is no edition: those are written SLUG/YYYY-MM-DD")
    from pressroom.look import edition_or_exit

    record = edition_or_exit(source)
    if record.video is None:
        raise BadInputError(f"{source} has no video; `pressroom show {source}` says what it has")
    with container().library.local(record.video.movie) as movie:
        yield OpenFilm(movie, source.replace("/", "-"), record)

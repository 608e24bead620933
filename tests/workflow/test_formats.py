"""A published edition's video in another format: drawn anew with room for captions, judged, and made from pieces."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from content.values import Video
from wiring.container import container

DATE = "2026-03-10"


async def _run(**parameters: Any) -> Any:
    from flows.produce_video import produce_video

    return await produce_video(newsletter="harbour-morning", edition_date=DATE, return_state=True, **parameters)


def test_a_tall_video_of_one_article_is_drawn_anew_and_passes_the_gate(make: Callable[..., Any]):
    assert make(articles=2).state.name == "Published"
    state = asyncio.run(_run(article=1, shape="9:16"))
    assert state.name == "Made", state.message

    library = container().library
    rows = [
        row for row in library.steps(f"harbour-morning/{DATE}") if row.run_id == str(state.state_details.flow_run_id)
    ]
    assert {row.step for row in rows} == {"illustrate", "narrate", "assemble", "moderate"}
    cards = [
        asset for asset in library.objects.keys("sha256/") if _size(library.objects.read(asset.key)) == (1080, 1920)
    ]
    assert len(cards) == 3, "title, one headline, end card"
    made = Video.model_validate(asyncio.run(state.aresult()))
    verdicts = library.verdicts_for([made.movie.sha256])[made.movie.sha256]
    assert [verdict.decision for verdict in verdicts] == ["pass"]

    again = asyncio.run(_run(article=1, shape="9:16"))
    rows = [
        row for row in library.steps(f"harbour-morning/{DATE}") if row.run_id == str(again.state_details.flow_run_id)
    ]
    assert {row.outcome for row in rows} == {"reused"}


def _size(data: bytes) -> tuple[int, int]:
    try:
        return Image.open(io.BytesIO(data)).size
    except OSError:
        return 0, 0


def test_pieces_are_kept_whole_or_not_at_all(house: Any, tmp_path: Path):
    from tasks.shelf import ObjectShelf

    key, piece = "ab" * 32, tmp_path / "piece.h264"
    piece.write_bytes(b"frames")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    assert ObjectShelf(here).find(key) is None
    ObjectShelf(here).keep(key, piece)
    kept = ObjectShelf(there).find(key)
    assert kept is not None
    assert kept.read_bytes() == b"frames"

    (name,) = [info.key for info in container().objects.keys("pieces/")]
    damaged = container().objects.read(name)[:-1] + b"!"
    container().objects.write(name, damaged)
    assert ObjectShelf(here).find(key) is None

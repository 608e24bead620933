"""Videos in the formats that are asked for: drawn anew with room for captions, judged, and made from pieces."""

import asyncio
import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from content.errors import BadConfigurationError
from content.timeline_file import read_timeline
from content.values import Verdict, Video
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
    assert len(cards) == 4, "headline, sentence, figure, end card"
    made = Video.model_validate(asyncio.run(state.aresult()))
    verdicts = library.verdicts_for([made.movie.sha256])[made.movie.sha256]
    assert [verdict.decision for verdict in verdicts] == ["pass"]

    again = asyncio.run(_run(article=1, shape="9:16"))
    rows = [
        row for row in library.steps(f"harbour-morning/{DATE}") if row.run_id == str(again.state_details.flow_run_id)
    ]
    assert {row.outcome for row in rows} == {"reused"}


def test_a_voice_nobody_has_judged_holds_a_timeline_also_where_it_is_its_music_too(
    make: Callable[..., Any], tmp_path: Path
):
    assert make(articles=2).state.name == "Published"
    library = container().library
    made = Video.model_validate(asyncio.run(asyncio.run(_run(article=1)).aresult()))
    hum(tmp_path / "stranger.wav", 440)
    stranger = library.keep("narration", tmp_path / "stranger.wav", "audio/wav")
    told = json.loads(library.text(made.timeline))

    def outcome(**changes: Any) -> str:
        kept = library.keep("timeline", json.dumps(told | changes).encode(), "application/json")
        return asyncio.run(_run(timeline=kept.sha256)).name

    assert outcome(music=f"sha256:{stranger.sha256}") == "Made", "music is for people to choose"
    assert outcome(narration=f"sha256:{stranger.sha256}", music=f"sha256:{stranger.sha256}") == "Held"

    held = Verdict(sha256=stranger.sha256, modality="audio", decision="hold", moderator="somebody")
    library.record_verdicts([held])
    assert outcome(music=f"sha256:{stranger.sha256}", music_gain_db=-20) == "Held", "what was held once stays held"


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


@pytest.fixture
def newsletter_with_music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Define the example newsletter in three formats, over a piece of music."""
    root = Path(__file__).resolve().parents[2]
    told = (root / "pressroom.toml").read_text("utf-8")
    told = told.replace("examples/press-pack", str(root / "examples" / "press-pack"))
    more = 'music = "bed.wav"\nvideo_formats = ["9:16", "16:9", "1:1"]\nvideo_s = 30\n'
    config = tmp_path / "pressroom.toml"
    config.write_text(told.replace("video_s = 55", more), "utf-8")
    hum(tmp_path / "bed.wav", 220)
    monkeypatch.setenv("PRESSROOM_CONFIG", str(config))
    return tmp_path / "bed.wav"


def hum(path: Path, hertz: int) -> None:
    samples = (3000 * np.sin(2 * np.pi * hertz * np.arange(16_000) / 8_000)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(samples.tobytes())


def test_an_edition_comes_in_the_formats_of_its_newsletter_over_its_music(
    make: Callable[..., Any], newsletter_with_music: Path
):
    made = make(articles=2)
    assert made.state.name == "Published", made.state.message
    video, library = made.record.video, container().library
    assert [each.shape for each in video.formats] == ["9:16", "16:9", "1:1"]
    shown = {asset.ref.sha256 for asset in made.record.assets}
    verdicts = library.verdicts_for([ref.sha256 for ref in video.published])
    for ref in video.published:
        assert ref.sha256 in shown, ref.kind
        assert {verdict.decision for verdict in verdicts[ref.sha256]} == {"pass"}, ref.kind
    page = container().settings.site / f"harbour-morning/{DATE}/video.html"
    for each in video.formats:
        assert each.movie.sha256 in page.read_text("utf-8")
    line = read_timeline(library.text(video.timeline), known=library.kept).plan
    assert library.read(line.music) == newsletter_with_music.read_bytes()
    assert not list(library.verify())

    hum(newsletter_with_music, 330)
    again = make(articles=2)
    assert again.state.name == "Published"
    assert {step for step, _ in again.computed()} == {"assemble", "compose", "moderate", "publish"}


def test_music_that_is_not_there_is_named_before_any_work(newsletter_with_music: Path, house: Any):
    from wiring.settings import load_newsletters

    newsletter_with_music.unlink()
    with pytest.raises(BadConfigurationError, match=r"harbour-morning\] music: there is no file .*bed\.wav"):
        load_newsletters(newsletter_with_music.with_name("pressroom.toml"))

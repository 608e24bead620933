"""The fakes keep the engines' contracts: real bytes, scripted answers, the same output for the same input."""

import datetime as dt
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from content.errors import BadInputError, ThrottledError
from content.recipes import sha256_of
from content.timeline import Scene, Timeline
from content.values import AssetRef, Brief, Genre, ModerationRequest, Script, Segment, SourceEntry, Voice
from models.fakes.fakes import (
    FakeAnimator,
    FakeAssembler,
    FakeCompleter,
    FakeEmbedder,
    FakeIllustrator,
    FakeModerator,
    FakeNarrator,
    FakePictureModerator,
    FakeVideoModerator,
    FakeWriter,
)
from models.media.media_probe import probe
from models.protocols import ClipRequest, CoverRequest, Engine

TEXT = "The ferry runs on batteries. The yard is hiring 18 people! Fares stay as they are. The cow does not mind."
COVER = CoverRequest(headline="Ferry", width=1200, height=630)
SCRIPT = Script(language="en", segments=(Segment(kind="title", text="Good morning"), Segment(kind="end", text="Bye")))


def brief_of(text: str) -> Brief:
    ref = AssetRef(kind="source", sha256=sha256_of(text.encode()), bytes=len(text), media_type="text/plain")
    entry = SourceEntry(
        url="https://a.example/1", title="T", publisher="P", feed_url="https://a.example/feed", text=ref, via="feed",
        published=dt.datetime(2026, 11, 24, tzinfo=dt.UTC), language="en",
    )  # fmt: skip
    return Brief(story_id="d" * 64, working_headline="Ferry", why_now="new", sources=(entry,))


def test_every_fake_has_the_life_of_an_engine() -> None:
    for fake in (
        *(FakeEmbedder(), FakeCompleter(), FakeWriter(), FakeIllustrator(), FakeAnimator(), FakeNarrator()),
        *(FakeAssembler(), FakeModerator(), FakePictureModerator(), FakeVideoModerator()),
    ):
        assert isinstance(fake, Engine)
        assert fake.identity.backend == "fake"
        fake.load()
        assert fake.loaded
        fake.release()
        assert not fake.loaded


def test_scripted_answers_come_first_and_errors_are_raised() -> None:
    fake = FakeIllustrator()
    scripted = fake.illustrate(COVER, seed=1)
    fake.enqueue(ThrottledError("later"), scripted)
    with pytest.raises(ThrottledError):
        fake.illustrate(COVER, seed=2)
    assert fake.illustrate(COVER, seed=2) == scripted
    assert fake.illustrate(COVER, seed=2) != scripted
    assert fake.history == [COVER] * 4


def test_embeddings_are_unit_rows_in_which_shared_words_are_near() -> None:
    rows = FakeEmbedder().embed(["ferry on batteries", "batteries for the ferry", "seagrass", ""])
    assert rows.shape == (4, 64)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_the_writers_claims_stand_in_their_source() -> None:
    brief = brief_of(TEXT)
    draft = FakeWriter().write(brief, {brief.sources[0].text.sha256: TEXT}, voice=Voice(), max_source_share=1, seed=0)
    assert len(draft.claims) == 4
    assert all(TEXT[claim.start : claim.end] == claim.text for claim in draft.claims)


def test_too_little_text_is_bad_input() -> None:
    brief = brief_of("Only one sentence is here.")
    with pytest.raises(BadInputError, match="three are needed"):
        FakeWriter().write(
            brief,
            {brief.sources[0].text.sha256: "Only one sentence is here."},
            voice=Voice(),
            max_source_share=1,
            seed=0,
        )


def test_the_picture_is_a_png_of_the_size_asked_for() -> None:
    made = FakeIllustrator().illustrate(COVER, seed=3)
    with Image.open(io.BytesIO(made.data)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (1200, 630))


def test_the_narration_is_a_wav_as_long_as_its_words() -> None:
    made = FakeNarrator().narrate(SCRIPT, seed=0)
    with wave.open(io.BytesIO(made.wav)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        assert sound.getnframes() / sound.getframerate() == pytest.approx(made.duration_s) == made.words[-1].end_s
    assert [word.text for word in made.words] == ["Good", "morning", "Bye"]
    assert made.segment_starts_s == (0.0, 0.5)


def test_the_film_plays_and_is_the_same_twice(tmp_path: Path) -> None:
    picture, sound = FakeIllustrator().illustrate(COVER, seed=0).data, FakeNarrator().narrate(SCRIPT, seed=0).wav
    media: dict[str, Path] = {}
    refs = []
    for name, data in (("p.png", picture), ("s.wav", sound)):
        (tmp_path / name).write_bytes(data)
        media[sha256_of(data)] = tmp_path / name
        refs.append(AssetRef(kind="x", sha256=sha256_of(data), bytes=len(data), media_type="x/x"))
    timeline = Timeline(scenes=(Scene(picture=refs[0], start_s=0, duration_s=3),), narration=refs[1], duration_s=3)
    films = []
    done: list[tuple[int, int]] = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        made = FakeAssembler().assemble(timeline, media, tmp_path / folder, lambda *step: done.append(step))
        films.append(made.movie.read_bytes())
    assert done == [(0, 1), (1, 1)] * 2
    facts = probe(made.movie)
    assert (facts.video_codec, facts.audio_codec, facts.faststart) == ("h264", "aac", True)
    assert facts.duration_s == pytest.approx(3, abs=0.2)
    assert films[0] == films[1]
    with pytest.raises(BadInputError, match="no file of it was given"):
        FakeAssembler().assemble(timeline, {}, tmp_path, lambda *_: None)


def test_the_moderator_stops_the_words_it_was_told_to() -> None:
    request = ModerationRequest(sha256="e" * 64, modality="text", texts=("a storm is near",))
    assert FakeModerator().judge(request).decision == "pass"
    verdict = FakeModerator({"storm": "block"}).judge(request)
    assert (verdict.decision, verdict.sha256, verdict.reasons[0].excerpt) == ("block", "e" * 64, "storm")


def test_the_clip_is_silent_and_as_large_and_long_as_asked_for(tmp_path: Path) -> None:
    request = ClipRequest(prompt="a ferry", width=129, height=72, seconds=1.5)
    one = FakeAnimator().animate(request, tmp_path, lambda *_: None, seed=1)
    data = one.movie.read_bytes()
    again = FakeAnimator().animate(request, tmp_path, lambda *_: None, seed=1)
    other = FakeAnimator().animate(request, tmp_path, lambda *_: None, seed=2)
    assert (again.movie.read_bytes(), one.movie) == (data, again.movie)
    assert other.movie.read_bytes() != data
    facts = probe(one.movie)
    assert (one.width, one.height, one.duration_s) == (128, 72, 1.5)
    assert (facts.video_codec, facts.audio_codec, facts.width, facts.height) == ("h264", "", 128, 72)
    assert facts.duration_s == pytest.approx(1.5, abs=0.1)


def test_pictures_and_films_pass_unless_scripted_or_missing(tmp_path: Path) -> None:
    pictures, films = FakePictureModerator(), FakeVideoModerator()
    assert (pictures.judge_picture("e" * 64, b"x").decision, pictures.judge_picture("e" * 64, b"").decision) == (
        "pass",
        "hold",
    )
    movie = tmp_path / "movie.mp4"
    assert films.judge_video("e" * 64, movie, (), lambda *_: None).decision == "hold"
    movie.write_bytes(b"film")
    films.enqueue(ThrottledError("later"))
    with pytest.raises(ThrottledError):
        films.judge_video("e" * 64, movie, (0.0,), lambda *_: None)
    verdict = films.judge_video("e" * 64, movie, (0.0,), lambda *_: None)
    assert (verdict.decision, verdict.modality, verdict.sha256) == ("pass", "video", "e" * 64)
    assert films.history == ["e" * 64] * 3


def test_the_writer_tells_every_genre_from_its_sources() -> None:
    brief = brief_of(TEXT)
    texts = {brief.sources[0].text.sha256: TEXT}
    writer = FakeWriter()
    for genre in Genre:
        piece = writer.tell(genre, brief, texts, voice=Voice(), seed=0)
        assert piece.genre is genre
        assert all(TEXT[p.start : p.end] == part.text for part in piece.parts for p in part.rests_on)
    writer.pieces.append(BadInputError("no"))
    with pytest.raises(BadInputError, match="no"):
        writer.tell(Genre.STORY, brief, texts, voice=Voice(), seed=0)

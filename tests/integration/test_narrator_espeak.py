import io
import sys
import wave

import numpy as np
import pytest

import models.narrator.narrator_espeak as module
from content.errors import BadInputError, MissingEngineError, TimedOutError
from content.script import spoken_s
from content.spoken import spoken_tokens
from content.values import Script, Segment
from models.narrator.narrator_espeak import NarratorEspeak

ENGLISH = Script(
    language="en",
    segments=(
        Segment(kind="title", text="The Civic Digest, for Monday, November 30th."),
        Segment(
            kind="story", text="The U.S. spent $3.5 million — about 12% — on “a well-known” system, says 18f.gsa.gov."
        ),
        Segment(kind="story", text="It was, e.g., the first of the many. Dr. Lee’s team & others agreed in 2013–2015!"),
        Segment(kind="end", text="Thank you."),
    ),
)
CHINESE = Script(
    language="zh",
    segments=(
        Segment(kind="title", text="城市新闻，2026年3月5日。"),
        Segment(kind="story", text="市政府周二宣布，新的图书馆将于五月开放，投资约3.5亿元。居民 Anna 说：“很好”！"),
    ),
)


@pytest.mark.parametrize("script", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_word_is_timed_in_order_within_its_segment(script):
    told = NarratorEspeak().narrate(script, seed=0)

    for index, segment in enumerate(script.segments):
        words = [word for word in told.words if word.segment == index]
        assert [word.text for word in words] == [token.text for token in spoken_tokens(segment.text, script.language)]
        ends = (*told.segment_starts_s[index + 1 :], told.duration_s)[0]
        assert told.segment_starts_s[index] <= words[0].start_s
        assert words[-1].end_s <= ends
    for before, after in zip(told.words, told.words[1:], strict=False):
        assert before.start_s < before.end_s <= after.start_s + 1e-6


def test_sound_is_where_the_words_are_and_silence_between_segments():
    told = NarratorEspeak().narrate(ENGLISH, seed=0)
    with wave.open(io.BytesIO(told.wav)) as file:
        rate = file.getframerate()
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        sound = np.abs(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int))

    assert len(sound) / rate == pytest.approx(told.duration_s, abs=0.001)
    for word in told.words:
        assert sound[int(word.start_s * rate) : int(word.end_s * rate)].max() > 500
    for start in told.segment_starts_s[1:]:
        assert sound[int((start - 0.5) * rate) : int(start * rate)].max() == 0


def test_the_same_script_gives_the_same_bytes():
    assert NarratorEspeak().narrate(ENGLISH, seed=0) == NarratorEspeak().narrate(ENGLISH, seed=7)


def test_a_silent_segment_is_a_pause():
    script = Script(
        language="en", segments=(Segment(kind="title", text=""), Segment(kind="story", text="Hello there."))
    )
    told = NarratorEspeak().narrate(script, seed=0)

    assert told.segment_starts_s[1] >= 1
    assert [word.text for word in told.words] == ["Hello", "there."]


@pytest.mark.parametrize(
    ("language", "text", "least", "most"),
    [
        ("en", "The ferry between the town and the island will run on batteries from next spring, they said.", 13, 18),
        ("zh", "东湾船厂近日与汐川镇港务所签约，承担轮渡的电池改造，合同是船厂二十年来最大的一笔订单。", 3.7, 4.5),
    ],
)
def test_each_language_has_a_newsreaders_pace_and_the_script_counts_with_it(language, text, least, most):
    script = Script(language=language, segments=(Segment(kind="story", text=text),))
    told = NarratorEspeak().narrate(script, seed=0)
    assert least <= len(text) / told.duration_s <= most, "characters a second"
    assert told.duration_s == pytest.approx(spoken_s(text, language), abs=0.8)
    assert NarratorEspeak(rate_wpm=280).narrate(script, seed=0).duration_s < told.duration_s


def test_an_unknown_voice_or_language_is_named():
    with pytest.raises(MissingEngineError, match="no voice 'en-moon'"):
        NarratorEspeak("en-moon").narrate(ENGLISH, seed=0)
    with pytest.raises(MissingEngineError, match="'tlh'"):
        NarratorEspeak().narrate(ENGLISH.model_copy(update={"language": "tlh"}), seed=0)


def test_a_voice_that_hangs_or_crashes_is_ended_and_named(tmp_path, monkeypatch):
    worker = tmp_path / "narrator_espeak_worker.py"
    monkeypatch.setattr(module, "__file__", str(tmp_path / "narrator_espeak.py"))
    worker.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(TimedOutError, match=r"0\.5 s"):
        NarratorEspeak(deadline_s=0.5).narrate(ENGLISH, seed=0)
    worker.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with pytest.raises(BadInputError, match="broke down"):
        NarratorEspeak().narrate(ENGLISH, seed=0)


def test_only_the_child_process_loads_the_library():
    NarratorEspeak().narrate(ENGLISH, seed=0)

    assert "models.narrator.narrator_espeak_worker" not in sys.modules

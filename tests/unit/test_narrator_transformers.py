"""The open-weight narrator: real architectures with random weights, loaded from folders as a user's are."""

import io
import itertools
import pickle
import shutil
import threading
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from safetensors.torch import save_file as save_tensors
from tiny_narrators import CHINESE, ENGLISH, tiny_aligner, tiny_bark, tiny_speecht5, tiny_vibevoice, tiny_vits

from content.errors import BadAnswerError, BadConfigurationError, BadInputError, MissingEngineError
from content.spoken import spoken_tokens
from content.usage import Usage
from content.values import Script, Segment
from models.metering import Meter, metered
from models.naming import EngineName
from models.narrator.narrator_transformers import NarratorTransformers
from models.narrator.speech_models import Casting, Line, load_speech_model
from models.protocols import Order, RenderedNarration
from models.seeds import derived_seed, seeded


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("narrators")
    return {
        "vits": tiny_vits(root / "vits"),
        "speakers": tiny_vits(root / "speakers", speakers=3),
        "chinese": tiny_vits(root / "chinese", letters=CHINESE),
        "speecht5": tiny_speecht5(root / "speecht5"),
        "vibevoice": tiny_vibevoice(root / "vibevoice"),
        "bark": tiny_bark(root / "bark"),
        "aligner": tiny_aligner(root / "aligner"),
    }


def narrator(folder: Path, options: str = "") -> NarratorTransformers:
    name = EngineName.parse(f"transformers:{folder}{'?' if options else ''}{options}")
    return NarratorTransformers.from_order(
        Order(name=name, weights=folder.parent / "store", engine=pytest.fail, device="cpu")
    )


def script(*texts: str, language: str = "en") -> Script:
    return Script(language=language, segments=tuple(Segment(kind="story", text=text) for text in texts))


def sound(narration: RenderedNarration) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(narration.wav)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"), file.getframerate()


def check(narration: RenderedNarration, told: Script) -> None:
    """Assert what holds for any weights."""
    samples, rate = sound(narration)
    assert narration.duration_s == pytest.approx(len(samples) / rate, abs=1e-4)
    assert np.abs(samples).max() > 1000
    words = [token.text for segment in told.segments for token in spoken_tokens(segment.text, told.language)]
    assert [word.text for word in narration.words] == words
    flat = [at for word in narration.words for at in (word.start_s, word.end_s)]
    assert flat == sorted(flat)
    starts = narration.segment_starts_s
    assert len(starts) == len(told.segments)
    assert starts[0] == 0
    assert all(one < other for one, other in itertools.pairwise([*starts, narration.duration_s]))
    for word in narration.words:
        assert starts[word.segment] <= word.start_s
        assert word.end_s <= ([*starts, narration.duration_s])[word.segment + 1]


NEWS = script(
    "Good morning. It is 2026, and café prices rose 3.5%; that is $4 billion!", "The wall — stays closed. 18F & co."
)


SHORT = script("It is 7. Go on!", "The wall.")


@pytest.mark.parametrize("options", ["", "aligner"])
@pytest.mark.parametrize("kind", ["vits", "speakers", "speecht5"])
def test_every_word_is_heard_in_time(voices, kind, options):
    told = f"aligner={voices['aligner']}" if options else ""
    engine = narrator(voices[kind], told)
    news = NEWS if kind != "speecht5" else SHORT  # it is never tired, and writes up to the limit
    narration = engine.narrate(news, seed=1)
    check(narration, news)
    assert engine.narrate(news, seed=1) == narration
    assert engine.narrate(news, seed=2).wav != narration.wav


@pytest.mark.parametrize("seed", range(8))
def test_any_random_weights_keep_words_in_time(tmp_path, seed):
    for blanks in (True, False):
        folder = tiny_vits(tmp_path / f"{blanks}", seed=seed, add_blank=blanks)
        check(narrator(folder).narrate(NEWS, seed=seed), NEWS)


def test_chinese_is_timed_by_the_character(voices):
    told = script("今天上午，海港关闭。2026年4月春天开放！", "市桥新开3.5百分。", language="zh")
    narration = narrator(voices["chinese"]).narrate(told, seed=3)
    check(narration, told)
    assert "海" in [word.text for word in narration.words]


def test_vits_times_words_by_its_own_durations(voices):
    model = load_speech_model(Casting(voices["vits"], "cpu"))
    text, places = "hello big world", [(0, 5), (6, 9), (10, 15)]
    given = model.say(Line(text, places, "en", 0.1, 30.0), 5)
    assert given.marks is not None
    hop = 256
    assert all(at % hop == 0 for mark in given.marks for at in mark)
    # Two signs of every three are letters, the others blanks; a longer word has more of them.
    lengths = [last - first for first, last in given.marks]
    assert given.marks[0][0] > 0
    assert given.marks[-1][1] < len(given.samples)
    assert min(lengths[0], lengths[2]) > lengths[1]


def test_sentences_stand_apart_by_the_pause_to_the_sample(voices):
    told = script("Good morning. Good night. Good bye.")
    narration = narrator(voices["vits"], "sentence_pause_s=0.5").narrate(told, seed=1)
    samples, rate = sound(narration)
    quiet = [len(list(group)) for still, group in itertools.groupby(samples == 0) if still]
    assert sum(length >= 0.5 * rate for length in quiet) == 2
    ends = {word.text: word for word in narration.words}
    assert ends["night."].start_s - ends["morning."].end_s > 0.5


def test_one_sentence_that_changes_leaves_the_others_as_they_were(voices):
    engine = narrator(voices["vits"])
    (before, _), (after, _) = (
        sound(engine.narrate(script(f"Good morning. {middle} The end is near."), seed=4))
        for middle in ("The wall stays closed.", "Nobody may walk there, not even you.")
    )
    one, other = (sound(engine.narrate(script(text), seed=4))[0] for text in ("Good morning.", "The end is near."))
    for whole in (before, after):
        assert (whole[: len(one)] == one).all()
        assert (whole[-len(other) :] == other).all()
    assert len(before) != len(after)


def test_the_global_random_numbers_are_left_as_they_were(voices):
    state = torch.get_rng_state()
    narrator(voices["vits"]).narrate(script("Good morning."), seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(RuntimeError, match="broken"), seeded(5):
        raise RuntimeError("broken")
    assert torch.equal(torch.get_rng_state(), state)
    assert derived_seed(1, "a") != derived_seed(1, "b") != derived_seed("1", "b", 0)


def test_threads_get_what_each_would_get_alone(voices):
    engine = narrator(voices["vits"])
    alone = [engine.narrate(NEWS, seed=seed) for seed in range(3)]
    together: dict[int, RenderedNarration] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: together.update({seed: engine.narrate(NEWS, seed=seed)}))
        for seed in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(3)] == alone


def test_speakers_are_chosen_by_number_and_the_wrong_number_lists_them(voices):
    told = script("Good morning.")
    assert narrator(voices["speakers"]).narrate(told, seed=1) == narrator(voices["speakers"], "voice=0").narrate(
        told, seed=1
    )
    assert (
        narrator(voices["speakers"], "voice=1").narrate(told, seed=1).wav
        != narrator(voices["speakers"]).narrate(told, seed=1).wav
    )
    with pytest.raises(BadConfigurationError, match="no voice '7'; it has 0, 1, 2"):
        narrator(voices["speakers"], "voice=7").load()
    with pytest.raises(BadConfigurationError, match="one speaker"):
        narrator(voices["vits"], "voice=1").load()


def test_a_faster_rate_is_shorter(voices):
    usual, fast = (narrator(voices["vits"], told).narrate(NEWS, seed=1) for told in ("", "rate=1.6"))
    check(fast, NEWS)
    assert fast.duration_s < 0.9 * usual.duration_s
    with pytest.raises(BadConfigurationError, match="rate must be"):
        narrator(voices["vits"], "rate=9")
    with pytest.raises(BadConfigurationError, match="their own rate"):
        narrator(voices["speecht5"], "rate=1.2").load()


def test_letters_the_model_lacks_are_a_clear_error(voices):
    with pytest.raises(BadInputError, match=r"no sign for '[今天]{2}'"):
        narrator(voices["vits"]).narrate(script("Hello 今天"), seed=1)
    with pytest.raises(BadInputError, match="no sign for"):
        narrator(voices["speecht5"]).narrate(script("Дом"), seed=1)
    check(
        narrator(voices["vits"]).narrate(script("Ça va, Zoë & Søn ok…".replace("ø", "o")), seed=1),
        script("Ça va, Zoë & Son ok…"),
    )


def test_text_in_a_script_that_needs_uroman_says_so(tmp_path):
    folder = tiny_vits(tmp_path / "uroman", is_uroman=True)
    with pytest.raises(BadInputError, match="pip install uroman"):
        narrator(folder).narrate(script("Дом стоит."), seed=1)
    check(narrator(folder).narrate(script("Hello there."), seed=1), script("Hello there."))


def test_segments_without_a_word_are_pauses(voices):
    told = script("", "Good morning.", "***", "The end.")
    narration = narrator(voices["vits"], "segment_pause_s=0").narrate(told, seed=1)
    check(narration, told)


# ---- models that do not speak ----------------------------------------------------------------------------------------


def broken(folder: Path, target: Path, part: str, change: Any) -> Path:
    shutil.copytree(folder, target)
    weights = load_file(target / "model.safetensors")
    changed = {key: change(value) if part in key else value for key, value in weights.items()}
    save_tensors(changed, target / "model.safetensors", metadata={"format": "pt"})
    return target


def test_weights_that_are_not_numbers_are_a_bad_answer(voices, tmp_path):
    for part in ("duration_predictor", "decoder"):
        folder = broken(voices["vits"], tmp_path / part, part, lambda value: torch.full_like(value, float("nan")))
        with pytest.raises(BadAnswerError, match=r"nan|not numbers"):
            narrator(folder).narrate(script("Good morning."), seed=1)


def test_silence_is_a_bad_answer_with_numbers(voices, tmp_path):
    folder = broken(voices["vits"], tmp_path / "silent", "decoder.conv_post", torch.zeros_like)
    with pytest.raises(BadAnswerError, match=r"\d s of silence .* in 3 attempts"):
        narrator(folder).narrate(script("Good morning."), seed=1)


def test_endless_speech_is_stopped_before_it_is_made(voices, tmp_path):
    folder = shutil.copytree(voices["vits"], tmp_path / "endless")
    config = (folder / "config.json").read_text("utf-8")
    (folder / "config.json").write_text(config.replace('"speaking_rate": 1.0', '"speaking_rate": 0.00001'), "utf-8")
    with pytest.raises(BadAnswerError, match=r"wants \d+\.\d s .* are the most"):
        narrator(folder).narrate(script("Good morning."), seed=1)


def test_speech_too_short_for_its_words_is_a_bad_answer(voices):
    with pytest.raises(BadAnswerError, match=r"took \d\.\d\d s .* would be speech"):
        narrator(voices["bark"]).narrate(
            script("A sentence with far more words than a second of sound can hold, " * 2), seed=1
        )


def test_a_model_that_does_not_speak_is_no_narrator(voices):
    with pytest.raises(BadConfigurationError, match="'wav2vec2', which does not speak"):
        narrator(voices["aligner"]).load()


def test_missing_weights_and_unknown_options_are_named(tmp_path):
    with pytest.raises(MissingEngineError, match="nothing-here"):
        narrator(tmp_path / "nothing-here").load()
    for told in ("tempo=1", "dtype=int3", "segment_pause_s=60"):
        with pytest.raises(BadConfigurationError):
            narrator(tmp_path, told)


# ---- voices ----------------------------------------------------------------------------------------------------------


def test_speecht5_takes_a_voice_by_name_or_file_and_its_content_is_part_of_the_identity(voices, tmp_path):
    told = script("good morning.")
    usual = narrator(voices["speecht5"]).narrate(told, seed=1)
    assert narrator(voices["speecht5"], "voice=nova").narrate(told, seed=1) == usual
    mine = tmp_path / "mine.safetensors"
    save_file({"speaker": np.full(8, 0.5, dtype=np.float32)}, mine)
    engine = narrator(voices["speecht5"], f"voice={mine}")
    assert engine.narrate(told, seed=1).wav != usual.wav
    before = engine.identity
    save_file({"speaker": np.full(8, 0.6, dtype=np.float32)}, mine)
    assert engine.identity != before
    with pytest.raises(BadConfigurationError, match="no voice 'alice'; it has nova"):
        narrator(voices["speecht5"], "voice=alice").load()


@pytest.mark.parametrize("kind", ["pickled", "short", "several", "text", "absent"])
def test_a_voice_file_that_is_no_voice_is_refused(voices, tmp_path, kind):
    path = tmp_path / ("voice.safetensors" if kind == "several" else "voice.npy")
    if kind == "pickled":
        path.write_bytes(pickle.dumps([1.0] * 8))
    elif kind == "short":
        np.save(path, np.zeros(3, dtype=np.float32))
    elif kind == "several":
        save_file({"a": np.zeros(8, dtype=np.float32), "b": np.zeros(8, dtype=np.float32)}, path)
    elif kind == "text":
        path = tmp_path / "voice.txt"
        path.write_text("1 2 3", "utf-8")
    with pytest.raises(BadConfigurationError, match=path.name):
        narrator(voices["speecht5"], f"voice={path}").load()


def test_speecht5_without_a_vocoder_says_what_to_add(voices, tmp_path):
    folder = shutil.copytree(voices["speecht5"], tmp_path / "mute", ignore=shutil.ignore_patterns("vocoder"))
    with pytest.raises(BadConfigurationError, match="vocoder=microsoft/speecht5_hifigan"):
        narrator(folder).load()
    engine = narrator(folder, f"vocoder={voices['speecht5'] / 'vocoder'}")
    check(engine.narrate(SHORT, seed=1), SHORT)
    assert str(engine.identity.parameters["vocoder"]).startswith("vocoder@")


def test_vibevoice_invents_one_speaker_for_a_number_and_takes_a_sample(voices, tmp_path):
    told = script("Hello.")
    engine = narrator(voices["vibevoice"])
    narration = engine.narrate(told, seed=1)
    check(narration, told)
    assert narrator(voices["vibevoice"], "voice=0").narrate(told, seed=1) == narration
    assert narrator(voices["vibevoice"], "voice=8").narrate(told, seed=1).wav != narration.wav
    sample = tmp_path / "alice.wav"
    sample.write_bytes(narration.wav)
    mine = narrator(voices["vibevoice"], f"voice={sample}")
    check(mine.narrate(told, seed=1), told)
    assert "alice.wav:" in str(mine.identity.parameters["voice"])
    sample.write_bytes(narration.wav[:30])
    with pytest.raises(BadConfigurationError, match="no readable WAV"):
        narrator(voices["vibevoice"], f"voice={sample}").load()


def test_bark_speaks_through_the_pipeline_with_its_presets(voices):
    told = script("It is late.")
    engine = narrator(voices["bark"], "voice=v2/en_speaker_1")
    narration = engine.narrate(told, seed=1)
    check(narration, told)
    assert engine.narrate(told, seed=1) == narration
    with pytest.raises(BadConfigurationError, match="no voice 'nobody'; it has v2/en_speaker_1"):
        narrator(voices["bark"], "voice=nobody").load()


# ---- life ------------------------------------------------------------------------------------------------------------


def test_released_and_loaded_again_it_says_the_same_and_its_work_is_metered(voices):
    engine = narrator(voices["vits"])
    meter = Meter()
    with metered(meter):
        first = engine.narrate(NEWS, seed=1)
    engine.release()
    engine.load()
    engine.load()
    assert engine.narrate(NEWS, seed=1) == first
    assert meter.usage.device_s > 0
    assert meter.usage.tokens_out == Usage().tokens_out


def test_the_identity_names_all_that_changes_the_sound_and_reads_no_weights(voices, tmp_path):
    plain = narrator(voices["vits"]).identity
    assert len(plain.revision) == 40
    told = ("rate=1.2", "sentence_pause_s=0.1", "segment_pause_s=0.1", f"aligner={voices['aligner']}", "dtype=float32")
    assert len({str(narrator(voices["vits"], each).identity.parameters) for each in told}) == len(told)
    assert narrator(tmp_path / "absent").identity.revision == "missing"
    assert narrator(voices["vits"]).footprint > narrator(voices["vits"])._weights.bytes
    assert narrator(voices["vits"]).device == "cpu"
    assert set(ENGLISH) > {" "}

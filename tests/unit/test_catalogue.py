"""The catalogue of open weights holds together, and `open` finds the machine it is on."""

import tomllib
from importlib.resources import files

import pytest

from content.errors import BadConfigurationError
from models import devices
from models.naming import EngineName
from models.protocols import Order
from models.registry import BACKENDS, EMBEDDED, MEDIA, OPTIONAL, build_engine, engine_name, profiles
from models.weights import catalogue as module
from models.weights.catalogue import best_profile, catalogue, fits, open_profiles, pinned_revision, weights_named_by

FIXED = tuple(catalogue().profiles)
REQUIRED = [medium for medium in MEDIA if medium not in OPTIONAL]
USES = [(profile, medium) for profile in FIXED for medium in catalogue().profiles[profile].engines]
# What a device has left for models (nine tenths of it; six tenths of a machine's memory), in 2^30 bytes.
ROOM = {"open-cpu": 16 * 0.6, "open-8": 7.6 * 0.9, "open-24": 23.5 * 0.9, "open-80": 79.1 * 0.9}


@pytest.fixture(autouse=True)
def _forgets_the_machine():
    module._device_and_budget.cache_clear()
    yield
    module._device_and_budget.cache_clear()


def pretend(monkeypatch, device, gigabytes):
    monkeypatch.setattr(devices, "best_device", lambda wanted="": wanted or device)
    monkeypatch.setattr(devices, "budgets", lambda *_: {"cpu": 2**33, device: int(gigabytes * 2**30)})
    monkeypatch.setattr(module, "_may_have_a_gpu", lambda: True)


@pytest.mark.parametrize("profile", ["open", *FIXED])
@pytest.mark.parametrize("language", ["en", "zh", "de"])
def test_every_profile_has_an_engine_for_every_medium_it_needs(profile, language):
    for medium in REQUIRED:
        assert engine_name(medium, profile=profile, language=language, overrides={})


@pytest.mark.parametrize(("profile", "key"), USES)
def test_every_name_parses_and_has_a_backend(profile, key):
    medium = key.partition(".")[0]
    assert medium in MEDIA
    for name in catalogue().profiles[profile].engines[key].name.split(" + "):
        assert (medium, EngineName.parse(name).backend) in BACKENDS


@pytest.mark.parametrize(("profile", "key"), USES)
def test_every_model_of_a_profile_is_in_the_catalogue_with_a_free_licence(profile, key):
    engine = catalogue().profiles[profile].engines[key]
    for model, _ in weights_named_by(engine.name):
        known = catalogue().model(model)
        assert known is not None, model
        assert catalogue().is_permissive(known.licence), known.licence
        assert engine.gb > 0


@pytest.mark.parametrize(("profile", "key"), USES)
def test_every_engine_takes_the_options_it_is_named_with(profile, key, tmp_path):
    for name in catalogue().profiles[profile].engines[key].name.split(" + "):
        parsed = EngineName.parse(name)
        if parsed.backend == "generative":
            continue  # made of another engine of the profile
        order = Order(name=parsed, weights=tmp_path, engine=lambda _: pytest.fail("no other engine is needed"))
        identity = build_engine(key.partition(".")[0], order).identity
        assert identity.backend == parsed.backend


@pytest.mark.parametrize("profile", FIXED)
def test_every_engine_of_a_profile_fits_the_machine_it_is_for(profile):
    assert catalogue().profiles[profile].largest <= ROOM[profile]


def test_every_model_is_used_once_written_down_once_and_pinned_or_known_not_to_be():
    names = [model.name for model in catalogue().models]
    assert len(set(names)) == len(names)
    used = {m for p in catalogue().profiles.values() for name in p.names.values() for m, _ in weights_named_by(name)}
    assert set(names) == used
    unpinned = {model.name for model in catalogue().models if not model.revision}
    assert unpinned == {"vibevoice/VibeVoice-1.5B-hf", "google/vivit-b-16x2-kinetics400"}


def test_profiles_speak_chinese_and_english_through_the_same_embedder():
    for profile in FIXED:
        engines = catalogue().profiles[profile].names
        assert engines["embedder"] == engines["embedder.zh"]


@pytest.mark.parametrize(
    ("device", "gigabytes", "best"),
    [
        ("cpu", 64, "open-cpu"),
        ("mps", 64, "open-cpu"),
        ("cuda:0", 3, "open-cpu"),
        ("cuda:0", ROOM["open-8"], "open-8"),
        ("cuda:0", 14, "open-8"),
        ("cuda:0", ROOM["open-24"], "open-24"),
        ("cuda:0", 43, "open-24"),
        ("cuda:0", ROOM["open-80"], "open-80"),
        ("cuda:1", 126, "open-80"),
    ],
)
def test_open_is_the_largest_profile_that_fits(monkeypatch, device, gigabytes, best):
    pretend(monkeypatch, device, gigabytes)
    assert best_profile() == best
    assert open_profiles(EMBEDDED)["open"]["completer"] == catalogue().profiles[best].names["completer"]


def test_open_looks_at_the_machine_only_when_it_is_read(monkeypatch):
    def looked(*_):
        raise AssertionError("somebody looked")

    monkeypatch.setattr(module, "_device_and_budget", looked)
    found = open_profiles(EMBEDDED)
    assert set(found) == {"open", *FIXED}
    assert found["open-8"]["writer"] == "generative"
    with pytest.raises(AssertionError, match="somebody looked"):
        found["open"].get("writer")


def test_a_machine_without_a_driver_is_judged_without_torch(monkeypatch):
    monkeypatch.setattr(module, "_may_have_a_gpu", lambda: False)
    monkeypatch.setattr(devices, "best_device", lambda wanted="": wanted or pytest.fail("torch was asked"))
    assert best_profile() == "open-cpu"


def test_a_gpus_profile_does_not_fit_a_processor_however_much_memory_it_has(monkeypatch):
    pretend(monkeypatch, "cpu", 500)
    assert fits(60, kind="cpu")
    assert not fits(1, kind="cuda")


def test_fixed_profiles_and_open_are_among_the_profiles():
    assert {"embedded", "api", "open", *FIXED} <= set(profiles())
    with pytest.raises(BadConfigurationError, match="no profile 'open-9000'"):
        engine_name("writer", profile="open-9000", language="en", overrides={})


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("extractive", []),
        ("openai:llama3.1", []),
        ("transformers:./here", []),
        ("transformers:a/b", [("a/b", "")]),
        ("rules + guard:a/b@refs/pr/3?x=1", [("a/b", "refs/pr/3")]),
        ("diffusers:a/b?captioner=c/d@v1&steps=4", [("a/b", ""), ("c/d", "v1")]),
        ("diffusers:a/b?captioner=./here", [("a/b", "")]),
        ("diffusers:a/b?ip_adapter=c/d/models/f.safetensors", [("a/b", ""), ("c/d", "")]),
    ],
)
def test_the_weights_an_engine_needs_are_read_off_its_name(name, weights):
    assert list(weights_named_by(name)) == weights


def test_only_the_catalogues_models_are_pinned_by_it():
    assert pinned_revision("Qwen/Qwen3-4B-Instruct-2507") == "cdbee75f17c01a7cc42f958dc650907174af0554"
    assert pinned_revision("org/other") == ""


def test_every_licence_that_needs_no_consent_is_written_small():
    document = tomllib.loads(files("models.weights").joinpath("catalogue.toml").read_text("utf-8"))
    assert all(licence == licence.lower() for licence in document["permissive"])
    assert not any("nc" in licence for licence in document["permissive"])

"""What the doctor says of engines, and when `serve` keeps models warm: both look at the engines themselves."""

import json

import pytest
import typer

from content.errors import MissingEngineError, UnreachableError
from models import registry
from models.fakes.fakes import FakeIllustrator, FakeWriter
from pressroom.doctor import doctor
from pressroom.serve import needs_warm_worker
from wiring.container import container, reset_container

GB = 2**30


class OnDevice:
    """Something with weights; it knows who is loaded."""

    device, footprint = "somewhere", GB
    loaded_now, most = set(), 0

    def load(self):
        self.loaded_now.add(type(self))
        OnDevice.most = max(self.most, len(self.loaded_now))

    def release(self):
        self.loaded_now.discard(type(self))


class HeavyWriter(OnDevice, FakeWriter):
    pass


class HeavyIllustrator(OnDevice, FakeIllustrator):
    pass


class NoWeights(FakeWriter):
    device, footprint = "somewhere", GB

    def load(self):
        raise MissingEngineError("the weights of a/b are not here; run `pressroom models pull a/b`")


class SilentServer(FakeWriter):
    device, footprint = "server", 0

    def load(self):
        raise UnreachableError("nobody answers at http://127.0.0.1:9/v1; start it, or set PRESSROOM_API_URL")


@pytest.fixture
def engines(house, monkeypatch):
    """Use fakes for everything, and other engines by class for some media."""
    OnDevice.loaded_now, OnDevice.most = set(), 0

    def use(**classes):
        media = {medium: "fake" for medium in registry.MEDIA if medium not in registry.OPTIONAL}
        for medium, engine in classes.items():
            monkeypatch.setitem(registry.BACKENDS, (medium, "tested"), f"{__name__}:{engine.__name__}")
        media |= dict.fromkeys(classes, "tested")
        monkeypatch.setenv("PRESSROOM_ENGINES", json.dumps(media))
        reset_container()

    use()
    return use


def told(capsys):
    """Run the doctor; give the exit code and what is said of each thing."""
    with pytest.raises(typer.Exit) as ended:
        doctor("")
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    return ended.value.exit_code, {line[1]: (line[0], line[2]) for line in lines if len(line) == 3}


def test_media_the_profile_does_without_are_named_and_no_fault(engines, capsys):
    code, found = told(capsys)
    assert code == 0
    assert {medium: found[medium] for medium in registry.OPTIONAL} == dict.fromkeys(
        registry.OPTIONAL, ("–", "not in this profile")
    )
    assert found["writer"] == ("✓", "fake:writer@1")


def test_engines_are_loaded_one_after_another_and_let_go_again(engines, capsys):
    engines(writer=HeavyWriter, illustrator=HeavyIllustrator)
    code, found = told(capsys)
    assert (code, found["writer"][0], found["illustrator"][0]) == (0, "✓", "✓")
    assert (OnDevice.most, OnDevice.loaded_now, container().room.loaded()) == (1, set(), ())


@pytest.mark.parametrize(
    ("engine", "said"), [(NoWeights, "pressroom models pull"), (SilentServer, "http://127.0.0.1:9/v1")]
)
def test_what_cannot_be_loaded_is_told_with_how_to_mend_it(engines, capsys, engine, said, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    engines(writer=engine)
    code, found = told(capsys)
    assert (code, found["writer"][0], found["moderator"][0]) == (1, "✗", "✓")
    assert said in found["writer"][1]


def test_the_device_is_told_with_the_memory_models_may_take(engines, capsys, monkeypatch):
    monkeypatch.setenv("PRESSROOM_DEVICE", "cpu")
    monkeypatch.setenv("PRESSROOM_DEVICE_MEMORY_GB", "3.5")
    engines()
    assert "models may take 3.5 GB" in told(capsys)[1]["device"][1]


def test_models_are_kept_warm_where_an_engine_has_some_to_load_and_for_nothing_else(engines, monkeypatch):
    assert not needs_warm_worker()
    engines(writer=SilentServer)
    assert not needs_warm_worker()
    engines(writer=FakeWriter, illustrator=HeavyIllustrator)
    assert needs_warm_worker()
    monkeypatch.setenv("PRESSROOM_ENGINES", '{"writer": "ghost"}')
    reset_container()
    assert not needs_warm_worker()

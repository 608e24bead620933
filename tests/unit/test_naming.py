"""Engine names are read as they are written, and what is no name is told with how names are written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadConfigurationError
from models.naming import EngineName, folder_of, is_folder

WORD = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789.-_", min_size=1)
BACKENDS = st.from_regex(r"[a-z0-9_-]+", fullmatch=True)
HUB = st.builds("{}/{}".format, WORD.filter(lambda word: not word.startswith((".", "~"))), WORD)
SERVED = st.builds("{}:{}".format, WORD.filter(lambda word: not word.startswith((".", "~"))), WORD)
FOLDERS = st.builds(
    "{}{}".format, st.sampled_from(["/", "./", "../", "~/"]), st.text("abc/.@ -éü:=&", max_size=20).map(str.rstrip)
)
OPTIONS = st.dictionaries(
    st.text("abcdefgh_", min_size=1), st.text("abc0123456789.,:/@?= -", max_size=12).map(str.strip), max_size=3
)


@given(BACKENDS, HUB | SERVED, st.none() | WORD, OPTIONS)
def test_a_model_by_name_is_read_back_as_it_was_written(backend, model, revision, options):
    name = EngineName(backend=backend, model=model, revision=revision or "", options=options)
    assert EngineName.parse(str(name)) == name
    assert EngineName.parse(f"  {name}\n") == name


@given(BACKENDS, FOLDERS, OPTIONS)
def test_a_folder_is_taken_as_it_stands_also_with_an_at_in_it(backend, folder, options):
    name = EngineName.parse(str(EngineName(backend=backend, model=folder, options=options)))
    assert (name.backend, name.model, name.revision, name.options) == (backend, folder, "", options)
    assert is_folder(name.model)
    assert folder_of(name.model).is_absolute()


@given(BACKENDS, OPTIONS)
def test_a_backend_alone_needs_no_model(backend, options):
    name = EngineName(backend=backend, options=options)
    assert EngineName.parse(str(name)) == name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("extractive", ("extractive", "", "", {})),
        ("openai:llama3.1:8b", ("openai", "llama3.1:8b", "", {})),
        ("transformers:Qwen/Qwen3@cdbee7?dtype=half", ("transformers", "Qwen/Qwen3", "cdbee7", {"dtype": "half"})),
        ("diffusers:./my@model?steps=2&scale=3.5", ("diffusers", "./my@model", "", {"steps": "2", "scale": "3.5"})),
        ("openai:?url=http://127.0.0.1:1/v1?x=1", None),
        ("guard:a/b?", ("guard", "a/b", "", {})),
        ("rules?&&strict=yes&", ("rules", "", "", {"strict": "yes"})),
        ("openai?url=http://h/v1?a=b", ("openai", "", "", {"url": "http://h/v1?a=b"})),
    ],
)  # fmt: skip
def test_names_as_people_write_them(text, parts):
    if parts is None:
        with pytest.raises(BadConfigurationError, match="BACKEND:MODEL"):
            EngineName.parse(text)
        return
    name = EngineName.parse(text)
    assert (name.backend, name.model, name.revision, name.options) == parts


@pytest.mark.parametrize("text", ["", "  ", ":", ":model", "Qwen/Qwen3", "Transformers:x", "a b", "openai:", "x:?a=b"])
def test_what_is_no_name_is_told_with_how_names_are_written(text):
    with pytest.raises(BadConfigurationError, match="write BACKEND, BACKEND:MODEL@REVISION"):
        EngineName.parse(text)


@pytest.mark.parametrize("options", ["steps", "=28", "steps=1&guidance"])
def test_what_is_no_option_is_told(options):
    with pytest.raises(BadConfigurationError, match="write option=value"):
        EngineName.parse(f"diffusers:a/b?{options}")


def test_options_are_read_as_what_their_defaults_are():
    name = EngineName.parse("x:a/b?steps=28&guidance=3.5&fast=yes&slow=0&voice=af")
    assert (name.option("steps", 1), name.option("guidance", 1.0), name.option("voice", "")) == (28, 3.5, "af")
    assert (name.option("fast", False), name.option("slow", True), name.option("other", 7)) == (True, False, 7)


@pytest.mark.parametrize(
    ("text", "default", "wanted"),
    [("n=3.5", 1, "a whole number"), ("n=x", 1.0, "a number"), ("n=maybe", True, "yes or no"), ("n=", 1, "a whole")],
)
def test_an_option_of_another_kind_is_told(text, default, wanted):
    with pytest.raises(BadConfigurationError, match=rf"x\?n=.*: n must be {wanted}"):
        EngineName.parse(f"x?{text}").option("n", default)


def test_an_option_nobody_knows_is_told_with_those_the_engine_knows():
    name = EngineName.parse("x?steps=1&sepps=2")
    with pytest.raises(BadConfigurationError, match="no option 'sepps'; this engine knows guidance, steps"):
        name.allow({"steps", "guidance"})
    name.allow({"steps", "sepps"})


def test_folders_are_told_from_names_and_home_is_filled_in(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [is_folder(text) for text in ("/a", "./a", "../a", "~/a", "a/b", "a", "")] == [True] * 4 + [False] * 3
    assert folder_of("~/models/x") == tmp_path / "models" / "x"
    assert folder_of("./a/../b") == Path.cwd() / "b"

"""The README is true: every path, make target, command and setting it names exists, and none is missing."""

import json
import re
import tomllib
from pathlib import Path

import typer.main

from content.values import Newsletter, Step
from pressroom.__main__ import app
from pressroom.as_json import EXIT_CODES
from wiring.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
UNLISTED = {"pyproject.toml", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}


def tree() -> list[str]:
    block = README.partition("## The tree")[2].split("```")[1]
    folder, paths = "", []
    for line in block.strip().splitlines():
        name = line.split()[0]
        paths.append(f"{folder}{name}" if line.startswith(" ") else name)
        if not line.startswith(" ") and name.endswith("/"):
            folder = name
    return paths


def test_every_path_of_the_tree_exists_and_every_top_level_one_is_in_it():
    assert [path for path in tree() if not (ROOT / path).exists()] == []
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    here = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and f"{path.name}/" not in ignored and not path.name.endswith(".egg-info")
    }
    assert here - UNLISTED <= set(tree())


def test_every_make_target_it_names_exists():
    for target in re.findall(r"`?make ([a-z]+)`?", README):
        if target not in {"a", "it", "an"}:
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_every_command_is_described_and_every_described_one_exists():
    commands = set(typer.main.get_command(app).commands)
    assert set(re.findall(r"^\| `pressroom ([a-z-]+)", README, re.MULTILINE)) == commands


def test_every_setting_and_every_key_of_a_newsletter_is_in_its_table():
    for name in Settings.model_fields:
        assert f"PRESSROOM_{name.upper()}`" in README, name
    for name in set(Newsletter.model_fields) - {"slug"}:
        assert f"`{name}`" in README, name


def test_the_defaults_of_a_newsletter_are_the_ones_in_its_tables():
    given = Newsletter(slug="a", name="A", feeds=("https://example.org/feed.xml",))
    told = dict(re.findall(r"^\| `([a-z_]+)` \| `(.+?)` \|", README, re.MULTILINE))
    defaults = {**given.model_dump(mode="json", exclude={"brand", "slug", "name", "feeds"}), **given.brand.model_dump()}
    assert {name: json.loads(told[name]) for name in defaults if name in told} == {
        name: value for name, value in defaults.items() if value != ""
    }


def test_every_option_of_a_command_is_named():
    for command in typer.main.get_command(app).commands.values():
        for parameter in command.params:
            for option in parameter.opts:
                assert not option.startswith("--") or option == "--help" or option in README, option


def test_every_step_is_named_as_users_name_it():
    for step in Step:
        assert f"`{step}`" in README, step


def test_every_exit_code_is_told():
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", README, re.MULTILINE)}
    assert codes == {*EXIT_CODES.values(), 2}


def test_every_link_to_a_file_of_ours_leads_there():
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), (document.name, target)


def test_the_version_is_in_the_user_agent_and_the_changelog_has_an_unreleased_part():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert version.rpartition(".")[0] in Settings().user_agent
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")

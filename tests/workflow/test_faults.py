"""What a crash costs: the step it struck, and nothing that was finished before."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from content.publication import EditionRecord
from content.values import Edition, Step
from wiring.container import Container, container, reset_container

DATE, ARTICLES = "2026-03-10", 2
EDITION = Edition.parse(f"harbour-morning/{DATE}")
# n-grams stand in for MiniLM, whose loading would be most of the time of a process that lives for seconds.
ENGINES = json.dumps({"assembler": "fake", "embedder": "ngram"})
# A step of the middle of each: some of its kind are finished when the fault strikes, some are not.
ITEMS = {Step.COLLECT: "", Step.DRAFT: ":article-2", Step.ILLUSTRATE: ":article-1", Step.MODERATE: ":edition"}
POINTS = [f"{step}{ITEMS.get(step, '')}" for step in Step]


@pytest.fixture(autouse=True)
def quick_engines(monkeypatch: pytest.MonkeyPatch, make: object) -> None:
    """Set after `make` has set its own."""
    monkeypatch.setenv("PRESSROOM_ENGINES", ENGINES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the edition is when nothing goes wrong; filled by the first test that needs it."""
    return {}


def record() -> EditionRecord:
    reset_container()
    found = container().library.edition_record(EDITION)
    assert found is not None
    return found


def computed(found: EditionRecord, run: int | None = None) -> list[tuple[str, str]]:
    """Step and recipe of what was computed, in one run or in all."""
    runs = found.runs if run is None else (found.runs[run],)
    return [(s.step, s.recipe) for s in found.steps if s.outcome == "computed" and s.run_id in runs]


def essence(found: EditionRecord) -> str:
    """What two editions must share to be the same: everything but run ids and times."""
    return found.model_dump_json(
        include={"edition", "status", "title", "content_digest", "page", "articles", "assets", "video", "cover"}
    )


def finished(found: EditionRecord) -> set[tuple[str, str]]:
    """Step and recipe of what is finished: computed, and its result kept.

    Prefect keeps a result just after the step has left its row; a kill in another thread may fall between the two.
    """
    kept = {info.key for info in container().objects.keys("results/")}
    return {(step, recipe) for step, recipe in computed(found) if f"results/{recipe[:2]}/{recipe[2:]}" in kept}


def assert_recovered(finished_before: set[tuple[str, str]], whole: str) -> None:
    again = record()
    paid_again = computed(again, -1)
    assert sorted(step for step, recipe in paid_again if (step, recipe) in finished_before) == [], "computed again"
    assert len(paid_again) == len(set(paid_again)), "a step was computed twice in one run"
    assert essence(again) == whole
    assert list(container().library.verify()) == []


@pytest.mark.parametrize("point", POINTS)
def test_after_a_failure_only_what_was_not_finished_is_computed(make, whole, house: Container, monkeypatch, point):
    if not whole:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("PRESSROOM_HOME", str(house.settings.home.with_name("unbroken")))
            whole["edition"] = essence(make(articles=ARTICLES).record)
    monkeypatch.setenv("PRESSROOM_FAULT", f"{point}:raise")
    struck = make(articles=ARTICLES)
    assert struck.state.is_failed()
    assert "PRESSROOM_FAULT struck" in struck.record.reason
    finished_before = finished(struck.record)
    assert make(articles=ARTICLES).state.name == "Published"
    assert_recovered(finished_before, whole["edition"])


@pytest.mark.parametrize("point", POINTS)
def test_after_kill_9_only_what_was_not_finished_is_computed(pressroom, house: Container, monkeypatch, whole, point):
    assert whole, "the tests above have made the edition that this one is held against"
    given = {"PRESSROOM_HOME": str(house.settings.home), "PRESSROOM_ENGINES": ENGINES}
    command = ("newsletter", "--edition-date", DATE, "--articles", str(ARTICLES), "--json")
    struck = pressroom(*command, **given, PRESSROOM_FAULT=f"{point}:kill")
    assert struck.code == -9, struck.err[-2000:]
    finished_before = finished(record())
    again = pressroom(*command, **given, PRESSROOM_FAULT=f"{point}:kill")
    assert (again.code, again.json["edition"]["status"]) == (0, "published"), again.err[-2000:]
    assert_recovered(finished_before, whole["edition"])
    assert Path(again.json["edition"]["page"]).is_file()


@pytest.mark.parametrize("fault", ["nonsense", "draft:a:b:kill", "draft:article-1:explode:raise"])
def test_a_fault_that_names_no_step_stops_the_run_before_it_works(make, monkeypatch, fault):
    monkeypatch.setenv("PRESSROOM_FAULT", fault)
    with pytest.raises(AssertionError, match="PRESSROOM_FAULT"):
        make()

"""An edition's video edited in a flow: checked like any other, reused when asked again, and its failure is plain."""

import asyncio

import pytest

from content.values import AssetRef
from wiring.container import container

DATE = "2026-03-10"


@pytest.fixture
def edit(make):
    def run(**parameters):
        from flows.edit_video import edit_video

        async def ran():
            return await edit_video(newsletter="harbour-morning", return_state=True, **parameters)

        return asyncio.run(ran())

    return run


def test_an_editions_video_is_cut_checked_and_reused(make, edit, tmp_path):
    assert make().state.name == "Published"
    asked = {"edition_date": DATE, "trim_start_s": 2.0, "trim_end_s": 12.0, "highlight_s": 6.0, "format": "1:1"}

    first, again = edit(**asked), edit(**asked)

    assert (first.name, again.name) == ("Made", "Made"), first.message
    edition = container().library.edition_of_run  # the edit belongs to no edition's run
    assert edition(str(first.state_details.flow_run_id)) is None
    outcomes = [
        [(step.step, step.outcome) for step in container().library.steps(f"harbour-morning/{DATE}", str(run))]
        for run in (first.state_details.flow_run_id, again.state_details.flow_run_id)
    ]
    assert outcomes == [
        [("assemble", "computed"), ("moderate", "computed")],
        [("assemble", "reused"), ("moderate", "reused")],
    ]


def test_a_strangers_file_is_held_and_nothing_to_do_is_told(edit, tmp_path):
    from films import film

    source: AssetRef = container().library.keep("kept", film(tmp_path / "a.mp4", seconds=1), "video/mp4")
    held = edit(source=source.sha256, trim_start_s=0.5)
    assert held.name == "Held"
    assert "unjudged" in held.message

    failed = edit(source=source.sha256)
    assert failed.is_failed()
    assert "nothing is to be done" in failed.message

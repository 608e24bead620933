"""What is left of a film when something goes wrong: workers that are killed, time and disks that run out."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from small_films import PROPS, CountingShelf, film, four_scenes, quiet

from content.errors import (
    BadConfigurationError,
    BadInputError,
    MissingAssetError,
    MissingEngineError,
    MissingGlyphError,
    OutOfMemoryError,
    TimedOutError,
)
from content.timeline import Caption
from models.assembler import piece_pool
from models.assembler.assembler_moviepy import AssemblerMoviepy
from models.assembler.mp4_frames import frames_in
from models.assembler.piece_shelf import FolderShelf


def workers_of(pid):
    return [one for one in psutil.Process(pid).children() if "piece_worker" in " ".join(one.cmdline())]


def killing(times):
    """Give a progress function that kills a worker that is at work, and how often it did."""
    killed = []

    def progress(done, total):
        if len(killed) < times and (found := workers_of(os.getpid())):
            killed.append(found[0].pid)
            found[0].send_signal(signal.SIGKILL)

    return progress, killed


def test_a_killed_worker_costs_its_piece_a_second_try_and_the_film_nothing(tmp_path):
    line = four_scenes()
    progress, killed = killing(1)
    video = film(line, tmp_path / "a", workers=2, progress=progress)

    assert len(killed) == 1
    assert video.movie.read_bytes() == film(line, tmp_path / "b").movie.read_bytes()
    assert workers_of(os.getpid()) == []


def has_pieces(shelf):
    """Say whether pictures are on a shelf; the voice is there before any of them."""
    return any(frames_in(shelf.find(key)) for key in list(shelf.kept))


def test_workers_that_keep_being_killed_are_named_and_finished_pieces_stay(tmp_path, monkeypatch):
    shelf = CountingShelf(tmp_path / "shelf")
    ends = threading.Event()

    def hunt():
        while not ends.wait(0.05):
            if has_pieces(shelf):
                for one in workers_of(os.getpid()):
                    one.send_signal(signal.SIGKILL)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        with pytest.raises(OutOfMemoryError, match="ended by signal 9") as failed:
            film(four_scenes(), tmp_path / "work", workers=2, shelf=shelf)
    finally:
        ends.set()
        hunter.join()
    assert "fewer workers" in failed.value.message
    assert list((tmp_path / "work").iterdir()) == []
    assert has_pieces(shelf)
    assert workers_of(os.getpid()) == []


def test_workers_that_cannot_start_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(piece_pool, "_START", "import sys; sys.exit(3)")
    with pytest.raises(MissingEngineError, match="exit code 3"):
        film(four_scenes(), tmp_path / "work", workers=2)


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "line.json").write_text(four_scenes(width=1280, height=720, fps=60).model_dump_json())
    program = f"""
import sys
from pathlib import Path
sys.path[:0] = {[str(Path(piece_pool.__file__).parents[2])]!r}
from content.timeline import Timeline
from models.assembler.assembler_moviepy import AssemblerMoviepy
folder, media = Path({str(tmp_path)!r}), Path({str(PROPS.folder)!r})
line = Timeline.model_validate_json((folder / "line.json").read_text())
AssemblerMoviepy(workers=2, preset="placebo").assemble(
    line, {{path.name: path for path in media.iterdir()}}, folder, lambda *_: print("on", flush=True)
)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"on\n"
    workers = workers_of(parent.pid)
    assert len(workers) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()

    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []
    assert not (tmp_path / "movie.mp4").exists()


def test_what_interrupts_a_rendering_ends_its_workers(tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film(four_scenes(), tmp_path / "work", workers=2, progress=interrupt)
    assert workers_of(os.getpid()) == []
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_the_deadline_is_kept_and_finished_pieces_stay(tmp_path, workers, monkeypatch):
    shelf = CountingShelf(tmp_path / "shelf")
    line = four_scenes(width=640, height=360, fps=60)
    found = time.monotonic

    def late(done, total):
        if shelf.kept:
            monkeypatch.setattr("models.deadline.time.monotonic", lambda: found() + 10_000)

    with pytest.raises(TimedOutError, match="not done within") as failed:
        film(line, tmp_path / "work", workers=workers, shelf=shelf, progress=late)
    assert "kept" in failed.value.message
    assert shelf.kept
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_drawn_is_named_whoever_draws(tmp_path, workers):
    line = four_scenes()
    media = dict(PROPS.media)
    assembler = AssemblerMoviepy(workers=workers)
    lost = {digest: path for digest, path in media.items() if digest != line.scenes[2].picture.sha256}
    with pytest.raises(MissingAssetError, match=line.scenes[2].picture.sha256[:12]):
        assembler.assemble(line, lost, tmp_path, quiet)
    unknown = Caption(text="\U000f0000", start_s=0, end_s=1)
    with pytest.raises(MissingGlyphError, match=r"U\+F0000"):
        assembler.assemble(line.model_copy(update={"captions": (unknown,)}), media, tmp_path, quiet)
    with pytest.raises(BadInputError, match="encoding the video"):
        AssemblerMoviepy(workers=workers, preset="no-such-preset").assemble(line, media, tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


# ---- a full disk -----------------------------------------------------------------------------------------------------


def test_a_full_disk_under_the_shelf_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("models.assembler.piece_shelf.shutil.copyfile", full)
    with pytest.raises(BadConfigurationError, match="disk is full"):
        film(four_scenes(), tmp_path / "work", workers=2, shelf=FolderShelf(tmp_path / "shelf"))
    assert list((tmp_path / "work").iterdir()) == []
    assert [path for path in (tmp_path / "shelf").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_fills_up_is_named_and_no_movie_is_left(tmp_path, workers):
    work = tmp_path / "small"
    work.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(work)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        with pytest.raises(BadConfigurationError, match="disk is full"):
            film(four_scenes(), work, workers=workers, crf=1)
        assert list(work.iterdir()) == []
    finally:
        subprocess.run(["umount", str(work)], check=True)

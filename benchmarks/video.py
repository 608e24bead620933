"""Measure how a film is made, as ratios to the least that encoding it can cost.

    make bench-video                          # or: .venv/bin/python benchmarks/video.py [--quick] [--json]

The *floor* is the same film's frames, already drawn and lying in a file, encoded by one ffmpeg with the same settings.
It is measured before and after the rest, because other work on the machine moves the clock, and less the processors'.
`cpu` and `wall` are ratios to that floor; `memory` is the most that all processes of a rendering held together, in MB:
`rss` counts what they share once for each, `pss` once.

- *cold*: nothing on the shelf; *nothing*, *scene*, *caption*, *music*: everything is there but what that one change
  touches (nothing at all, one scene of eight, one caption, another piece of music);
- *1*, *2*, *4 workers*: cold, with so many pieces drawn at once; *9:16*: the same timeline upright, to its own floor;
- *ten minutes*: ten times the film, a tenth of its cost (left out with --quick);
- *MoviePy, as it is taught* and *with care*: `benchmarks/video_rivals.py`, on the film's first seconds.

Each rendering runs in a process of its own that has loaded what it needs before it is timed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import wave
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from content.recipes import sha256_of  # noqa: E402
from content.timeline import Shot, Timeline, lay_timeline  # noqa: E402
from content.values import AssetRef, Brand, Narration, Script, Segment  # noqa: E402
from models import ffmpeg  # noqa: E402

SENTENCE = "Agencies can buy small services now, such as code reviews, without a long procurement. "
SCENES = 8


@dataclass
class Cost:
    """What a piece of work took: seconds on the clock and on processors, and MB of memory where it was watched."""

    wall_s: float
    cpu_s: float
    rss_mb: float = 0.0
    pss_mb: float = 0.0


# ---- the film --------------------------------------------------------------------------------------------------------


def kept(folder: Path, kind: str, data: bytes, media_type: str) -> AssetRef:
    """Put bytes under their sha256, where renderings look for them."""
    digest = sha256_of(data)
    (folder / digest).write_bytes(data)
    return AssetRef(kind=kind, sha256=digest, bytes=len(data), media_type=media_type)


def picture(folder: Path, number: int) -> AssetRef:
    """Draw a scene: every other one a cover with words, the rest as busy as a photograph."""
    from PIL import Image

    from models.illustrator.illustrator_typographic import IllustratorTypographic
    from models.protocols import CoverRequest

    if number % 2 == 0:
        request = CoverRequest(headline=f"{SENTENCE[:-2]}, part {number}", kicker="Bench", width=1920, height=1080)
        return kept(folder, "cover", IllustratorTypographic().illustrate(request, seed=number).data, "image/png")
    rng = np.random.default_rng(number)
    busy = np.zeros((1080, 1920, 3), np.float32)
    for size, weight in ((9, 120), (60, 70), (300, 40), (1080, 14)):
        grain = rng.integers(0, 255, (size, size * 16 // 9, 3), dtype=np.uint8)
        scaled = Image.fromarray(grain).resize((1920, 1080), Image.Resampling.BICUBIC)
        busy += np.asarray(scaled, np.float32) / 255 * weight
    path = folder / "busy.jpg"
    Image.fromarray(np.clip(busy, 0, 255).astype(np.uint8)).save(path, quality=92)
    return kept(folder, "cover", path.read_bytes(), "image/jpeg")


def music(folder: Path, pitch: float) -> AssetRef:
    """Make twenty seconds of chords."""
    rate = 48_000
    at = np.arange(20 * rate) / rate
    sound = sum(np.sin(2 * np.pi * pitch * ratio * at) * (0.6 + 0.4 * np.sin(at)) for ratio in (1, 1.25, 1.5))
    path = folder / "music.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(sound) * 5000).astype("<i2").tobytes())
    return kept(folder, "music", path.read_bytes(), "audio/wav")


def film(folder: Path, seconds: float) -> Timeline:
    """Lay a spoken, captioned film of eight scenes with music."""
    from models.narrator.narrator_espeak import NarratorEspeak

    words = (SENTENCE * 40).split()
    a_scene = max(3, round((seconds - 3) / SCENES * 2.35))
    kinds = ["title", *["story"] * (SCENES - 2), "end"]
    texts = [" ".join(words[number * a_scene : (number + 1) * a_scene]) for number in range(SCENES)]
    script = Script(
        language="en",
        segments=tuple(Segment(kind=kind, text=text) for kind, text in zip(kinds, texts, strict=True)),
    )
    told = NarratorEspeak().narrate(script, seed=0)
    narration = Narration(
        audio=kept(folder, "narration", told.wav, "audio/wav"),
        words=told.words,
        segment_starts_s=told.segment_starts_s,
        duration_s=told.duration_s,
    )
    shots = [Shot(picture=picture(folder, number)) for number in range(SCENES)]
    line = lay_timeline(narration, script, shots, brand=Brand(), language="en")
    return line.model_copy(update={"music": music(folder, 220)})


def longer(line: Timeline, times: int) -> Timeline:
    """Play a film again and again, each time as other frames: no round may live on what another has made."""
    scenes, captions = [], []
    for turn in range(times):
        later = turn * line.duration_s
        scenes += [
            scene.model_copy(update={"start_s": scene.start_s + later, "focus": (0.5, 0.4 + 0.02 * turn)})
            for scene in line.scenes
        ]
        captions += [
            caption.model_copy(update={"start_s": caption.start_s + later, "end_s": caption.end_s + later})
            for caption in line.captions
        ]
    change = {"scenes": tuple(scenes), "captions": tuple(captions), "duration_s": line.duration_s * times}
    return line.model_copy(update=change)


# ---- measuring -------------------------------------------------------------------------------------------------------


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def floor(raw: Path, line: Timeline, work: Path) -> Cost:
    """Encode drawn frames and do nothing else; as many threads as there are processors."""
    size = f"{line.width}x{line.height}"
    source = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", size, "-framerate", str(line.fps)]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "high", "-g", str(line.fps * 2)]
    arguments = [*source, *ffmpeg.BEFORE_INPUT, "-i", "pipe:0", *encoder, "-threads:v", str(os.cpu_count())]
    started, used = time.perf_counter(), cpu_s()
    with raw.open("rb") as frames:
        command = ffmpeg.command([*arguments, "-y", "-f", "mp4", f"file:{work / 'floor.mp4'}"])
        subprocess.run(command, stdin=frames, check=True)
    return Cost(time.perf_counter() - started, cpu_s() - used)


def drawn(line: Timeline, folder: Path, raw: Path) -> None:
    """Write a film's frames into a file."""
    from models.assembler.scene_frames import SceneFrames

    frames = SceneFrames(line, media_of(line, folder))
    with raw.open("wb") as file:
        for number in range(frames.total):
            file.write(frames.draw(number).data)


def media_of(line: Timeline, folder: Path) -> dict[str, Path]:
    """Give a local file for each sha256 a timeline names."""
    refs = [scene.picture for scene in line.scenes] + [line.narration] + ([line.music] if line.music else [])
    return {ref.sha256: folder / ref.sha256 for ref in refs}


def ours(line: Timeline, folder: Path, shelf: Path, workers: int | None = None) -> Cost:
    """Render in a process of its own, and watch how much it and its children hold."""
    order = json.dumps([line.model_dump(mode="json"), str(folder), str(shelf), workers])
    process = subprocess.Popen(
        [sys.executable, __file__, "--render"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    peak = [0.0, 0.0]
    watching = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watching.start()
    told, _ = process.communicate(order)
    watching.join()
    if process.returncode:
        raise SystemExit(process.returncode)
    return Cost(**json.loads(told), rss_mb=peak[0], pss_mb=peak[1])


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    import psutil

    tree = psutil.Process(process.pid)
    while process.poll() is None:
        held = [0.0, 0.0]
        try:
            for one in [tree, *tree.children(recursive=True)]:
                memory = one.memory_full_info()
                held = [held[0] + memory.rss / 1e6, held[1] + getattr(memory, "pss", memory.rss) / 1e6]
        except psutil.Error:
            continue  # one of them has just ended
        peak[:] = [max(pair) for pair in zip(peak, held, strict=True)]
        time.sleep(0.2)


def render_here() -> None:
    """Do what `ours` asks of its process."""
    from models.assembler.assembler_moviepy import AssemblerMoviepy
    from models.assembler.piece_shelf import FolderShelf

    told, folder, shelf, workers = json.load(sys.stdin)
    line = Timeline.model_validate(told)
    assembler = AssemblerMoviepy(workers=workers)
    assembler.load()
    with tempfile.TemporaryDirectory() as work:
        started, used = time.perf_counter(), cpu_s()
        assembler.assemble(line, media_of(line, Path(folder)), Path(work), lambda *_: None, FolderShelf(Path(shelf)))
        print(json.dumps({"wall_s": time.perf_counter() - started, "cpu_s": cpu_s() - used}))


# ---- the table -------------------------------------------------------------------------------------------------------


def measure(folder: Path, *, quick: bool, rivals: bool) -> list[tuple[str, Cost, Cost]]:
    """Give (name, cost, the floor it is held against) for everything."""
    line = film(folder, 15 if quick else 60)
    rows: list[tuple[str, Cost, Cost]] = []
    raw, shelves = folder / "frames", folder / "shelves"
    _say(f"drawing {line.duration_s:.1f} s of frames")
    drawn(line, folder, raw)
    before = floor(raw, line, folder)

    changes = {
        "cold": line,
        "nothing": line,
        "scene": line.model_copy(update={"scenes": _with_another(line, folder)}),
        "caption": line.model_copy(update={"captions": _reworded(line)}),
        "music": line.model_copy(update={"music": music(folder, 196)}),
    }
    found = {name: _told(name, ours(changed, folder, shelves / "all")) for name, changed in changes.items()}
    found |= {
        f"{workers} workers": _told(f"{workers} workers", ours(line, folder, shelves / str(workers), workers))
        for workers in (1, 2, 4)
    }
    after = floor(raw, line, folder)
    least = Cost((before.wall_s + after.wall_s) / 2, (before.cpu_s + after.cpu_s) / 2)
    rows = [("floor", least, least), *((name, cost, least) for name, cost in found.items())]
    if rivals:
        from video_rivals import as_taught, with_care

        for name, way in (("MoviePy, with care", with_care), ("MoviePy, as it is taught", as_taught)):
            started, used = time.perf_counter(), cpu_s()
            seconds = way(line, media_of(line, folder), folder / "rival.mp4", 4.0 if quick else 15.0)
            share = seconds / line.duration_s
            part = Cost(least.wall_s * share, least.cpu_s * share)
            rows.append((name, _told(name, Cost(time.perf_counter() - started, cpu_s() - used)), part))

    tall = line.model_copy(update={"width": 1080, "height": 1920})
    drawn(tall, folder, raw)
    upright = floor(raw, tall, folder)
    raw.unlink()
    rows.append(("9:16 cold", _told("9:16 cold", ours(tall, folder, shelves / "tall")), upright))
    if not quick:
        ten = _told("ten minutes", ours(longer(line, 10), folder, shelves / "ten"))
        rows.append(("ten minutes", ten, Cost(least.wall_s * 10, least.cpu_s * 10)))
    return rows


def _with_another(line: Timeline, folder: Path) -> tuple[object, ...]:
    changed = line.scenes[3].model_copy(update={"picture": picture(folder, 101)})
    return (*line.scenes[:3], changed, *line.scenes[4:])


def _reworded(line: Timeline) -> tuple[object, ...]:
    middle = len(line.captions) // 2
    changed = line.captions[middle].model_copy(update={"text": "Other words stand here."})
    return (*line.captions[:middle], changed, *line.captions[middle + 1 :])


def _told(name: str, cost: Cost) -> Cost:
    _say(f"{name}: {cost.wall_s:.1f} s, {cost.cpu_s:.1f} CPU-s")
    return cost


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Measure and print the table, or a rendering's own cost with --render."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a film of 15 s")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-rivals", action="store_true", help="leave MoviePy's own ways out")
    parser.add_argument("--render", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.render:
        render_here()
        return
    with tempfile.TemporaryDirectory(prefix="bench-video-") as folder:
        rows = measure(Path(folder), quick=told.quick, rivals=not told.no_rivals)
    if told.json:
        print(json.dumps({name: {"cost": asdict(cost), "floor": asdict(least)} for name, cost, least in rows}))
        return
    print(f"{'':26}{'wall':>7}{'cpu':>7}{'wall s':>9}{'cpu s':>9}{'rss':>7}{'pss':>7}")
    for name, cost, least in rows:
        print(
            f"{name:26}{cost.wall_s / least.wall_s:7.2f}{cost.cpu_s / least.cpu_s:7.2f}"
            f"{cost.wall_s:9.1f}{cost.cpu_s:9.1f}{cost.rss_mb:7.0f}{cost.pss_mb:7.0f}"
        )


if __name__ == "__main__":
    main()

"""A rendered video and its captions in a real browser: the file formats are right when Chromium says so."""

import functools
import http.server
import threading

import pytest
from PIL import Image

from content.captions import webvtt
from content.recipes import sha256_of
from content.timeline import lay_timeline
from content.values import AssetRef, Brand, Narration, Script, Segment
from models.assembler_moviepy import AssemblerMoviepy
from models.narrator_espeak import NarratorEspeak

pytestmark = pytest.mark.browser

SCRIPT = Script(
    language="en",
    segments=(Segment(kind="title", text="Research & development, today."), Segment(kind="end", text="Goodbye.")),
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def page(tmp_path):
    """A page with a 1920×1080 video of a few seconds and its WebVTT track, on the loopback."""
    told = NarratorEspeak().narrate(SCRIPT, seed=0)
    media = {}

    def kept(name, data):
        (tmp_path / name).write_bytes(data)
        media[sha256_of(data)] = tmp_path / name
        return AssetRef(kind=name, sha256=sha256_of(data), bytes=len(data), media_type="image/png")

    pictures = []
    for index, colour in enumerate(["#14213d", "#faf7f2"]):
        Image.new("RGB", (1920, 1080), colour).save(tmp_path / "drawn.png")
        pictures.append(kept(f"{index}.png", (tmp_path / "drawn.png").read_bytes()))
    narration = Narration(
        audio=kept("voice.wav", told.wav),
        words=told.words,
        segment_starts_s=told.segment_starts_s,
        duration_s=told.duration_s,
    )
    timeline = lay_timeline(narration, SCRIPT, pictures, brand=Brand(), language="en", fps=25)
    AssemblerMoviepy().assemble(timeline, media, tmp_path, lambda *_: None)
    (tmp_path / "captions.vtt").write_text(webvtt(timeline.captions), encoding="utf-8")
    (tmp_path / "index.html").write_text(
        "<!doctype html><video src=movie.mp4 muted width=640>"
        "<track kind=captions src=captions.vtt srclang=en default></video>"
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html", timeline
    server.shutdown()
    server.server_close()


def test_a_video_plays_with_its_captions(browser, page):
    address, timeline = page
    browser.open(address)
    browser.run("document.querySelector('video').play()")
    caption = timeline.captions[0]

    browser.wait(f"return document.querySelector('video').currentTime > {caption.start_s + 0.2}")
    size = browser.run("const v = document.querySelector('video'); return [v.videoWidth, v.videoHeight, v.error]")
    cues = browser.run("return [...document.querySelector('video').textTracks[0].cues].map(cue => cue.text)")
    length = browser.run("return document.querySelector('video').duration")
    shown = browser.run(
        "return [...document.querySelector('video').textTracks[0].activeCues].map(cue => cue.startTime)"
    )
    browser.wait("return document.querySelector('video').ended")

    assert size == [1920, 1080, None]
    assert len(cues) == len(timeline.captions)
    assert cues[0] == "Research &amp; development, today."
    assert length == pytest.approx(timeline.duration_s, abs=1 / timeline.fps)
    assert shown == [pytest.approx(caption.start_s, abs=0.001)]

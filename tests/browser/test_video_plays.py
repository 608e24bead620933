"""Rendered films in an edition's pages: they are right when Chromium plays them as they are on record."""

import threading
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.staticfiles import StaticFiles

from content import paths
from content.captions import Caption, srt, webvtt
from content.chapters import chapters_of
from content.values import Video
from tests.samples import Media, build_site, sample_edition_view
from tests.small_films import film, four_scenes

pytestmark = pytest.mark.browser

SIZES = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (240, 240)}
CAPTIONS = (
    Caption(text="Research & development,\n<today>", start_s=0.5, end_s=2.0),
    Caption(text="one --> two", start_s=3.1, end_s=4.2),
    Caption(text="Another", start_s=5.5, end_s=7.0),
)
PAGES = {"edition": paths.edition_page, "video": paths.video_page}
FPS = 10


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """A site an order of formats, each with another one first, on a server that gives parts of files as hosts do."""
    folder = tmp_path_factory.mktemp("films")
    media = Media()
    rendered = {shape: rendered_film(folder / shape.replace(":", "x"), size, media) for shape, size in SIZES.items()}
    views = {}
    for shape, first in rendered.items():
        others = tuple(other for other in rendered.values() if other is not first)
        views[shape] = sample_edition_view(media=media, video=first.model_copy(update={"other_formats": others}))
        build_site(folder / "sites" / shape.replace(":", "x"), [views[shape]], media)
    # Chromium seeks only in what it can ask for in parts, which http.server does not give.
    server = uvicorn.Server(
        uvicorn.Config(StaticFiles(directory=folder / "sites"), host="127.0.0.1", port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]

    def address(shape, page="video"):
        return f"http://127.0.0.1:{port}/{shape.replace(':', 'x')}/{PAGES[page](views[shape].edition)}"

    yield SimpleNamespace(address=address, views=views)
    server.should_exit = True
    thread.join()


def rendered_film(work, size, media):
    width, height = size
    line = four_scenes(width=width, height=height, captions=CAPTIONS, fps=FPS)
    made = film(line, work)
    return Video(
        movie=media.keep("video", made.movie.read_bytes(), "video/mp4"),
        captions=media.keep("captions", webvtt(line.captions).encode(), "text/vtt"),
        subtitles=media.keep("subtitles", srt(line.captions).encode(), "application/x-subrip"),
        poster=media.keep("poster", made.poster.read_bytes(), "image/jpeg"),
        chapters=chapters_of(line),
        duration_s=made.duration_s,
        width=width,
        height=height,
    )


def of_film(browser, expression):
    return browser.run(f"const film = document.querySelector('video'); return {expression}")


def until(browser, expression):
    return browser.wait(f"const film = document.querySelector('video'); return {expression}")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("shape", SIZES)
def test_an_edition_plays_its_film_from_the_first_frame_to_the_last(browser, films, shape, page):
    video = films.views[shape].video
    browser.open(films.address(shape, page))
    browser.run("const film = document.querySelector('video'); film.muted = true; film.playbackRate = 4; film.play()")
    until(browser, "film.currentTime > 0.5")
    until(browser, "film.ended || film.error")

    assert of_film(browser, "[film.error, film.videoWidth, film.videoHeight]") == [None, video.width, video.height]
    length, at = of_film(browser, "[film.duration, film.currentTime]")
    assert length == pytest.approx(video.duration_s, abs=1 / FPS)
    assert at == pytest.approx(length, abs=1 / FPS)
    assert of_film(browser, "film.getVideoPlaybackQuality().totalVideoFrames") > 0
    assert [line for line in browser.complaints() if "favicon" not in line] == []


@pytest.mark.parametrize("shape", SIZES)
def test_the_text_track_is_off_until_it_is_chosen_and_then_says_what_is_said(browser, films, shape):
    browser.open(films.address(shape))
    until(browser, "film.readyState >= 1")
    assert of_film(browser, "film.textTracks[0].mode") == "disabled"
    browser.run("document.querySelector('video').textTracks[0].mode = 'showing'")
    until(browser, "film.textTracks[0].cues && film.textTracks[0].cues.length")

    cues = of_film(
        browser,
        "[...film.textTracks[0].cues].map(cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent])",
    )
    assert cues == [[caption.start_s, caption.end_s, caption.text] for caption in CAPTIONS]
    moments = [(0.2, []), *(((each.start_s + each.end_s) / 2, [each.text]) for each in CAPTIONS), (8.0, [])]
    for moment, heard in moments:
        browser.run(f"document.querySelector('video').currentTime = {moment}")
        until(browser, "!film.seeking && film.readyState >= 2")
        shown = "[...film.textTracks[0].activeCues].map(cue => cue.getCueAsHTML().textContent)"
        until(browser, f"JSON.stringify({shown}) === JSON.stringify({heard!r}) || null")
    assert [line for line in browser.complaints() if "favicon" not in line] == []


@pytest.mark.parametrize("shape", SIZES)
def test_a_chapter_opens_the_film_where_it_begins(browser, films, shape):
    video = films.views[shape].video
    chapter = video.chapters[2]
    browser.open(films.address(shape))
    assert browser.run("return document.querySelectorAll('.chapters a').length") == len(video.chapters)
    browser.run("document.querySelectorAll('.chapters a')[2].click()")
    browser.wait(f"return location.href.includes('{video.movie.sha256}')")
    until(browser, "film && film.readyState >= 2 && !film.seeking")
    browser.run("const film = document.querySelector('video'); film.muted = true; film.play()")
    until(browser, "film.played.length && film.played.end(0) > film.played.start(0)")

    assert of_film(browser, "film.played.start(0)") == pytest.approx(chapter.start_s, abs=1 / FPS)
    assert of_film(browser, "film.videoWidth") == video.width


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("shape", SIZES)
def test_the_film_fits_the_window_and_moves_nothing_when_it_arrives(browser, films, shape, width, page):
    video = films.views[shape].video
    browser.open(films.address(shape, page), width=width)
    browser.run("document.querySelector('video').preload = 'auto'; document.querySelector('video').load()")
    until(browser, "film.readyState >= 2")
    across, high = size = of_film(browser, "[film.clientWidth, film.clientHeight]")
    assert high <= 0.8 * browser.run("return innerHeight") + 1
    assert across / high == pytest.approx(video.width / video.height, rel=0.01)
    left, right, room = of_film(
        browser,
        "(({left, right}) => [left, right, document.documentElement.clientWidth])(film.getBoundingClientRect())",
    )
    assert 0 <= left < right <= room
    if width < 500:
        assert left == pytest.approx(room - right, abs=1)
    assert browser.overflow() == 0

    # Without its files, as in the moments before they arrive, the film has the place that it needs.
    browser.run(
        "const film = document.querySelector('video');"
        "film.removeAttribute('poster'); film.replaceChildren(); film.load()"
    )
    assert of_film(browser, "[film.videoWidth, film.clientWidth, film.clientHeight]") == [0, *size]

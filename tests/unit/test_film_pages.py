"""A video on its page, in what machines read of it, and in what is published of it."""

import json
import re

import pytest
from lxml import html

from content import pages, paths
from content.publication import Publication
from content.values import Edition, Video
from content.views import EditionView, media_of
from content.wording import size_words, wording
from storage.records import refs_of_video
from tests.samples import DATE, Media, sample_edition_view

ENGLISH, CHINESE = sample_edition_view("en"), sample_edition_view("zh")


def film_page(view: EditionView):
    return html.fromstring(pages.render_video_page(view))


def as_kept_before_there_were_formats(video: Video) -> dict[str, object]:
    return video.model_dump(mode="json", include={"movie", "captions", "poster", "duration_s", "width", "height"})


@pytest.mark.parametrize("view", [ENGLISH, CHINESE])
def test_every_chapter_opens_the_film_where_it_begins(view):
    links = film_page(view).xpath("//ol[@aria-labelledby='chapters']/li/a")
    assert [link.text_content()[4:] for link in links] == [article.draft.headline for article in view.articles]
    places = [link.get("href").partition("#t=") for link in links]
    assert {movie for movie, _, _ in places} == {f"../../{paths.media(view.video.movie)}"}
    starts = [chapter.start_s for chapter in view.video.chapters]
    assert [float(seconds) for _, _, seconds in places] == pytest.approx(starts, abs=0.001)
    assert links[1].xpath("string(span)") == f"0:{int(starts[1]):02d}"


def test_a_single_chapter_is_no_list():
    alone = ENGLISH.video.model_copy(update={"chapters": ENGLISH.video.chapters[:1]})
    page = film_page(ENGLISH.model_copy(update={"video": alone}))
    assert not page.xpath("//*[@id='chapters']")


@pytest.mark.parametrize(
    ("view", "shapes"),
    [(ENGLISH, ["Wide (16:9)", "Upright (9:16)", "Square (1:1)"]), (CHINESE, ["竖屏 (9:16)", "宽屏 (16:9)"])],
)
def test_every_format_can_be_kept_under_a_name_of_its_own(view, shapes):
    links = film_page(view).xpath("//section[@aria-labelledby='downloads']//a")
    films = links[: len(shapes)]
    assert [link.text for link in films] == shapes
    assert [link.get("href") for link in films] == [f"../../{paths.media(film.movie)}" for film in view.video.formats]
    names = [link.get("download") for link in links]
    assert len({*names}) == len(names)
    assert all(re.fullmatch(rf"{view.edition.newsletter}-2015-11-30-[\w.]+", name) for name in names)
    assert [name[-4:] for name in names[len(shapes) :]] == [".srt", ".vtt"]


@pytest.mark.parametrize("view", [ENGLISH, CHINESE])
@pytest.mark.parametrize("draw", [pages.render_edition, pages.render_video_page])
def test_the_text_track_is_offered_and_not_laid_over_the_captions_in_the_picture(view, draw):
    (film,) = html.fromstring(draw(view)).xpath("//video")
    (track,) = film.xpath(".//track")
    assert track.get("default") is None
    assert track.get("label") == wording(view.newsletter.language).captions
    assert (film.get("width"), film.get("height")) == (str(view.video.width), str(view.video.height))
    assert film.get("data-shape") == view.video.shape


def test_machines_are_told_of_chapters_captions_and_formats():
    view = sample_edition_view(site_url="https://letters.example")
    data = json.loads(film_page(view).xpath("string(//script)"))
    video = view.video
    assert [part["name"] for part in data["hasPart"]] == [chapter.title for chapter in video.chapters]
    assert [(part["startOffset"], part["endOffset"]) for part in data["hasPart"]] == [
        (0, 11),
        (11, 23),
        (23, 34),
        (34, 45),
    ]
    assert data["hasPart"][1]["url"] == f"{data['contentUrl']}#t=11.3"
    assert data["contentUrl"] == f"https://letters.example/{paths.media(video.movie)}"
    assert [each["encodingFormat"] for each in data["caption"]] == ["text/vtt", "application/x-subrip"]
    assert [(each["width"], each["height"]) for each in data["encoding"]] == [(1080, 1920), (1080, 1080)]


def test_every_file_of_every_format_is_published_but_the_timelines():
    video = ENGLISH.video
    shown = {ref.kind: 0 for ref in video.files}
    for ref in media_of(ENGLISH):
        if ref in video.files:
            shown[ref.kind] += 1
    # The sample's formats share their caption files, which are published once.
    assert shown == {"video": 3, "captions": 1, "subtitles": 1, "poster": 3, "timeline": 0}


def test_a_publication_names_the_files_of_every_format():
    publication = Publication(
        edition=Edition(newsletter="harbour-letter", date=DATE),
        title=ENGLISH.title,
        run_id="run-1",
        content_digest="a" * 64,
        cover=ENGLISH.cover,
        video=ENGLISH.video,
    )
    named = [ref for _, ref in publication.parts]
    assert {*named} == {*ENGLISH.video.published}
    assert {*named} <= {*media_of(ENGLISH)}


def test_the_record_of_a_video_keeps_its_timelines_from_being_missed():
    refs = refs_of_video(ENGLISH.video.model_dump(mode="json"))
    assert {*refs} == {*ENGLISH.video.files}
    assert [ref.kind for ref in refs].count("timeline") == 3
    assert refs_of_video(None) == ()


def test_an_edition_from_before_there_were_formats_is_still_read_and_shown():
    kept = json.loads(json.dumps(as_kept_before_there_were_formats(ENGLISH.video)))
    video = Video.model_validate(kept)
    assert refs_of_video(kept) == (video.movie, video.captions, video.poster)
    view = ENGLISH.model_copy(update={"video": video})
    page = film_page(view)
    assert not page.xpath("//*[@id='chapters']")
    names = page.xpath("//section[@aria-labelledby='downloads']//a/@download")
    assert names == ["harbour-letter-2015-11-30-16x9.mp4", "harbour-letter-2015-11-30-captions.vtt"]
    data = json.loads(page.xpath("string(//script)"))
    assert "hasPart" not in data
    assert "encoding" not in data
    assert len(data["caption"]) == 1


def test_a_site_serves_every_file_it_links_to():
    media = Media()
    view = sample_edition_view(media=media)
    there = {paths.media(ref) for ref in media_of(view)}
    for link in film_page(view).xpath("//@href[contains(., 'media/')] | //@src | //@poster"):
        assert link.partition("#")[0].removeprefix("../../") in there


@pytest.mark.parametrize(
    ("size", "words"),
    [
        *((1, "1 kB"), (812_400, "812 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (4_249_999, "4.2 MB")),
        *((9_949_999, "9.9 MB"), (9_950_000, "10 MB"), (81_600_000, "82 MB")),
    ],
)
def test_sizes_of_files_are_short(size, words):
    assert size_words(size) == words

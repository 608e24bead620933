"""A timeline as a file: what was written reads back, what was left out is filled in, what is wrong is said plainly."""

import json
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import timeline_reading
from content.captions import lay_captions, line_cells
from content.errors import BadInputError
from content.recipes import sha256_of
from content.timeline import Caption, Card, Scene, Timeline
from content.timeline_file import UNDRAWN, Storyboard, read_timeline, write_timeline
from content.values import AssetRef, Brand, SpokenWord


def kept(name, media_type):
    return AssetRef(kind=media_type.split("/")[0], sha256=sha256_of(name.encode()), bytes=9, media_type=media_type)


PICTURES = [kept(f"picture {number}", "image/png") for number in range(3)]
CLIP, VOICE, MUSIC = kept("clip", "video/mp4"), kept("voice", "audio/wav"), kept("music", "audio/mpeg")
STORE = {ref.sha256: ref for ref in (*PICTURES, CLIP, VOICE, MUSIC)}
CARD = Card(kind="figure", headline="42%", kicker="Harbour Morning", byline="of all ships")


def read(text, **options):
    return read_timeline(text, known=STORE.get, **options)


def line(**changes):
    """Give two scenes of 4 and 5 s, overlapping by half a second, with a caption in each."""
    scenes = (
        Scene(picture=PICTURES[0], card=CARD, start_s=0, duration_s=4, title="Ships"),
        Scene(picture=PICTURES[1], start_s=3.5, duration_s=5, motion="pan-left", focus=(0.2, 0.75)),
    )
    words = tuple(
        SpokenWord(text=text, start_s=1 + place * 0.3, end_s=1.3 + place * 0.3, segment=1)
        for place, text in enumerate(["Ships", "are", "late", "again"])
    )
    captions = (
        Caption(text="Ships are\nlate again", start_s=1, end_s=2.2, words=words),
        Caption(text="And nobody knows why", start_s=4, end_s=6, burned=False, at="head"),
    )
    given = {"scenes": scenes, "captions": captions, "narration": VOICE, "duration_s": 8.5, **changes}
    return Timeline(**given)


def changed(*path, **changes):
    """Give the file of `line()` with fields of one of its objects changed; None takes one out."""
    whole = json.loads(write_timeline(line()))
    inner = whole
    for step in path:
        inner = inner[step]
    for name, value in changes.items():
        if value is None:
            inner.pop(name, None)
        else:
            inner[name] = value
    return json.dumps(whole)


KINDS = get_args(Card.model_fields["kind"].annotation)
TEXTS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12).filter(str.strip)


@st.composite
def timelines(draw):
    fps = draw(st.integers(1, 60))
    fade = draw(st.integers(0, 5))
    on_frames = draw(st.booleans())
    scenes, first = [], 0
    for _ in range(draw(st.integers(1, 4))):
        lasts = draw(st.integers(2 * fade + 1, 2 * fade + 90))
        clip = draw(st.sampled_from([None, None, CLIP]))
        wobble = 0 if on_frames else draw(st.floats(0, 0.2 / fps))
        scenes.append(
            Scene(
                picture=draw(st.sampled_from([*PICTURES, *([clip] if clip else [])])),
                card=draw(st.none() | st.builds(Card, kind=st.sampled_from(KINDS), headline=TEXTS)),
                clip=clip,
                start_s=first / fps,
                duration_s=lasts / fps + wobble,
                motion=draw(st.sampled_from(["push-in", "still", "pan-left"])),
                focus=(draw(st.floats(0, 1)), draw(st.floats(0, 1))),
                title=draw(st.sampled_from(["", "船", 'a "quoted" one'])),
            )
        )
        own = draw(st.integers(0, fade))
        first += lasts - own
    duration_s = (first + own) / fps
    moments = sorted(draw(st.lists(st.floats(0, duration_s), max_size=6, unique=True)))
    captions = []
    for start_s, end_s in zip(moments[::2], moments[1::2], strict=False):
        word = st.builds(
            SpokenWord, text=TEXTS, start_s=st.just(start_s), end_s=st.just(end_s), segment=st.integers(0, 3)
        )
        captions.append(
            Caption(
                text=draw(TEXTS),
                start_s=start_s,
                end_s=end_s,
                words=tuple(draw(st.lists(word, max_size=3))),
                burned=draw(st.booleans()),
                at=draw(st.sampled_from(["foot", "head"])),
            )
        )
    return Timeline(
        scenes=tuple(scenes),
        captions=tuple(captions),
        narration=VOICE,
        narration_start_s=draw(st.floats(0, 2)),
        music=draw(st.sampled_from([None, MUSIC])),
        music_gain_db=draw(st.sampled_from([-14.0, -20.25])),
        duration_s=duration_s,
        brand=draw(st.sampled_from([Brand(), Brand(accent="#123456", typeface="sans")])),
        language=draw(st.sampled_from(["en", "zh", "zh-Hant"])),
        width=draw(st.sampled_from([1920, 72])),
        height=draw(st.sampled_from([1080, 1920])),
        fps=fps,
        crossfade_s=draw(st.sampled_from([fade / fps, 0.5])),
    )


@given(timelines())
def test_what_was_written_reads_back_as_the_same_timeline(made):
    text = write_timeline(made)
    found = read(text)
    assert found.cards == ()
    assert found.timeline() == made
    assert write_timeline(found) == text


@given(st.floats(0, 20), st.integers(1, 60))
def test_every_moment_reads_back_as_it_was(voice_s, fps):
    made = line(narration_start_s=voice_s, fps=fps, crossfade_s=0.7)
    assert read(write_timeline(made)).plan.narration_start_s == voice_s


def test_a_file_has_a_place_for_everything_a_timeline_holds():
    assert {*timeline_reading._FILM} == {*Timeline.model_fields, "about"}
    assert {*timeline_reading._SCENE} == {*Scene.model_fields, "drawn", "crossfade_s"}
    assert {*timeline_reading._CAPTION} == {*Caption.model_fields, "segment"}


def test_a_file_is_for_people():
    text = write_timeline(
        line(scenes=(Scene(picture=PICTURES[0], start_s=0, duration_s=256 / 30),), duration_s=256 / 30)
    )
    assert '"duration_s": 8.533}' in text, "a frame's moment is three decimals long"
    assert "crossfade_s" not in text.split("\n", 2)[2], "what is usual is left out"
    words = '[["Ships", 1.0, 1.3], ["are", 1.3, 1.6], ["late", 1.6, 1.9], ["again", 1.9, 2.2]]'
    caption = '{"start_s": 1.0, "end_s": 2.2, "text": "Ships are\\nlate again", "segment": 1'
    assert f'    {caption}, "words": {words}}},' in text.splitlines(), "a caption is a line"
    assert json.loads(text)["about"].startswith("A film")
    assert max(map(len, text.splitlines()[2:])) < 200


def test_scenes_follow_each_other_when_they_do_not_say_when_they_start():
    whole = json.loads(changed("scenes", 0, duration_s=4.25))
    whole["scenes"].append({"picture": whole["scenes"][1]["picture"], "duration_s": 2})
    found = read(json.dumps(whole)).timeline()
    starts = [(scene.start_s, scene.duration_s) for scene in found.scenes]
    assert starts == [(0.0, 4.25), (113 / 30, 5.0), (248 / 30, 2.0)], "to the frame"
    assert found.duration_s == 308 / 30


def test_a_cross_fade_of_its_own_lets_a_scene_move_with_the_one_before():
    scenes = (line().scenes[0], line().scenes[1].model_copy(update={"start_s": 3.8, "duration_s": 4.7}))
    whole = json.loads(write_timeline(line(scenes=scenes)))
    assert (whole["scenes"][1]["crossfade_s"], "start_s" in whole["scenes"][1]) == (0.2, False)
    whole["scenes"][0]["duration_s"] += 1
    assert read(json.dumps(whole)).plan.scenes[1].start_s == 4.8
    with pytest.raises(BadInputError, match="keep one of the two"):
        read(changed("scenes", 1, start_s=3.5, crossfade_s=0.5))


def test_a_card_whose_words_or_colours_change_is_drawn_anew():
    same = read(changed())
    assert same.cards == ()
    edited = read(changed("scenes", 0, card={**CARD.model_dump(), "headline": "43%"}))
    assert [card.headline for card in edited.cards] == ["43%"]
    assert edited.timeline([PICTURES[2]]).scenes[0].picture == PICTURES[2]
    assert read(changed(brand={"accent": "#00aa55"})).cards == (CARD,)
    assert read(changed("scenes", 0, picture=None)).cards == (CARD,)
    mine = read(changed("scenes", 0, drawn=None, card={"headline": "Mine"}))
    assert mine.cards == (), "a picture that was not drawn from the card stays"


def test_pictures_are_given_for_all_cards_or_the_timeline_is_not_made():
    with pytest.raises(BadInputError, match=r"1 cards .* 0 pictures"):
        read(changed("scenes", 0, picture=None)).timeline()


def test_a_clip_is_its_own_picture_where_there_is_none():
    found = read(changed("scenes", 1, picture=None, clip=f"sha256:{CLIP.sha256}"))
    assert found.plan.scenes[1].picture == found.plan.scenes[1].clip == CLIP
    assert read(write_timeline(found)) == found
    assert found.shown_and_said == (PICTURES[0], CLIP, VOICE)


def test_local_files_are_kept_by_the_caller():
    asked = []

    def keep(path, medium):
        asked.append((path, medium))
        return MUSIC if medium == "music" else PICTURES[2]

    text = changed("scenes", 1, picture="pictures/Mein Foto.jpg")
    found = read(text.replace('"fps"', '"music": "song.mp3", "fps"'), keep=keep)
    assert asked == [("song.mp3", "music"), ("pictures/Mein Foto.jpg", "picture")]
    assert "song.mp3" not in write_timeline(found)
    assert read(write_timeline(found)) == found

    def refuse(path, medium):
        raise BadInputError(f"{path} is no picture")

    with pytest.raises(BadInputError, match=r"scene 2: “picture” cannot be used: pictures/Mein Foto.jpg is no picture"):
        read(text, keep=refuse)
    with pytest.raises(BadInputError, match="only what is kept"):
        read(text)


@pytest.mark.parametrize(
    "named",
    [
        *("../x.jpg", "/etc/passwd", "a/../../x.jpg", "https://example.org/x.jpg", "file:///etc/passwd", "C:/x.jpg"),
        *("data:image/png;base64,AAAA", "~/x.jpg", "..\\x.jpg", "\\\\host\\x.jpg", "", " ", "a\0b.jpg", "x" * 401),
    ],
)
def test_a_path_out_of_the_folder_never_reaches_the_caller(named):
    asked = []
    with pytest.raises(BadInputError, match="“picture”"):
        read(changed("scenes", 0, picture=named), keep=lambda *told: asked.append(told))
    assert asked == []


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ((), {"heigth": 1080}, "has a field “heigth”, .* “height”"),
        (("scenes", 0), {"durations": 3}, "scene 1 has a field “durations”, .*“duration_s”"),
        (("scenes", 0, "card"), {"title": "x"}, "scene 1, card has a field “title”"),
        (("captions", 1), {"from": 3}, "caption 2 has a field “from”"),
        (("scenes", 1), {"start_s": 4.2}, "scene 2: “start_s” is 4.2, which leaves a gap of 0.2 s"),
        (("scenes", 1), {"start_s": 0}, "scene 2 is on screen from 0 to 5 s"),
        (("scenes", 1), {"start_s": 0.5, "duration_s": 1}, "scene 2 is on screen"),
        (("scenes", 0), {"start_s": 1}, "scene 1: “start_s” is 1; the first scene starts at 0"),
        (("scenes", 0), {"duration_s": 0}, "scene 1: “duration_s” is 0"),
        (("scenes", 0), {"duration_s": 0.01}, "less than a frame"),
        (("scenes", 0), {"duration_s": -3}, "scene 1: “duration_s” is -3; write a number from 0"),
        (("scenes", 0), {"duration_s": None}, "scene 1 has no “duration_s”"),
        (("scenes", 0), {"duration_s": "4"}, "“duration_s” is “4”; write a number"),
        (("scenes", 0), {"duration_s": True}, "is true or false; write a number"),
        (("scenes", 0), {"duration_s": 899}, "lasts 15.1 minutes; 15 minutes are all"),
        (("scenes", 0), {"motion": "spin"}, "“motion” is “spin”; write one of push-in"),
        (("scenes", 0), {"focus": [0.5]}, "needs two shares"),
        (("scenes", 0), {"focus": [0.5, 2]}, "“focus” holds what is 2; write a number from 0 to 1"),
        (("scenes", 0), {"picture": f"sha256:{'1' * 64}"}, "scene 1: “picture” is 111111111111…, which is not kept"),
        (("scenes", 0), {"picture": "sha256:12"}, "is no sha256"),
        (("scenes", 0), {"picture": f"sha256:{CLIP.sha256}"}, "that is video/mp4, no picture"),
        (("scenes", 1), {"picture": None}, "scene 2 shows nothing"),
        (("captions", 1), {"start_s": 2}, "caption 2: “start_s” is 2, but caption 1 stands until 2.2 s"),
        (("captions", 0), {"end_s": 1}, "caption 1: “end_s” is 1; it comes after"),
        (("captions", 1), {"end_s": 9}, "caption 2: “end_s” is 9, and the film ends at 8.5 s"),
        (("captions", 1), {"text": " "}, "“text” is empty"),
        (("captions", 1), {"text": "bell \a"}, r"cannot be shown \(U\+0007\)"),
        (("captions", 0), {"words": [["a", 1]]}, "are written"),
        (("captions", 0), {"words": [["a", 2, 1]]}, "before it starts"),
        ((), {"width": 1921}, "“width” is 1921, which is odd"),
        ((), {"fps": 0}, "“fps” is 0; write a number from 1 to 60"),
        ((), {"fps": 29.97}, "“fps” is 29.97; write a whole number"),
        ((), {"language": "?"}, "names no language"),
        ((), {"brand": {"accent": "red"}}, "brand: “accent” is 'red'; write a colour as #RRGGBB"),
        ((), {"brand": {"typeface": "Comic Sans"}}, "serif or sans"),
        ((), {"narration": None}, "has no “narration”"),
        ((), {"scenes": []}, "“scenes” has none"),
        ((), {"scenes": {}}, "“scenes” is an object; write a list"),
        ((), {"duration_s": 9}, "“duration_s” is 9, but the last scene ends at 8.5 s"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_remedy(path, fields, said):
    with pytest.raises(BadInputError, match=said):
        read(changed(*path, **fields), what="my.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "my.json is no JSON: line 1, column 1"),
        ('{"fps": 30,\n "width": }', "line 2, column 11"),
        ('{"fps": 30,\n}', "line 2, column 1.* comma too many"),
        ("[" * 100_000, "nested too deeply"),
        ('{"fps": NaN}', "NaN is no number"),
        ('{"fps": -Infinity}', "-Infinity is no number"),
        ('{"fps": 1e999}', "“fps” is inf; write a number"),
        ('{"fps": ' + "9" * 5000 + "}", "“fps” is inf; write a number"),
        ('{"fps": 30, "fps": 25}', "“fps” stands twice"),
        ("[]", "my.json is a list; write an object"),
        ('"' + "x" * 2_000_000 + '"', "has 2.0 MB; 2 MB are all"),
        ('{"language": "\\ud800"}', "cannot be shown"),
    ],
)
def test_what_is_no_timeline_at_all_is_told(text, said):
    with pytest.raises(BadInputError, match=said):
        read(text, what="my.json")


def test_a_film_may_not_end_before_its_voice():
    found = read(changed(narration_start_s=0.8))
    found.check_voice(7.7)
    with pytest.raises(BadInputError, match=r"make its scenes 0\.300 s longer"):
        found.check_voice(8.0)


def test_in_another_format_cards_are_drawn_and_captions_are_laid_anew():
    found = read(changed()).in_size(1080, 1920)
    assert (found.plan.width, found.plan.height, found.cards) == (1080, 1920, (CARD,))
    spoken, typed = found.plan.captions
    assert spoken == lay_captions(line().captions[0].words, room=line_cells(1080, 1920))[0]
    assert (typed.text, typed.burned, typed.at, typed.words) == ("And nobody knows why", False, "head", ())
    assert found.in_size(1080, 1920) is found
    assert read(write_timeline(found)) == found


@given(timelines(), st.sampled_from([(1080, 1920), (1080, 1080), (1920, 1080)]))
def test_captions_in_another_format_stay_in_order_and_within_the_film(made, size):
    found = Storyboard(plan=made).in_size(*size)
    captions = found.plan.captions
    assert all(a.end_s <= b.start_s for a, b in pairwise(captions))
    assert all(caption.end_s <= made.duration_s for caption in captions)


def test_everything_that_is_read_is_given_to_the_gate():
    words = read(changed()).words
    assert {"42%", "Harbour Morning", "of all ships", "Ships", "Ships are\nlate again", "And nobody knows why"} == {
        *words
    }
    assert UNDRAWN not in read(changed("scenes", 0, picture=None)).shown_and_said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def reads_or_refuses(text):
    try:
        found = read(text, keep=lambda _, medium: {"clip": CLIP, "picture": PICTURES[0]}.get(medium, VOICE))
    except BadInputError as refused:
        told = str(refused)
        if len(told.encode()) > 700:
            pytest.fail(told)
        return
    assert read(write_timeline(found)) == found
    found.in_size(1080, 1920)


@given(JSON)
def test_any_json_is_read_or_refused(value):
    reads_or_refuses(json.dumps(value))


@given(st.data())
def test_a_file_with_one_thing_changed_is_read_or_refused(data):
    whole = json.loads(write_timeline(line(music=MUSIC, brand=Brand(accent="#123456"))))
    inner = whole
    while True:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    how = data.draw(st.sampled_from(["change", "drop", "number"]))
    if how == "drop":
        del inner[key]
    else:
        inner[key] = data.draw(JSON if how == "change" else st.floats(-1, 20))
    reads_or_refuses(json.dumps(whole))


@given(st.data())
def test_a_file_with_damaged_signs_is_read_or_refused(data):
    text = write_timeline(line())
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, min(len(text), at + 30)))
    reads_or_refuses(text[:at] + data.draw(st.text(max_size=5)) + text[upto:])

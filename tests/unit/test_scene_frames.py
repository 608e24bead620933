import numpy as np
import pytest
from PIL import Image, ImageDraw

from content.errors import BadInputError, MissingAssetError
from content.recipes import sha256_of
from content.timeline import Caption, Scene, Timeline
from content.values import AssetRef
from models.assembler.planes import blank, lay, patch_of, picture_of, split, still_of
from models.assembler.scene_frames import SceneFrames
from models.media import ffmpeg

SIZE = (480, 270)


def saved(folder, picture):
    path = folder / "picture.png"
    picture.save(path)
    digest = sha256_of(path.read_bytes())
    path = path.rename(folder / digest)
    return AssetRef(kind="cover", sha256=digest, bytes=path.stat().st_size, media_type="image/png"), {digest: path}


def timeline_of(picture, motion="push-in", duration_s=4.0, captions=()):
    return Timeline(
        scenes=(Scene(picture=picture, start_s=0, duration_s=duration_s, motion=motion),),
        captions=captions,
        narration=picture,
        duration_s=duration_s,
        width=SIZE[0],
        height=SIZE[1],
    )


def test_planes_give_back_the_colours_they_were_made_of():
    colours = [(20, 33, 61), (250, 247, 242), (209, 73, 91), (46, 127, 134), (0, 0, 0), (255, 255, 255)]
    picture = Image.new("RGB", (60, 20))
    for index, colour in enumerate(colours):
        picture.paste(colour, (index * 10, 0, index * 10 + 10, 20))
    still = still_of(picture)
    frame = blank(60, 20)
    for plane, image in zip(split(frame), (still.y, still.cb, still.cr), strict=True):
        plane[:] = np.asarray(image)

    # Chroma lies on the left pixel of each pair and takes a quarter from its neighbours: stripes mix where they meet.
    off = np.abs(np.asarray(picture_of(frame), int) - np.asarray(picture, int)).max(axis=(0, 2))
    assert off.reshape(6, 10)[:, 2:8].max() <= 3
    assert split(frame)[0].min() == 16
    assert split(frame)[0].max() == 235


def test_a_patch_touches_its_own_rectangle_only():
    frame = blank(40, 20)
    frame[:] = 100
    lay(patch_of(Image.new("RGBA", (8, 4), (255, 255, 255, 255)), 10, 6), frame)

    luma, cb, _ = split(frame)
    assert (luma[6:10, 10:18] == 235).all()
    assert (cb[3:5, 5:9] == 128).all()
    luma[6:10, 10:18] = 100
    assert (luma == 100).all()


@pytest.mark.parametrize("motion", ["push-in", "pull-out", "pan-left", "pan-right"])
def test_a_camera_moves_smoothly_by_fractions_of_a_pixel(tmp_path, motion):
    picture = Image.new("RGB", SIZE, "black")
    ImageDraw.Draw(picture).ellipse((60, 60, 100, 100), fill="white")
    ref, media = saved(tmp_path, picture)
    frames = SceneFrames(timeline_of(ref, motion), media)

    centres = []
    for number in range(frames.total):
        light = split(frames.draw(number))[0].astype(float) - 16
        centres.append((light.sum(axis=0) * np.arange(SIZE[0])).sum() / light.sum())
    steps = np.diff(centres)

    assert abs(centres[-1] - centres[0]) > 3
    assert (steps * np.sign(steps.sum()) > -0.02).all()  # never back
    assert np.abs(np.diff(steps)).max() < 0.03  # and never in jumps


def test_a_cross_fade_goes_from_one_picture_to_the_other_without_a_dip(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    dark, media = saved(tmp_path / "a", Image.new("RGB", SIZE, (60, 60, 60)))
    light, more = saved(tmp_path / "b", Image.new("RGB", SIZE, (200, 200, 200)))
    scenes = (Scene(picture=dark, start_s=0, duration_s=2), Scene(picture=light, start_s=1.5, duration_s=2))
    timeline = timeline_of(dark).model_copy(update={"scenes": scenes, "duration_s": 3.5})
    frames = SceneFrames(timeline, media | more)

    levels = [int(split(frames.draw(number))[0].mean()) for number in range(frames.total)]

    assert levels == sorted(levels)
    assert levels[44] == levels[0]
    assert levels[60] == levels[-1]
    assert len(set(levels[45:60])) == 15


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Agencies can buy small services, such as\ncode reviews, without a long procurement,"),
        ("zh", "新的图书馆将于2026年\n五月在老城区中心开放"),
    ],
)
def test_captions_stay_in_the_lowest_22_percent_and_appear_with_their_words(tmp_path, language, text):
    ref, media = saved(tmp_path, Image.new("RGB", SIZE, (120, 120, 120)))
    caption = Caption(text=text, start_s=1.0, end_s=2.0)
    timeline = timeline_of(ref, "still", captions=(caption,)).model_copy(update={"language": language})
    frames = SceneFrames(timeline, media)
    bare = split(frames.draw(29))[0].copy()

    changed = np.argwhere(split(frames.draw(30))[0] != bare)

    assert changed[:, 0].min() >= 0.78 * SIZE[1]
    assert changed[:, 0].max() < SIZE[1] - 4
    assert changed[:, 1].min() >= 0.05 * SIZE[0]
    assert changed[:, 1].max() <= 0.95 * SIZE[0]
    assert (split(frames.draw(60))[0] == bare).all()


def test_a_caption_that_is_not_burned_or_says_nothing_is_not_drawn_and_hides_no_other(tmp_path):
    ref, media = saved(tmp_path, Image.new("RGB", SIZE, (120, 120, 120)))
    silent = (
        Caption(text="Shown already", start_s=0.0, end_s=4.0, burned=False),
        Caption(text=" ", start_s=0.0, end_s=4.0),
    )
    bare = SceneFrames(timeline_of(ref, "still"), media).draw(30).copy()
    assert (SceneFrames(timeline_of(ref, "still", captions=silent), media).draw(30) == bare).all()

    said = Caption(text="Said", start_s=1.0, end_s=2.0, at="head")
    both = SceneFrames(timeline_of(ref, "still", captions=(*silent, said)), media).draw(30).copy()
    changed = np.argwhere(split(both)[0] != split(bare)[0])
    assert 0.05 * SIZE[1] <= changed[:, 0].min() < changed[:, 0].max() < 0.2 * SIZE[1]
    assert (SceneFrames(timeline_of(ref, "still", captions=(said,)), media).draw(30) == both).all()


def test_the_poster_carries_no_caption(tmp_path):
    ref, media = saved(tmp_path, Image.new("RGB", SIZE, (120, 120, 120)))
    frames = SceneFrames(timeline_of(ref, captions=(Caption(text="Words", start_s=0, end_s=4),)), media)

    assert np.ptp(split(frames.poster())[0]) == 0


def test_a_missing_picture_and_a_broken_one_are_named(tmp_path):
    ref, media = saved(tmp_path, Image.new("RGB", SIZE))
    with pytest.raises(MissingAssetError, match=ref.sha256[:12]):
        SceneFrames(timeline_of(ref), {}).draw(0)
    media[ref.sha256].write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    with pytest.raises(BadInputError, match="no readable"):
        SceneFrames(timeline_of(ref), media).draw(0)


def test_a_clip_plays_forth_and_back_in_place_of_its_picture(tmp_path):
    picture, media = saved(tmp_path, Image.new("RGB", SIZE, (10, 20, 30)))
    film = tmp_path / "clip"
    frames = b"".join(bytes([level]) * (64 * 36) + bytes([128]) * (64 * 36 // 2) for level in (40, 90, 140, 190))
    ffmpeg_pipe(frames, film)
    clip = AssetRef(kind="clip", sha256="c" * 64, bytes=film.stat().st_size, media_type="video/mp4")
    line = timeline_of(picture)
    line = line.model_copy(update={"scenes": (line.scenes[0].model_copy(update={"clip": clip}),), "fps": 4})

    drawn = SceneFrames(line, {**media, clip.sha256: film}, work=tmp_path)
    levels = [int(split(drawn.draw(number))[0].mean()) for number in range(8)]
    assert levels == pytest.approx([40, 90, 140, 190, 140, 90, 40, 90], abs=4)
    with pytest.raises(MissingAssetError, match="clip"):
        SceneFrames(line, media, work=tmp_path).draw(0)

    alone = line.model_copy(update={"scenes": (line.scenes[0].model_copy(update={"picture": clip}),)})
    poster = split(SceneFrames(alone, {clip.sha256: film}, work=tmp_path).poster())[0]
    assert int(poster.mean()) in range(36, 195)


def ffmpeg_pipe(frames, film):
    raw = film.with_suffix(".raw")
    raw.write_bytes(frames)
    size = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", "64x36", "-framerate", "4"]
    ffmpeg.run(
        [*size, "-i", f"file:{raw}", "-c:v", "libx264", "-qp", "4", "-f", "mp4", f"file:{film}"],
        what="making a clip",
        deadline_s=30,
    )


@pytest.mark.parametrize("motion", ["push-in", "pull-out", "pan-left", "pan-right", "still"])
def test_colours_move_with_their_shapes(tmp_path, motion):
    picture = Image.new("RGB", SIZE, (90, 90, 90))
    ImageDraw.Draw(picture).ellipse((60, 50, 130, 120), fill=(230, 60, 60))
    ref, media = saved(tmp_path, picture)
    frames = SceneFrames(timeline_of(ref, motion), media)

    for number in (0, 37, 60, 119):
        luma, _, cr = (np.abs(plane.astype(float) - plane[0, 0]) for plane in split(frames.draw(number)))
        # A chroma sample lies on the left luma sample of its pair, and between the two rows.
        assert 2 * centre(cr, axis=1) == pytest.approx(centre(luma, axis=1), abs=0.15)
        assert 2 * centre(cr, axis=0) + 0.5 == pytest.approx(centre(luma, axis=0), abs=0.15)


def centre(light, *, axis):
    return (light.sum(axis=1 - axis) * np.arange(light.shape[axis])).sum() / light.sum()


@pytest.mark.parametrize("focus", [(0.5, 0.5), (0.2, 0.8), (0.9, 0.1)])
def test_a_camera_goes_towards_the_focus_and_keeps_it_where_it_is(tmp_path, focus):
    picture = Image.new("RGB", SIZE, "black")
    x, y = focus[0] * SIZE[0], focus[1] * SIZE[1]
    ImageDraw.Draw(picture).ellipse((x - 12, y - 12, x + 12, y + 12), fill="white")
    ref, media = saved(tmp_path, picture)
    line = timeline_of(ref)
    line = line.model_copy(update={"scenes": (line.scenes[0].model_copy(update={"focus": focus}),)})
    frames = SceneFrames(line, media)

    places = []
    for number in range(0, frames.total, 10):
        light = split(frames.draw(number))[0].astype(float) - 16
        places.append((centre(light, axis=1), centre(light, axis=0)))
    assert np.ptp(places, axis=0).max() < 0.3
    assert places[0] == pytest.approx((x, y), abs=3)


@pytest.mark.parametrize("size", [(270, 480), (360, 360)])
def test_another_format_is_cut_around_the_focus(tmp_path, size):
    picture = Image.new("RGB", SIZE, "black")
    ImageDraw.Draw(picture).ellipse((370, 120, 390, 140), fill="white")
    ref, media = saved(tmp_path, picture)
    line = timeline_of(ref, "still").model_copy(update={"width": size[0], "height": size[1]})

    def light(focus):
        scene = line.scenes[0].model_copy(update={"focus": focus})
        return split(SceneFrames(line.model_copy(update={"scenes": (scene,)}), media).draw(5))[0].astype(float) - 16

    assert light((0.2, 0.5)).sum() == 0
    assert centre(light((380 / 480, 0.5)), axis=1) == pytest.approx(size[0] / 2, abs=size[0] * 0.2)

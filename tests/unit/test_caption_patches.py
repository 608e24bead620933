"""Where captions stand on each format, and that the word that is heard is marked, and only it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.captions import Caption, lay_captions, line_cells
from content.pieces import word_at
from content.theme import contrast
from content.timeline import Scene, Timeline
from content.values import AssetRef, Brand, SpokenWord
from models.assembler.caption_patches import SetCaption, caption_patch, mark_colours
from models.illustrator.typefaces import Typecase

WIDE, TALL, SQUARE = (480, 270), (270, 480), (270, 270)
NOTHING = AssetRef(kind="none", sha256="0" * 64, bytes=0, media_type="image/png")
ENGLISH = [
    "“Agencies",
    "can",
    "buy”",
    "small",
    "services,",
    "such",
    "as",
    "code",
    "reviews,",
    "without",
    "a",
    "long",
    "procurement.",
]
CHINESE = [*"新的图书馆将于", "2026", "年", "五月", *"在老城区开", "放。"]


def said(texts):
    return [SpokenWord(text=text, start_s=0.3 * at, end_s=0.3 * at + 0.2, segment=0) for at, text in enumerate(texts)]


def shown(size, texts, language="en"):
    captions = lay_captions(said(texts), room=line_cells(*size))
    return captions, Timeline(
        scenes=(Scene(picture=NOTHING, start_s=0, duration_s=9),),
        captions=captions,
        narration=NOTHING,
        duration_s=9,
        language=language,
        width=size[0],
        height=size[1],
    )


def light(patch):
    return patch.inks[0].astype(int)


def drawn(caption, line, word=None):
    return caption_patch(caption, line, Typecase(), word=word)


@pytest.mark.parametrize(("texts", "language"), [(ENGLISH, "en"), (CHINESE, "zh"), (["W" * 40], "en")])
@pytest.mark.parametrize(
    ("size", "box"),
    [
        (WIDE, (0.06, 0.78, 0.94, 0.955)),
        (TALL, (0.12, 0.55, 0.88, 0.72)),
        (SQUARE, (0.06, 0.70, 0.94, 0.955)),
    ],
)
def test_captions_keep_to_the_safe_area_of_their_format(size, box, texts, language):
    captions, line = shown(size, texts, language)
    for caption in captions:
        patch = drawn(caption, line, 0)
        height, width = patch.inks[0].shape
        assert patch.x >= box[0] * size[0] - 2
        assert patch.x + width <= box[2] * size[0] + 2
        assert patch.y >= box[1] * size[1] - 2
        assert patch.y + height <= box[3] * size[1] + 0.5


@pytest.mark.parametrize(("texts", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
@pytest.mark.parametrize(
    ("size", "top", "bottom"),
    [(WIDE, 0.05, 0.23), (TALL, 0.12, 0.30), (SQUARE, 0.05, 0.31)],
    ids=["wide", "tall", "square"],
)
def test_captions_at_the_head_begin_under_its_margin_and_are_those_of_the_foot_otherwise(
    size, top, bottom, texts, language
):
    captions, line = shown(size, texts, language)
    for caption in captions:
        foot, head = drawn(caption, line, 0), drawn(caption.model_copy(update={"at": "head"}), line, 0)
        assert head.y >= top * size[1]
        assert head.y + head.inks[0].shape[0] <= bottom * size[1]
        assert head.x == foot.x
        assert head.y % 2 == 0
        assert all(np.array_equal(one, other) for one, other in zip(head.inks, foot.inks, strict=True))


@pytest.mark.parametrize(("texts", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
def test_words_marked_one_after_the_other_are_those_marked_alone(texts, language):
    captions, line = shown((1920, 1080), texts, language)
    for caption in captions:
        kept = SetCaption(caption, line, Typecase())
        for word in [*range(len(caption.words)), 0, None]:
            one, alone = kept.patch(word), drawn(caption, line, word)
            assert all(
                np.array_equal(a, b) for a, b in zip((*one.inks, *one.under), (*alone.inks, *alone.under), strict=True)
            )


def test_type_on_an_upright_picture_is_larger_against_its_width():
    # A capital is 0.66 em high; one line of one letter, drawn on three pictures of the same width.
    heights = []
    for size in [(1080, 608), (1080, 1080), (1080, 1920)]:
        _, line = shown(size, ["H"])
        letters = light(drawn(Caption(text="H", start_s=0, end_s=1), line))
        rows = (letters > 200 * 255).any(axis=1)
        heights.append(rows.sum() / 0.66 / size[0])

    assert heights[0] < heights[1] < heights[2]
    assert heights[2] >= 0.052


@pytest.mark.parametrize(("texts", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
@pytest.mark.parametrize("size", [WIDE, TALL, SQUARE])
def test_the_marked_word_changes_and_nothing_else_does(size, texts, language):
    captions, line = shown(size, texts, language)
    for caption in captions:
        bare = drawn(caption, line)
        reached = 0, 0
        for word in range(len(caption.words)):
            patch = drawn(caption, line, word)
            assert (patch.x, patch.y, patch.inks[0].shape) == (bare.x, bare.y, bare.inks[0].shape)
            changed = np.argwhere(light(patch) != light(bare))
            (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
            # One connected box on one line, each word's to the right of the one before or a line lower.
            row = int((top + bottom) / 2 > bare.inks[0].shape[0] / 2) if "\n" in caption.text else 0
            assert (row, left) >= reached
            assert bottom - top < bare.inks[0].shape[0] / (1 + caption.text.count("\n"))
            reached = row, right - 1


def test_signs_around_a_word_are_not_marked():
    captions, line = shown(WIDE, ["Yes,", "“indeed”"])
    (caption,) = captions
    plain = drawn(caption, line)
    for word, other in ((0, "Yes"), (1, "indeed")):
        changed = np.flatnonzero((light(drawn(caption, line, word)) != light(plain)).any(axis=0))
        alone = drawn(Caption(text=other, start_s=0, end_s=1), line)
        assert np.ptp(changed) < alone.inks[0].shape[1]


@pytest.mark.parametrize("text", ["Other words", "One", ""])
def test_words_that_are_not_those_of_the_text_mark_nothing(text):
    caption = Caption(text="One two", start_s=0, end_s=1, words=tuple(said([text, "two"]))).model_copy(
        update={"text": "Something else"}
    )
    _, line = shown(WIDE, ["x"])
    assert (light(drawn(caption, line, 1)) == light(drawn(caption, line))).all()


def test_a_word_stays_marked_until_the_next_begins():
    words = (
        SpokenWord(text="One", start_s=1.0, end_s=1.2, segment=0),
        SpokenWord(text="two", start_s=2.0, end_s=2.2, segment=0),
    )
    caption = Caption(text="One two", start_s=1.0, end_s=3.0, words=words)

    assert [word_at(caption, number, 10) for number in (9, 10, 13, 19, 20, 29)] == [0, 0, 0, 0, 1, 1]
    assert word_at(caption.model_copy(update={"words": ()}), 15, 10) is None


@given(accent=st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_a_marked_word_can_be_read_and_its_pill_seen_whatever_the_accent(accent):
    brand = Brand(accent=accent)
    pill, letters = mark_colours(brand)

    assert contrast(letters, pill) >= 4.5
    assert contrast(pill, brand.ink) >= 2.5

"""Caption files of others are read for their words and times, and what is wrong with them is said by the line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.caption_files import fitted, read_captions, spoken_words
from content.captions import LINE_CELLS, Caption, cells, webvtt
from content.errors import BadInputError

VTT = b"""WEBVTT - made elsewhere
Kind: captions

STYLE
::cue { color: red }

NOTE a remark

intro
00:01.000 --> 00:02.500 align:start position:10%
<v Ann>Good <b>morning</b> &amp; welcome

01:00:03.000 --> 01:00:04.000
second
line
"""
SRT = """\ufeff1
00:00:01,000 --> 00:00:02,500
<i>Guten</i> Morgen

2
00:00:03,000 --> 00:00:04,000
早上好
""".replace("\n", "\r\n")

MILLISECONDS = st.integers(0, 9_000_000)
LINES = st.text(st.characters(categories=("L", "N", "P"), exclude_characters="<>{}&\\"), min_size=1, max_size=30)


def test_webvtt_of_others_is_read():
    assert read_captions(VTT) == (
        Caption(text="Good morning & welcome", start_s=1.0, end_s=2.5),
        Caption(text="second\nline", start_s=3603.0, end_s=3604.0),
    )


def test_subrip_is_read():
    assert [caption.text for caption in read_captions(SRT.encode())] == ["Guten Morgen", "早上好"]


@given(st.lists(st.tuples(MILLISECONDS, st.integers(1, 5000), LINES), min_size=1, max_size=8))
def test_what_we_write_is_read_back(rows):
    captions = [Caption(text=text, start_s=at / 1000, end_s=(at + lasts) / 1000) for at, lasts, text in rows]
    captions = sorted(captions, key=lambda caption: caption.start_s)
    if any(caption.text.startswith(("NOTE", "STYLE", "REGION", "WEBVTT")) for caption in captions):
        return
    found = read_captions(webvtt(captions).encode())
    assert [caption.text for caption in found] == [caption.text for caption in captions]
    assert [caption.start_s for caption in found] == pytest.approx([caption.start_s for caption in captions])
    assert [caption.end_s for caption in found] == pytest.approx([caption.end_s for caption in captions])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "holds no caption"),
        (b"WEBVTT\n\n", "holds no caption"),
        (b"WEBVTT\n\nhello\nthere\n", "line 3.*times are missing"),
        (b"WEBVTT\n\n1\n00:01 --> 00:02\nhi", "line 4.*no times"),
        (b"WEBVTT\n\n00:00:05.000 --> 00:00:04.000\nhi", "line 3.*ends before"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x" * 5_000_000, "at most"),
    ],
)
def test_what_is_no_caption_file_is_told_by_its_line(data, says):
    with pytest.raises(BadInputError, match=says):
        read_captions(data)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_captions_or_a_clear_error(data):
    with contextlib.suppress(BadInputError):
        assert read_captions(data)


def test_words_share_their_captions_time_by_length():
    words = spoken_words([Caption(text="a bcd", start_s=1, end_s=2), Caption(text="早上", start_s=3, end_s=4)])
    assert [(word.text, word.start_s, word.end_s) for word in words] == [
        ("a", 1, 1.25), ("bcd", 1.25, 2), ("早", 3, 3.5), ("上", 3.5, 4),
    ]  # fmt: skip


def test_captions_too_wide_for_a_picture_are_set_anew_within_their_time():
    long = Caption(text="one two three four five six seven eight " * 6, start_s=2, end_s=20)
    short = Caption(text="short\nenough", start_s=0, end_s=1)

    found = fitted([short, long])

    assert found[0] == short
    assert len(found) > 2
    assert all(cells(line) <= LINE_CELLS for caption in found for line in caption.text.split("\n"))
    assert all(len(caption.text.split("\n")) <= 2 for caption in found)
    assert (found[1].start_s, found[-1].end_s <= 20) == (2, True)

"""What may be copied is told from the packets: whole groups that need nothing outside, in the order they are shown."""

from fractions import Fraction

import pytest

from content.errors import BadInputError
from models.editor.packets import PacketList, Packets

HEAD = ["#tb 0: 1/30", "#dimensions 0: 160x90", "#sar 0: 4/3"]


def listed(*rows: str) -> PacketList:
    found = PacketList()
    found.read([*HEAD, *rows], most=100)
    return found


def packets(*shown: str) -> Packets:
    """Make packets of "time" or "time k" for keyframes, in the order they are stored."""
    rows = [f"0, {at}, {row.split()[0]}, 1, 9, 0x1" + ("" if "k" in row else ", F=0x0") for at, row in enumerate(shown)]
    return listed(*rows).packets()


def test_the_list_of_ffmpeg_is_read():
    found = listed("0, -1, 0, 1, 2252, 0xc267032c", "0, 0, 2, 1, 141, 0x40954429, F=0x0", "0, 1, 1, 1, 9, 0x1, F=0x4")
    assert (found.size, found.pixel, found.tick) == ((160, 90), Fraction(4, 3), Fraction(1, 30))
    assert found.packets().shown.tolist() == [0, 2]  # the third is never shown
    assert found.packets().keys.tolist() == [True, False]


def test_whole_groups_can_be_copied_and_parts_of_them_cannot():
    found = packets("0 k", "2", "1", "3 k", "5", "4", "6 k", "7", "8")
    can = {(first, end) for first in range(9) for end in range(first + 1, 10) if found.copyable(first, end)}
    assert can == {(0, 3), (0, 6), (0, 9), (3, 6), (3, 9), (6, 9)}


def test_an_open_group_whose_first_frames_lean_on_the_one_before_cannot():
    # Frame 3 is stored after the keyframe of frame 4 and needs both sides.
    found = packets("0 k", "2", "1", "4 k", "3", "5")
    assert not found.copyable(4, 6)
    assert not found.copyable(3, 6)
    assert not found.copyable(0, 4)
    assert found.copyable(0, 3)
    assert found.copyable(0, 6)


@pytest.mark.parametrize(
    ("tick", "step", "rate"),
    [
        (Fraction(1, 30000), 1001, Fraction(30000, 1001)),
        (Fraction(1, 12800), 512, Fraction(25)),
        (Fraction(1, 90000), 1500, Fraction(60)),
        (Fraction(1, 1000), 100, Fraction(10)),
    ],
)
def test_the_rate_is_told_from_the_times(tick, step, rate):
    found = PacketList(tick, rows=[(at * step, step, at == 0) for at in range(50)]).packets()
    assert (found.rate, found.is_even, found.end) == (rate, True, 50 * step * tick)


def test_times_in_milliseconds_are_near_enough():
    found = PacketList(Fraction(1, 1000), rows=[(round(at * 1000 / 30), 33, at == 0) for at in range(500)]).packets()
    assert (found.rate, found.is_even) == (30, True)


def test_times_that_stagger_or_begin_late_are_not_even():
    stagger = PacketList(Fraction(1, 30), rows=[(at + (at > 20) * 4, 1, True) for at in range(50)]).packets()
    late = PacketList(Fraction(1, 30), rows=[(at + 2, 1, True) for at in range(50)]).packets()
    assert not stagger.is_even
    assert not late.is_even


@pytest.mark.parametrize(
    ("rows", "says"),
    [((), "no frame"), (("0, 0, -9223372036854775808, 1, 9, 0x1",), "without a time")],
)
def test_a_list_without_frames_or_times_is_refused(rows, says):
    with pytest.raises(BadInputError, match=says):
        listed(*rows).packets()


def test_too_many_packets_are_refused_while_they_are_read():
    with pytest.raises(BadInputError, match="more than 3"):
        PacketList().read([*HEAD, *(f"0, {at}, {at}, 1, 9, 0x1" for at in range(9))], most=3)

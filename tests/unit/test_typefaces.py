"""Typefaces: who draws which character, and what is said when nobody does."""

import pytest

from content.errors import MissingGlyphError
from models.illustrator.typefaces import Typecase, coverage_report


def chinese_face():
    return Typecase()._han("serif", "bold")


needs_chinese = pytest.mark.skipif(
    chinese_face() is None, reason="no Chinese typeface is installed (apt-get install fonts-noto-cjk)"
)


def test_source_draws_latin_greek_and_cyrillic():
    case = Typecase(folders=())
    for family, name in (("serif", "Source Serif Pro"), ("sans", "Source Sans Pro")):
        assert {case.face_for(c, family, "bold").name for c in "AéΩЖ—“"} == {f"{name} Bold"}


def test_a_character_no_face_draws_is_named_with_the_package_that_brings_it():
    with pytest.raises(MissingGlyphError) as caught:
        Typecase(folders=()).face_for("新", "serif", "bold", "zh")
    assert "'新' (U+65B0, CJK UNIFIED IDEOGRAPH-65B0)" in caught.value.message
    assert "noto" in caught.value.message
    assert "cjk" in caught.value.message


def test_a_private_character_is_refused_without_a_unicode_name():
    with pytest.raises(MissingGlyphError, match="U\\+E000, unnamed character"):
        Typecase(folders=()).face_for("\ue000", "sans", "bold")


def test_the_report_is_none_where_a_script_can_be_drawn_and_a_command_where_not():
    report = coverage_report(Typecase(folders=()))
    assert report["Latin"] is None
    assert report["Chinese"] is not None
    assert "install" in report["Chinese"]


@needs_chinese
def test_chinese_is_drawn_by_a_simplified_face():
    face = Typecase().face_for("骨", "serif", "bold", "zh")
    assert face.draws("骨")
    assert " JP " not in f"{face.name} "


def test_kerning_pulls_a_v_under_an_a_and_leaves_two_ns_alone():
    face = Typecase().typeface("serif", "bold")
    assert face.kern("A", "V") < -0.05
    assert face.kern("n", "n") == 0


def test_ink_is_measured_from_the_pen():
    left, right = Typecase().typeface("serif", "bold").ink("H")
    assert 0 < left < right < Typecase().typeface("serif", "bold").advance("H")

"""What readers learn of articles that are not there."""

from content.left_out import left_out_lines
from content.values import Reason

PRIVACY = Reason(hazard="privacy", rule="privacy.telephone", excerpt="020 7946 0123")
HATE = Reason(hazard="hate", rule="hate.slur", excerpt="…")


def test_equal_reasons_share_a_line_and_no_excerpt_is_shown():
    lines = left_out_lines([(PRIVACY,), (PRIVACY, PRIVACY), (HATE, PRIVACY)], 0, "en")
    assert lines == (
        "2 articles were held back by our checks (privacy).",
        "One article was held back by our checks (hate, privacy).",
    )


def test_stories_with_too_little_in_them_are_counted():
    assert left_out_lines([], 1, "en") == ("One story had too little in its sources.",)
    assert left_out_lines([], 0, "en") == ()


def test_chinese_readers_are_told_in_chinese():
    assert left_out_lines([(PRIVACY,)], 2, "zh") == ("1篇文章未通过审核（隐私）。", "2篇报道的来源内容太少，未能成文。")

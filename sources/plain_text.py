"""Characters and lines of plain text: what a reader can see, NFC, one paragraph a line.

Zero-width characters, bidi controls and Unicode tags can hide words from people that a model would read,
so they go before anything else looks at a text.
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u115f\u1160\u3164\uffa0"  # Hangul fillers
    "\u034f\u17b4\u17b5\u180b-\u180f"  # joiners and vowel signs without ink
    "\ufe00-\ufe0f\U000e0100-\U000e01ef]"  # variation selectors: room for smuggled bytes
)
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SPACES = re.compile(r"\s+")
_BLANK_PATTERN = "\u2800"

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")

_ENDS_WHOLE = re.compile(r"""[.!?…。！？][)\]"'”’»」』）]*$""")
_CUT_OFF = re.compile(
    r"(?:\.\.\.|…|\[(?:…|\.\.\.)\]|\((?:…|\.\.\.)\)"
    r"|\b(?:read more|continue reading|read on|more)\s*[»›→.…]*|阅读全文|阅读更多)\s*$",
    re.IGNORECASE,
)
_ONLY_AN_ADDRESS = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+\.\w+", re.IGNORECASE)

# Each is a whole line. What follows a keyword is bounded, so that a paragraph that begins with one is never taken.
_JUNK = (
    r"(?:read|see|learn|find out|show|load) more\b.{0,60}",
    r"continue reading\b.{0,80}|read (?:the )?(?:full|whole|rest)\b.{0,60}|click here\b.{0,60}",
    r"(?:share|tweet|pin|e?-?mail|print)(?:(?: (?:this|on|via|with)|:)(?: \w+){0,4})?",
    r"(?:subscribe|sign up|follow us|join us on|like us on)\b.{0,80}",
    r"advertise?ment|sponsored(?: content)?|menu|search|home|back to top|skip to (?:main )?content|table of contents",
    r"(?:related|recommended|more|latest|further) (?:posts?|articles?|story|stories|reading|news|coverage|links)",
    r"more from .{0,40}|you (?:may|might) also like.{0,40}|(?:previous|next)(?: post| article| story)?",
    r"(?:\d+ )?comments?(?: \(\d+\))?|leave a (?:comment|reply)|(?:tags?|filed under|posted in|categories):.{0,120}",
    r"the post .{1,200} appeared first on .{1,100}",
    r"this (?:(?:blog )?(?:post|article) )?(?:was )?(?:originally |first )*(?:appeared|published) (?:in|on) .{1,99}",
    r"(?:photo|photograph|image|picture|illustration|graphic)s?(?: (?:by|courtesy|from)\b| credits?\b| ?:|/).{0,160}",
    r"(?:credits?|source|(?:photo|image) source) ?:.{0,160}",
    r"(?:watch|view|see) the (?:video|slides|photo|gallery|image)s?(?: (?:above|below|here))?[.:]?",
    r"阅读全文|阅读更多|继续阅读|点击查看.{0,20}|查看更多|(?:责任)?编辑[:：].{0,20}|相关(?:阅读|文章|新闻).{0,20}",
    r"(?:图片来源|图源|图片说明|图)[:：].{0,60}|分享到.{0,20}|广告|返回顶部|(?:上|下)一篇.{0,60}",
)
_LONGEST_JUNK = 400
_JUNK_LINE = re.compile(rf"(?:{'|'.join(_JUNK)})\s*[»›→.…]*", re.IGNORECASE)


def visible(text: str) -> str:
    """Give a text in NFC without invisible characters; line breaks and spaces of any kind become one space."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip()
    flat = _SPACES.sub(" ", text).replace(_BLANK_PATTERN, " ")
    kept = "".join(c for c in flat if unicodedata.category(c) not in _UNSEEN_CATEGORIES)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", kept))).strip()


def is_junk(line: str) -> bool:
    """Tell whether a whole line is furniture: a call to click, a share bar, a credit, a pointer elsewhere."""
    if not _LETTER.search(line):
        return True
    # The patterns are for short lines; on a long one they would cost time and find nothing.
    short = len(line) <= _LONGEST_JUNK
    return short and (_JUNK_LINE.fullmatch(line) is not None or _ONLY_AN_ADDRESS.fullmatch(line) is not None)


def is_cut_off(text: str) -> bool:
    """Tell whether a text was shortened: it ends in an ellipsis or in a call to read on."""
    return _CUT_OFF.search(text[-200:]) is not None


def ends_whole(line: str) -> bool:
    """Tell whether a line ends as a sentence does."""
    return _ENDS_WHOLE.search(line) is not None


def weight(text: str) -> int:
    """Give a text's length in Latin characters; a Han character says about as much as two and a half."""
    return len(text) + len(_HAN.findall(text)) * 3 // 2


def language_of(text: str, declared: str = "") -> str:
    """Give a two-letter language: Chinese where the script says so, else what was declared, else English.

    Publishing software declares English for many Chinese sites, so the script wins over the declaration.
    """
    sample = text[:4000]
    letters = len(_LETTER.findall(sample))
    if letters and len(_HAN.findall(sample)) > letters * 0.5 and not _KANA_OR_HANGUL.search(sample):
        return "zh"
    code = re.match(r"[A-Za-z]{2}(?![A-Za-z])", declared.strip())
    return code[0].lower() if code else "en"

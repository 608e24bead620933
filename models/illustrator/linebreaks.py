"""Where a line of text may end, and how gladly.

English ends lines at spaces, rather not after a small word; Chinese between phrases, never before closing or after
opening punctuation (kinsoku), rather not inside a word; jieba's dictionary knows which those are.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator

NEVER_FIRST = frozenset(
    "。，、．：；？！」』】〉》）〕］｝”’…—–·・ー～%‰℃,.:;?!)]}»›々〻ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NEVER_LAST = frozenset("「『【〈《（〔［｛“‘([{«‹¿¡$€£¥￥#＃")

INSIDE_WORD, AFTER_SMALL_WORD, AT_OWN_HYPHEN, AT_NEW_HYPHEN, AFTER_PUNCTUATION = 0.26, 0.08, 0.3, 0.3, -0.08
"""What a break costs, on the scale of a squared share of the line left empty."""

_COUNTS = frozenset("〇零一二三四五六七八九十百千万亿两几第每各")
_LEANING = frozenset("的了着过们地得之后里间时年月日号元岁个名倍")
_SMALL_WORDS = frozenset(
    [
        *("a", "an", "the", "and", "as", "at", "but", "by", "for", "from", "if", "in", "into", "is", "it", "its"),
        *("no", "nor", "not", "of", "on", "or", "our", "over", "so", "than", "that", "their", "to", "up", "via"),
        *("vs", "we", "what", "when", "who", "why", "will", "with", "your"),
    ]
)


def tidy(text: str, language: str = "en") -> str:
    """Make a text fit to set: one space between words, no invisible characters, curly quotation marks in English."""
    text = "".join(
        c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf" and c not in "\ufe0e\ufe0f"
    )
    text = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
    if language == "en":
        text = re.sub(r'(^|[\s(\[—–/])"', r"\1“", text).replace('"', "”")
        text = re.sub(r"(^|[\s(\[—–/“])'(?!\d\ds?\b)", r"\1‘", text).replace("'", "’")
        text = re.sub(r"\s--\s", " – ", text).replace("...", "…")
    return text


def is_han(character: str) -> bool:
    """Say whether a character is set on the Chinese grid: ideographs, kana, full-width forms and their punctuation."""
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uffef"
        or character >= "\U00020000"
    )


def stops(text: str, language: str = "en") -> Iterator[tuple[int, float]]:
    """Give every place a line may end, before character `i`, with its cost; the text's own end comes last."""
    words = _word_starts(text) if language == "zh" else frozenset[int]()
    for i in range(1, len(text)):
        before, after = text[i - 1], text[i]
        if before == " ":
            if after not in "—–·":  # a dash stays with what it follows
                small = text[: i - 1].rpartition(" ")[2].lower() in _SMALL_WORDS
                counted = i > 1 and text[i - 2].isdigit() and after in _LEANING
                yield i, INSIDE_WORD if counted else AFTER_SMALL_WORD if small else 0.0
        elif after == " " or before in NEVER_LAST or after in NEVER_FIRST:
            continue
        elif is_han(before) or is_han(after):
            yield i, _han_cost(before, after, known=i in words)
        elif before in "—–…":
            yield i, 0.0
        elif before in "-/" and i > 2 and text[i - 2].isalnum() and after.isalpha():
            yield i, AT_OWN_HYPHEN
    yield len(text), 0.0


def hyphenations(text: str) -> Iterator[int]:
    """Give the places where a long word may be parted: three letters or more on both sides, a consonant after.

    No dictionary stands behind it; it serves for words that are wider than their column.
    """
    for i in range(3, len(text) - 2):
        if text[i - 3 : i + 3].isalnum() and text[i].lower() not in "aeiouy" and not is_han(text[i]):
            yield i


def _han_cost(before: str, after: str, *, known: bool) -> float:
    if unicodedata.category(before)[0] == "P":
        return AFTER_PUNCTUATION
    # The dictionary knows words; that a number keeps what it counts and a particle its word is added here.
    return 0.0 if known and before not in _COUNTS and after not in _LEANING else INSIDE_WORD


def _word_starts(text: str) -> frozenset[int]:
    import rjieba

    # The words' lengths add up to the text's: nothing is dropped or folded.
    return frozenset(itertools.accumulate((len(word) for word in rjieba.cut(text)), initial=0))

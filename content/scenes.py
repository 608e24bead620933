"""What a generated picture may be told to show: a scene in plain words, and nobody and nothing that was named.

A scene need not stand in the sources, pictures never do; but it must have to do with them, and it must not bring in
names, figures, words to be painted or orders.
"""

import re

from content.answers import LONGEST_SCENE, is_printed
from content.facts import plain_line
from content.figures import figures_in
from content.foreign import impurities
from content.grounding import Ground
from content.sentences import is_chinese, word_set
from content.wordstems import WORD, akin, content_words, pairs, stem, subject_matter, weighty_words

_FEWEST_WORDS, _FEWEST_RELATED = 3, 2
_LETTERING = re.compile(
    r"[\"“”「」『』《》]|\b(?:text|caption|letters?|lettering|words?|typography|sign(?:s|age)?|logos?|watermarks?|slogans?|"
    r"banners?|posters?|labels?|reads?|reading|says|written|spelling|qr|barcodes?|screenshots?|flags?|swastikas?)\b|"
    r"文字|字样|标语|标志|商标|水印|二维码|写着",
    re.IGNORECASE,
)
# People are shown as people, not as somebody.
_SOMEBODY = re.compile(
    r"\b(?:portrait|close-?up of (?:a|the) face|lookalike|celebrit\w+|president|minister|mayor|king|queen|pope|nude|"
    r"naked|nsfw|gore|blood\w*|erotic|sexy?|sexual)\b|肖像|裸|血腥",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=[^\s.!?])\s([A-Z][\w'-]*)|\b[A-Z]{2,}\b")
# A first word is written large whatever it is; with these no name begins.
_OPENERS = word_set(
    "aerial ancient bright busy calm close cloudy cold colourful colorful cozy cosy dark dawn distant dusk early empty "
    "evening foggy golden green grey group hands high interior inside late light lone lonely long low misty modern "
    "morning narrow night old open overhead panorama panoramic people quiet rainy rows several silhouette simple small "
    "snowy soft spring still stormy summer sunlit sunny sunrise sunset tall top view warm wide winter wooden workers"
)


def scene_of(text: str, ground: Ground, *, longest: int = LONGEST_SCENE) -> str:
    """Give a scene on one line if it may be painted, else nothing."""
    line = " ".join(text.split())
    if not is_printed(line) or len(line) > longest or impurities(line):
        return ""
    return line if _names_nothing(line, ground) and _has_to_do(line, ground) else ""


def _names_nothing(line: str, ground: Ground) -> bool:
    plain = plain_line(line)
    named = _LETTERING.search(plain) or _SOMEBODY.search(plain) or _CAPITAL.search(plain) or figures_in(plain)
    return not named and not ground.barred & subject_matter(plain, ground.language)


def _has_to_do(line: str, ground: Ground) -> bool:
    """Say whether a scene is one, and about what the sources speak of."""
    chinese, matter = is_chinese(ground.language), subject_matter(ground.everything, ground.language)
    if chinese and not WORD.search(re.sub(r"[\u3400-\u9fff]", "", line)):
        return len(set(pairs(line)) & matter) >= _FEWEST_RELATED
    words = content_words(line)
    stems = [stem(word) for word in words]
    first = (WORD.findall(line) or [""])[0].lower()
    if first in words and first not in _OPENERS and stem(first) not in matter:
        return False  # it may be a name
    if len(words) < _FEWEST_WORDS or weighty_words()[0] & set(stems):
        return False
    # Sources in another script cannot be compared with a scene in English; there it only has to be clean.
    return chinese or any(akin(each, matter) for each in stems)

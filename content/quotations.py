"""Direct quotations: is there one in a sentence, does it say enough, and who is named as its speaker.

Contract: a speaker is only ever words of the sentence itself or, for a bare surname, the one full name
that the same source gives for it. A pronoun is never a speaker.
"""

import re
from dataclasses import dataclass

from content.sentences import is_chinese, reading_length, word_set

_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"")
_QUOTED_HAN = re.compile(r"“([^“”]+)”|「([^「」]+)」")
_SHORTEST = {False: 8, True: 10}

_VERB = (
    r"(?:said|says|asked|added|adds|wrote|writes|told|explained|explains|noted|notes|recalled|recalls|argued|argues|"
    r"remarked|replied|continued|continues|announced|stated|states|warned|commented|concluded|admitted|tweeted)"
)
_PARTICLE = r"(?:de|del|della|der|den|di|du|da|la|le|van|von|bin|al|el|ter|y)"
_PART = r"[A-Z](?:[\w’'-]*\w|\.)"
_TITLE = r"(?:Dr|Mr|Mrs|Ms|Prof|Rev|Sen|Rep|Gov|Lt|Col|Capt|Sgt)\."
_NAME = rf"(?:{_TITLE}\s)?{_PART}(?:\s(?:{_PARTICLE}\s){{0,2}}{_PART}){{0,4}}"
_AFTER = re.compile(rf"^,?\s*{_VERB}\s(?P<role>(?:[\w’'-]+\s){{0,4}}?)(?P<name>{_NAME})(?![\w’'])")
_AFTER_NAMED = re.compile(rf"^,?\s*(?:—\s*)?(?P<name>{_NAME})(?:,[^“”\"]{{2,90}},)?\s(?:also\s)?{_VERB}\b")
_BEFORE = re.compile(
    rf"(?P<name>{_NAME})(?:,[^“”\"]{{2,90}},)?\s(?:also\s|once\s|recently\s)?{_VERB}(?:[^“”\",:]{{0,40}})[,:]?\s*(?:that\s)?$"
)
_DASHED = re.compile(rf"^\s*[—–-]\s*(?P<name>{_NAME})")
_NOBODY = word_set(
    "he she they it we i you who one the a an this that these those and but as in at on for my our his her their "
    "when while after before if so then another others some many people users everyone someone"
)
# What is written in a paper is no one's word of mouth.
_PAPERS = word_set("Guide Handbook Playbook Report Act Policy Memo Memorandum Blog Website Standards Order Code Plan")
_SAYS_HAN = r"(?:表示|指出|介绍说?|告诉\w{0,6}|认为|强调|补充道?|补充说|回忆道?|透露|写道|说道|坦言|[说称道])"
_BEFORE_HAN = re.compile(rf"(?P<name>[\u4e00-\u9fff·]{{2,18}}?)(?:在[^，。“]{{1,14}})?{_SAYS_HAN}[：:，,]?$")
_AFTER_HAN = re.compile(rf"^[，,]?(?P<name>[\u4e00-\u9fff·]{{2,18}}?)(?:在[^，。“]{{1,14}})?{_SAYS_HAN}")
_NOBODY_HAN = re.compile(r"^(?:他们?|她们?|它们?|我们?|你们?|有人|人们|大家|对此|这|那|并|还|也|又)")


@dataclass(frozen=True, slots=True)
class Quotation:
    """What is said between quotation marks in a sentence, and by whom (empty when the sentence names nobody).

    Characters `start` to `end` of the sentence are the words to print: the quotation alone where it is whole
    sentences and the speaker is named before it, the sentence with its attribution elsewhere.
    """

    words: str
    speaker: str
    start: int
    end: int


def quotation_in(sentence: str, language: str, source_text: str = "") -> Quotation | None:
    """Find the direct speech in a sentence; give None when what is quoted is a title, a term or a few words.

    `source_text` lets a bare surname be completed to the full name the source uses.
    """
    chinese = is_chinese(language)
    pattern = _QUOTED_HAN if chinese else _QUOTED
    matches = list(pattern.finditer(sentence))
    said = " ".join(next(filter(None, match.groups())) for match in matches)
    longest = max((reading_length(match[0], language) for match in matches), default=0)
    if not matches or longest < _SHORTEST[chinese] or not _is_speech(sentence, matches[0], said, chinese=chinese):
        return None
    speaker = _speaker(sentence, matches, chinese=chinese)
    speaker = _completed(speaker, source_text) if speaker and not chinese else speaker
    alone = matches[0]
    if speaker and len(matches) == 1 and alone.end() == len(sentence) and sentence[-2] in ".!。！":
        return Quotation(said, speaker, alone.start(), alone.end())
    return Quotation(said, speaker, 0, len(sentence))


def _is_speech(sentence: str, first: re.Match[str], said: str, *, chinese: bool) -> bool:
    """Tell speech from titles and terms: it starts as a sentence does, is punctuated, and is not in title case."""
    inner = next(filter(None, first.groups())).strip()
    rest = sentence[first.end() :].lstrip()
    if chinese:
        return inner[-1] in "。！？…，" or sentence[: first.start()].endswith(("：", ":"))
    words = re.findall(r"[^\W\d_][\w’'-]*", said)
    longer = [word for word in words if len(word) > 3]
    if not words or not inner[0].isupper() or sum(word[0].isupper() for word in longer) > 0.6 * len(longer):
        return False
    return inner[-1] in ",.!?…—" or rest[:1] in {",", "."} or not rest


def _speaker(sentence: str, matches: list[re.Match[str]], *, chinese: bool) -> str:
    """Give the named speaker; an empty string when the sentence names nobody, or by a pronoun only."""
    first = matches[0]
    before, after = sentence[: first.start()].rstrip(), sentence[first.end() :]
    if len(matches) > 1:
        after = sentence[first.end() : matches[1].start()]
    if chinese:
        found = _BEFORE_HAN.search(before) or _AFTER_HAN.match(after)
        # Of "the nurse who works nights, Han Ruoxi", role and name are kept: what follows the last 的.
        name = found["name"].rpartition("的")[2] if found else ""
        return "" if len(name) < 2 or _NOBODY_HAN.match(name) else name
    for match in (_AFTER.match(after), _AFTER_NAMED.match(after), _BEFORE.search(before), _DASHED.match(after)):
        if match is not None:
            name = match["name"].strip().removesuffix("’s").removesuffix("'s")
            return "" if name.split()[0].lower() in _NOBODY or name.split()[-1] in _PAPERS else name
    return ""


def _completed(name: str, source_text: str) -> str:
    """Complete a bare surname to the one full name the source gives; leave it alone when there is none, or several."""
    if " " in name or not source_text:
        return name
    full = set(re.findall(rf"\b([A-Z][\w’'-]+(?:\s[A-Z]\.)?\s(?:{_PARTICLE}\s)?{re.escape(name)})\b", source_text))
    full = {found for found in full if found.split()[0].lower() not in _NOBODY and "." not in found.split()[0]}
    return full.pop() if len(full) == 1 else name

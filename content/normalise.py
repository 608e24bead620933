"""What a reader sees in a text, undisguised: the views a moderator matches its rules on, each mapped to the original.

Disguises undone: compatibility and case forms, invisible characters, look-alike letters of other scripts, stacked
accents, stretched letters, letters spaced out, digits and signs in place of letters.
A view never invents words: what cannot be read as a letter stays as it is.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

# Letters that look like Latin ones and that NFKC leaves alone (after Unicode's confusables, most common ones).
_LOOK_ALIKES = str.maketrans(
    dict(
        zip(
            "авекмнорстухіјѕҽԁԛԝһӏցոսօքɡαβεικνορτυχγηωϲϳҫғҙʏ",
            "abekmhopctyxijsedqwhlgnuopgabeikvoptuxynwcjcfey",
            strict=True,
        )
    )
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡᴢ", "abcdefghijklmnoprstuvwz", strict=True))
    | {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ß": "ss", "ɑ": "a", "ꭺ": "a"}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "−": "-"}
)
# Letters in boxes and circles that have no compatibility form, by the code point of their A.
_BOXED_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
_TAGS = range(0xE0000, 0xE0080)
_FLAG_OF_A_REGION = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LEET = str.maketrans(
    {"@": "a", "4": "a", "3": "e", "0": "o", "$": "s", "5": "s", "7": "t", "+": "t", "8": "b", "9": "g"}
)
_LEET_TOKEN = re.compile(r"[a-z0-9@$!|+]{3,}")
_SPACED = re.compile(r"(?<![\w@$!])[a-z0-9@$!](?:[ .\-_*/|,]{1,2}[a-z0-9@$!](?![\w@$])){2,}")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_WRAPPED = re.compile(r"(?<!\n)\n(?!\s*\n)")
_SPLIT_CJK = re.compile(rf"(?<=[{_CJK}])[ .\-_*/|·•~+]{{1,3}}(?=[{_CJK}])")
_BARS = "1!|"
_CONTEXT = 300
_LONGEST_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class View:
    """A normalised text; character `i` of it was read at `offsets[i]` of `original`."""

    original: str
    text: str
    offsets: tuple[int, ...]

    def excerpt(self, start: int, end: int) -> str:
        """Give the original words that stand behind characters `start` to `end`, whole and on one line."""
        first, last = self.offsets[start], self.offsets[end - 1] + 1
        while first > 0 and _joins(self.original, first - 1) and last - first < _LONGEST_EXCERPT:
            first -= 1
        while last < len(self.original) and _joins(self.original, last) and last - first < _LONGEST_EXCERPT:
            last += 1
        return " ".join(self.original[first:last].split())[:_LONGEST_EXCERPT]

    def replaced(self, edits: Iterable[tuple[int, int, str]]) -> "View":
        """Give the view with stretches exchanged; (start, end, text) in order and without overlap.

        A text as long as its stretch keeps every offset; any other takes the offset of the stretch's start.
        """
        parts: list[str] = []
        offsets: list[int] = []
        at = 0
        for start, end, text in edits:
            parts += [self.text[at:start], text]
            offsets += self.offsets[at:start]
            offsets += self.offsets[start:end] if len(text) == end - start else [self.offsets[start]] * len(text)
            at = end
        return View(self.original, "".join((*parts, self.text[at:])), (*offsets, *self.offsets[at:]))

    def kept(self, cuts: Iterable[tuple[int, int]]) -> "View":
        """Give the view without some stretches; (start, end) in order and without overlap."""
        return self.replaced((start, end, "") for start, end in cuts)


def plain(text: str) -> View:
    """Fold a text without reading digits or signs as letters, so that numbers stay numbers."""
    characters: list[str] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        folded = _folded(character)
        characters.append(folded)
        offsets += [index] * len(folded)
    view = View(text, "".join(characters), tuple(offsets))
    # A line break inside a paragraph is a blank, or wrapping a text would hide a phrase from every rule.
    view = view.replaced((found.start(), found.end(), " ") for found in _WRAPPED.finditer(view.text))
    return view.kept(found.span() for found in _SPLIT_CJK.finditer(view.text))


def unmasked(text: str) -> tuple[View, ...]:
    """Give the views to match words on: the folded text, then readings of the stretches where something is disguised.

    Runs of three or more equal letters are two in every view. `1`, `!` and `|` may be i or l;
    one reading says i, one says l, one leaves a `1` for who knows which letter to expect.
    """
    base = plain(text)
    base = base.kept((found.start() + 2, found.end()) for found in _STRETCHED.finditer(base.text))
    spaced = [found.span() for found in _SPACED.finditer(base.text)]
    masked = [found.span() for found in _LEET_TOKEN.finditer(base.text) if _is_masked(found[0])]
    if not spaced and not masked:
        return (base,)
    readings: list[View] = [base]
    for part in _surroundings(base, sorted(spaced + masked)):
        joined = part.kept(cut for found in _SPACED.finditer(part.text) for cut in _gaps(found))
        tokens = [found for found in _LEET_TOKEN.finditer(joined.text) if _is_masked(found[0])]
        tables = [_LEET | str.maketrans(dict.fromkeys(_BARS, bar)) for bar in "il1"] if tokens else []
        readings += [joined, *(_translated(joined, tokens, table) for table in tables)]
    return tuple({view.text: view for view in readings}.values())


def concealed(text: str) -> str:
    """Give what is written in Unicode tag characters, which no reader sees; flags of regions are left out."""
    rest = _FLAG_OF_A_REGION.sub("", text)
    return "".join(chr(ord(character) - _TAGS.start) for character in rest if ord(character) in _TAGS).strip(
        "\0\x01\x7f"
    )


def _translated(view: View, tokens: Iterable[re.Match[str]], table: Mapping[int, str]) -> View:
    # A mark at the end of a word is punctuation more often than a letter.
    words = [(found.start(), found[0].rstrip("!|+")) for found in tokens]
    return view.replaced((start, start + len(word), word.translate(table)) for start, word in words)


def _surroundings(view: View, spans: Iterable[tuple[int, int]]) -> Iterator[View]:
    """Cut out each stretch with what stands around it, from word to word; neighbours come in one piece."""
    pieces: list[tuple[int, int]] = []
    for start, end in spans:
        left, right = view.text.rfind(" ", 0, max(0, start - _CONTEXT)) + 1, view.text.find(" ", end + _CONTEXT)
        right = right if right >= 0 else len(view.text)
        if pieces and left <= pieces[-1][1]:
            left, right = pieces[-1][0], max(right, pieces.pop()[1])
        pieces.append((left, right))
    return (View(view.original, view.text[left:right], view.offsets[left:right]) for left, right in pieces)


def _is_masked(token: str) -> bool:
    # "18f" and "2015" are no disguised words, "f4gg0t" is: about half of it must be letters, and two at least.
    word = token.rstrip("!|+")
    letters = sum(character.isalpha() for character in word)
    return letters != len(word) and letters >= 2 and letters * 2 >= len(word) - 1


def _gaps(found: re.Match[str]) -> list[tuple[int, int]]:
    # Two blanks between spaced letters part words ("k i l l  y o u"); one separator parts letters.
    gaps = re.finditer(r"[ .\-_*/|,]+", found[0])
    return [
        (found.start() + gap.start(), found.start() + gap.end() - (1 if gap[0].endswith("  ") else 0)) for gap in gaps
    ]


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """Give the letters a character is read as; nothing when it is invisible."""
    if character in "\n\t ":
        return " " if character == "\t" else character
    if character.isascii():
        return character.lower() if character.isprintable() else ""
    if character in _FILLERS or _is_invisible(character):
        return ""
    for first in _BOXED_ALPHABETS:
        if first <= ord(character) < first + 26:
            return chr(ord("a") + ord(character) - first)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    bare = "".join(part for part in decomposed if unicodedata.category(part) not in {"Mn", "Me"})
    return bare.translate(_LOOK_ALIKES)


def _is_invisible(character: str) -> bool:
    code = ord(character)
    selectors = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selectors or code in _TAGS or unicodedata.category(character) in {"Cf", "Cc", "Cn", "Co", "Cs"}


def _joins(text: str, index: int) -> bool:
    character = text[index]
    if "\u3400" <= character <= "\u9fff":
        return False
    return not character.isspace() and (character.isalnum() or character in "'’@$*-_" or _is_invisible(character))

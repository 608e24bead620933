"""What a voice says in one breath: a text's words in sentences, and long sentences in clauses.

No word is lost or moved: the words of all utterances, in order, are those of `content.spoken.spoken_tokens`.
"""

import re
from collections.abc import Callable, Sequence

from content import sentences
from content.recipes import Value
from content.spoken import SpokenToken, place_tokens, spoken_tokens

_CLAUSE_END = re.compile(r"[,;:，；：、—–][\"'”’»)\]」』）]*$")
_HAN = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# Newsreaders: about 14 letters and spaces a second in English, four characters a second in Mandarin.
_SECONDS_A_LETTER = 0.07
_SECONDS_A_HAN = 0.25


class Utterance(Value):
    """Words said together. `whole` says that a sentence ends with them; otherwise it goes on in the next."""

    tokens: tuple[SpokenToken, ...]
    whole: bool = True

    @property
    def placed(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The text to say, and each word's characters in it."""
        return place_tokens(self.tokens)


def utterances(
    text: str, language: str, longest: int, rewrite: Callable[[str], str] = lambda word: word
) -> tuple[Utterance, ...]:
    """Split a text at its sentences, and sentences of more than `longest` characters where they pause.

    `rewrite` has the last word on how each word is said.
    """
    tokens = tuple(
        SpokenToken(text=token.text, spoken=rewrite(token.spoken)) for token in spoken_tokens(text, language)
    )
    found: list[Utterance] = []
    for group in _by_sentence(tokens, text, language):
        pieces = _pieces(group, longest)
        found += [Utterance(tokens=tuple(piece), whole=piece is pieces[-1]) for piece in pieces]
    return tuple(found)


def expected_s(text: str) -> float:
    """Estimate how long a newsreader needs for a text."""
    han = len(_HAN.findall(text))
    return han * _SECONDS_A_HAN + (len(text) - han) * _SECONDS_A_LETTER


def _by_sentence(tokens: Sequence[SpokenToken], text: str, language: str) -> list[list[SpokenToken]]:
    ends = [sentence.end for sentence in sentences.split(text, language)]
    groups: list[list[SpokenToken]] = [[] for _ in ends] or [[]]
    at = sentence = 0
    for token in tokens:
        begin = -1
        for character in token.text:
            # Spaces may have been lost, characters never: each is found again, in order.
            if not character.isspace() and (place := text.find(character, at)) >= 0:
                at = place + 1
                begin = place if begin < 0 or (character.isalnum() and not text[begin].isalnum()) else begin
        while sentence + 1 < len(ends) and begin >= ends[sentence]:
            sentence += 1
        groups[sentence].append(token)
    return [group for group in groups if group]


def _pieces(tokens: list[SpokenToken], longest: int) -> list[list[SpokenToken]]:
    """Cut where a clause ends, else in the middle, until every piece is short enough or a single word."""
    if len(place_tokens(tokens)[0]) <= longest or len(tokens) == 1:
        return [tokens]
    middle = len(tokens) / 2
    places = [at for at in range(1, len(tokens)) if _CLAUSE_END.search(tokens[at - 1].text)] or range(1, len(tokens))
    cut = min(places, key=lambda at: abs(at - middle))
    return [*_pieces(tokens[:cut], longest), *_pieces(tokens[cut:], longest)]

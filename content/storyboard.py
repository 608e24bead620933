"""How a story is cut into scenes: its cover while it is told, and cards: a figure, somebody's own words, a sentence.

Every scene holds whole sentences of the draft, and together they are the sentences chosen, in reading order.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from content.highpoints import HighPoint, own_words, telling_figure
from content.sentences import is_chinese, reading_length
from content.values import Claim, Draft, Segment

PAUSE_S = 0.6
"""The pause between two scenes, seconds."""

# A scene shorter than this is a flash; its sentence is told over the cover instead.
_SHORTEST_SCENE_S = 2.0
# When a cover has stood this long, the next sentence gets a card of its own, if it can be read while it is heard.
_LONG_COVER_S = 8.0
_LONGEST_POINT = {False: 190, True: 70}
# Measured on espeak-ng at its narrator's pace, within 0.5 s a sentence: seconds a written character and what a figure,
# which is written shorter than it is said, adds; in Chinese also what a mark of punctuation adds.
_CHARACTER_S, _FIGURE_S = 0.065, 0.25
_CHARACTER_HAN_S, _MARK_HAN_S = 0.235, 0.15

_Kind = Literal["story", "quote", "figure", "point"]


def spoken_s(text: str, language: str) -> float:
    """Estimate how long a text takes to say, seconds."""
    if is_chinese(language):
        return (
            reading_length(text, language) * _CHARACTER_HAN_S + len(re.findall(r"[，。；、：！？]", text)) * _MARK_HAN_S
        )
    return len(text) * _CHARACTER_S + len(re.findall(r"\d", text)) * _FIGURE_S


def figure_of(claim: Claim, language: str) -> HighPoint | None:
    """Give the figure a sentence could be shown as, unless it is somebody's own words."""
    return None if own_words(claim, language) else telling_figure(claim.text, language)


def scenes(draft: Draft, claims: Sequence[Claim], language: str, *, cards: bool = True) -> tuple[Segment, ...]:
    """Cut the chosen sentences of a story, in reading order, into its scenes.

    The first is told over the cover. One figure and one quotation at most get a card, a cover that has stood long makes
    way for the next sentence's own card, and no scene is a flash.
    """
    for figure, quote in _plans(claims, language) if cards else ():
        found = _cut(draft, claims, language, figure, quote)
        if all(spoken_s(scene.text, language) >= _SHORTEST_SCENE_S for scene in found):
            return found
    return _cut(draft, claims, language, None, None, points=cards)


def _plans(claims: Sequence[Claim], language: str) -> Iterator[tuple[int | None, int | None]]:
    """Give which sentences could be cards, figure and quotation, the best choice first."""
    later = range(1, len(claims))
    quotes = [at for at in later if own_words(claims[at], language)]
    # What the writer chose as the quotation is the last sentence and the best one.
    quote = next((at for at in quotes if claims[at].role == "quotation"), quotes[0] if quotes else None)
    weights = {at: point.weight for at in later if (point := figure_of(claims[at], language))}
    # Two cards in a row are borne only where no other figure could be shown.
    figures = sorted(weights, key=lambda at: (quote is not None and abs(at - quote) == 1, -weights[at], at))
    if quote is not None:
        yield from ((figure, quote) for figure in figures)
        yield None, quote
    yield from ((figure, None) for figure in figures)


def _cut(
    draft: Draft, claims: Sequence[Claim], language: str, figure: int | None, quote: int | None, *, points: bool = True
) -> tuple[Segment, ...]:
    found: list[Segment] = []
    told: list[str] = []
    publishers = _publishers(draft, language)

    def tell() -> None:
        parts = _parted(told, language) if points else [("story", told)]
        for kind, texts in parts:
            text = ("" if is_chinese(language) else " ").join(texts)
            shown = text if kind == "point" else ""
            if text:
                found.append(Segment(kind=kind, text=text, title=draft.headline, subtitle=publishers, shown=shown))
        told.clear()

    for at, claim in enumerate(claims):
        kind: _Kind = "figure" if at == figure else "quote" if at == quote else "story"
        point = None if kind == "story" else (figure_of if kind == "figure" else own_words)(claim, language)
        if point is None:
            told.append(claim.text)
            continue
        tell()
        found.append(
            Segment(kind=kind, text=claim.text, title=draft.headline, subtitle=point.beside, shown=point.shown)
        )
    tell()
    return tuple(found)


def _parted(told: Sequence[str], language: str) -> list[tuple[_Kind, list[str]]]:
    """Part what is told over a cover where it would stand too long: a sentence on a card of its own, then the cover.

    A sentence that is no card lets the cover begin anew, so that its camera turns. No part is a flash.
    """

    def lasts(texts: Sequence[str]) -> float:
        return sum(spoken_s(text, language) for text in texts)

    parts: list[tuple[_Kind, list[str]]] = [("story", [])]
    for text in told:
        kind, texts = parts[-1]
        if kind == "story" and lasts(texts) < _LONG_COVER_S:
            texts.append(text)
        elif kind == "story" and _is_short(text, language):
            parts.append(("point", [text]))
        else:
            parts.append(("story", [text]))
    if len(parts) > 1 and (lasts(parts[-1][1]) < _SHORTEST_SCENE_S):
        last = parts.pop()
        parts[-1] = ("story", [*parts[-1][1], *last[1]])
    return parts


def _is_short(text: str, language: str) -> bool:
    """Say whether a sentence can be read off a card while it is heard, and is no flash."""
    chinese = is_chinese(language)
    length = reading_length(text, language) if chinese else len(text)
    return length <= _LONGEST_POINT[chinese] and spoken_s(text, language) >= _SHORTEST_SCENE_S


def _publishers(draft: Draft, language: str) -> str:
    names = list(dict.fromkeys(link.publisher for link in draft.further))[:3]
    return ("、" if is_chinese(language) else ", ").join(names)

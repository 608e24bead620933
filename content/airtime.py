"""Which sentences of which stories fill the time of a video: first what opens each story, then more of each.

Sentences are taken whole or not at all, so a time is met as nearly as they allow. The same input gives the same choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from content.highpoints import own_words
from content.storyboard import PAUSE_S, figure_of, scenes, spoken_s
from content.values import Claim, Draft, Segment

# A lead tells a story best; only one that lasts longer than this, and than its even part of the time and a third,
# gives way to a shorter sentence of its article.
_LONG_LEAD_S = 15.0
# Down to this many stories shorter sentences are tried before another story is given up.
_FEW = 3
# No story is worth a scene of its own in less time than this; where there is less than twice as much, one is told.
_LEAST_STORY_S = 7.0
# More time than this, which is what a video of 55 s leaves for its stories, goes into depth and not into more stories.
_ROOM_FOR_MORE_S = 42.0
_MOST_STORIES, _MOST_SCENES = 12, 14


@dataclass(frozen=True, slots=True)
class Room:
    """How long the stories of a video may last, seconds: at least, ideally and at most."""

    least_s: float
    target_s: float
    most_s: float


def fill(drafts: Sequence[Draft], room: Room, language: str) -> tuple[Segment, ...]:
    """Choose stories and sentences for a time and give their scenes.

    Shorter than `least_s` only where the drafts hold no more; longer than `most_s` only where the first one's shortest
    sentence is.
    """
    return _Choice(drafts, room, language).made()


class _Choice:
    """The choice in the making: for each story told so far, its sentences in the order they were chosen."""

    def __init__(self, drafts: Sequence[Draft], room: Room, language: str) -> None:
        self._drafts = drafts[:_MOST_STORIES]
        self._room = room
        self._language = language
        self._told: list[list[Claim]] = []

    def made(self) -> tuple[Segment, ...]:
        self._told = self._openings()
        self._deepen()
        while len(self._told) < len(self._drafts):
            further = [*self._told, [self._opening(self._drafts[len(self._told)], _LONG_LEAD_S)]]
            if self._lasts(further) > self._room.target_s:
                break
            self._told = further
            self._deepen()
        self._come_nearer()
        return self._scenes(self._told)

    def _openings(self) -> list[list[Claim]]:
        """Choose how many stories are told, and the sentence that opens each.

        Leads come first; below four stories, shorter sentences are tried before yet another story is given up.
        """
        room_s = min(self._room.target_s, _ROOM_FOR_MORE_S)
        most = max(1, min(len(self._drafts), int(room_s / _LEAST_STORY_S)))
        told: list[list[Claim]] = []
        for count in range(most, 0, -1):
            # A sentence from an article's middle is a poor beginning, the more so where it is all that is told.
            even_s = (4 / 3 if count > 1 else 3 / 2) * room_s / count
            lengths = [max(min(_LONG_LEAD_S, room_s), even_s), *([even_s] if 1 < count <= _FEW else [])]
            for at_most_s in lengths:
                told = [[self._opening(draft, at_most_s)] for draft in self._drafts[:count]]
                if self._lasts(told) <= room_s:
                    return told
        return told

    def _opening(self, draft: Draft, at_most_s: float) -> Claim:
        """Choose the sentence that opens a story: its lead, or its first point of bearable length."""
        open_with = (draft.lead, *draft.points)
        bearable = [claim for claim in open_with if spoken_s(claim.text, self._language) <= at_most_s]
        return bearable[0] if bearable else min(open_with, key=lambda claim: spoken_s(claim.text, self._language))

    def _deepen(self) -> None:
        """Give each story in turn one more sentence, as long as one fits."""
        for depth in range(1, max((len(draft.claims) for draft in self._drafts), default=1)):
            for at in range(len(self._told)):
                if len(self._told[at]) != depth:
                    continue
                for claim in self._further(at):
                    longer = self._with(at, claim)
                    if self._lasts(longer) <= self._room.target_s:
                        self._told = longer
                        break

    def _further(self, at: int) -> list[Claim]:
        """Give a story's sentences that are not told yet, the one to tell next first.

        A figure or a quotation comes second; the other one, as a rule, after an ordinary sentence that parts them.
        Stories take turns in which of the two they begin with.
        """
        draft, told, language = self._drafts[at], self._told[at], self._language
        figures = {id(claim): point.weight for claim in draft.claims if (point := figure_of(claim, language))}
        quotes = {id(claim) for claim in draft.claims if own_words(claim, language)}
        # What opens a story is told over its cover, whatever is in it.
        shows_figure = any(id(claim) in figures for claim in told[1:])
        shows_quote = any(id(claim) in quotes for claim in told[1:])
        parted = len(told) > 2 or not (shows_figure or shows_quote)

        def rank(claim: Claim) -> tuple[int, float, int]:
            place = draft.claims.index(claim)
            if id(claim) in quotes:
                best = not shows_quote and parted
                # A second quotation only when nothing else is left.
                return (at % 2 == 0 if best else 4 if shows_quote else 3, 0.0, place)
            if id(claim) in figures and not shows_figure:
                return ((at % 2 == 1) if parted else 3, -figures[id(claim)], place)
            return (2, 0.0, place)

        left = [claim for claim in draft.claims if claim not in told]
        return sorted(left, key=rank)

    def _come_nearer(self) -> None:
        """Go a little over the time where that is nearer to it, or where the video would be too short to be one."""
        room = self._room
        while True:
            now_s = self._lasts(self._told)
            larger = [self._with(at, claim) for at in range(len(self._told)) for claim in self._further(at)]
            if now_s < room.least_s and len(self._told) < len(self._drafts) and not larger:
                larger = [[*self._told, [self._opening(self._drafts[len(self._told)], _LONG_LEAD_S)]]]
            lasting = [(self._lasts(each), each) for each in larger]
            lasting = [(length, each) for length, each in lasting if length <= room.most_s]
            if not lasting:
                return
            length_s, nearest = min(lasting, key=lambda one: abs(one[0] - room.target_s))
            if abs(length_s - room.target_s) >= abs(now_s - room.target_s) and now_s >= room.least_s:
                return
            self._told = nearest

    def _with(self, at: int, claim: Claim) -> list[list[Claim]]:
        return [[*claims, claim] if place == at else claims for place, claims in enumerate(self._told)]

    def _lasts(self, told: Sequence[Sequence[Claim]]) -> float:
        return sum(spoken_s(scene.text, self._language) + PAUSE_S for scene in self._scenes(told))

    def _scenes(self, told: Sequence[Sequence[Claim]]) -> tuple[Segment, ...]:
        """Cut the stories into scenes; when there are too many, the last stories go without cards."""
        found: list[Segment] = []
        for at, (draft, claims) in enumerate(zip(self._drafts, told, strict=False)):
            ordered = sorted(claims, key=draft.claims.index)
            cut = scenes(draft, ordered, self._language)
            if len(found) + len(cut) + len(told) - at - 1 > _MOST_SCENES:
                cut = scenes(draft, ordered, self._language, cards=False)
            found += cut
        return tuple(found)

"""A timeline as a file that a person can edit: written, read again, and given another size.

What was written reads back as the same value, so that a film rendered again from it pays only for what was changed.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from content.caption_files import fitted
from content.captions import Caption, lay_captions, line_cells
from content.errors import BadInputError
from content.pieces import frames_of_scene
from content.recipes import Value
from content.strict_json import parse
from content.timeline import Card, Scene, Timeline
from content.timeline_reading import UNDRAWN, Keep, Known, Medium, TimelineReader, mark_of, on_frame, start_after
from content.values import AssetRef

__all__ = ["UNDRAWN", "Keep", "Known", "Medium", "Storyboard", "read_timeline", "write_timeline"]

LARGEST_BYTES: Final = 2_000_000

_VOICE_SLACK_S = 0.1
"""So much of the end of a voice is silence, or is given up where a film may not be longer."""

_ABOUT = (
    "A film made by Pressroom. Change it and render it again: pressroom video EDITION --timeline THIS_FILE. Times are"
    " seconds. A scene starts crossfade_s (its own, or the film's) before the one above ends, or at a start_s; the film"
    " ends with its last scene. A scene shows a picture, a clip or a card; a card is drawn anew when its words change."
    " Pictures, clips, music and narration are sha256:… for what is kept, or files in this folder."
    " Captions may lose their words."
)


class Storyboard(Value):
    """A timeline as it was read from a file: `plan` is complete, but for pictures that are `UNDRAWN` yet."""

    plan: Timeline

    @property
    def cards(self) -> tuple[Card, ...]:
        """What is to be drawn, one for each scene without a picture, in order."""
        return tuple(scene.card for scene in self.plan.scenes if scene.card and scene.picture == UNDRAWN)

    @property
    def shown_and_said(self) -> tuple[AssetRef, ...]:
        """Every picture, clip and voice it names, each once: what is seen and heard but for the music."""
        named = [ref for scene in self.plan.scenes for ref in (scene.picture, scene.clip)]
        return tuple(dict.fromkeys(ref for ref in (*named, self.plan.narration) if ref and ref != UNDRAWN))

    @property
    def words(self) -> tuple[str, ...]:
        """Everything in it that is read: on cards, as titles of chapters, in captions."""
        on_cards = (
            text for s in self.plan.scenes if s.card for text in (s.card.headline, s.card.kicker, s.card.byline)
        )
        titles, captions = (s.title for s in self.plan.scenes), (c.text for c in self.plan.captions)
        return tuple(dict.fromkeys(text for text in (*on_cards, *titles, *captions) if text))

    def timeline(self, pictures: Sequence[AssetRef] = ()) -> Timeline:
        """Give the timeline with a picture for each of `cards`; raise BadInputError for more or fewer."""
        if len(pictures) != len(self.cards):
            raise BadInputError(f"{len(self.cards)} cards are to be drawn, and {len(pictures)} pictures were given")
        drawn = iter(pictures)
        scenes = (
            scene.model_copy(update={"picture": next(drawn)}) if scene.picture == UNDRAWN else scene
            for scene in self.plan.scenes
        )
        return self.plan.model_copy(update={"scenes": tuple(scenes)})

    def in_size(self, width: int, height: int) -> "Storyboard":
        """Give it for another format: cards are to be drawn anew, captions are laid anew for the room of a line."""
        if (width, height) == (self.plan.width, self.plan.height):
            return self
        scenes = (
            scene.model_copy(update={"picture": UNDRAWN}) if scene.card and not scene.clip else scene
            for scene in self.plan.scenes
        )
        told = {"scenes": tuple(scenes), "captions": _relaid(self.plan, width, height)}
        return Storyboard(plan=self.plan.model_copy(update={**told, "width": width, "height": height}))

    def check_voice(self, voice_s: float) -> None:
        """Raise BadInputError when the film ends before a voice of this length does."""
        line = self.plan
        missing = line.narration_start_s + voice_s - line.duration_s
        if missing > _VOICE_SLACK_S:
            raise BadInputError(
                f"the film ends at {line.duration_s:g} s, and the voice, which begins at {line.narration_start_s:g} s,"
                f" at {line.narration_start_s + voice_s:.3f} s; make its scenes {missing:.3f} s longer together"
            )


def read_timeline(text: str, *, known: Known, keep: Keep | None = None, what: str = "the timeline") -> Storyboard:
    """Read a timeline file.

    `known` finds a kept file by its sha256. `keep` takes a path that the file names, checked to be a relative one
    without `..`, with what it is for; without it no path may be named.
    Raises BadInputError that says what is wrong, where in the file `what`, and how to mend it.
    """
    value = parse(text, what=what, largest_bytes=LARGEST_BYTES)
    return Storyboard(plan=TimelineReader(value, what=what, known=known, keep=keep).timeline())


def write_timeline(made: Timeline | Storyboard) -> str:
    """Write a timeline as JSON to be edited; `read_timeline` gives the same timeline back."""
    line = made.plan if isinstance(made, Storyboard) else made
    scenes = ",\n".join(_scene(line, place) for place in range(len(line.scenes)))
    captions = ",\n".join("    " + _object(_caption(caption)) for caption in line.captions)
    parts = [f"  {_text(name)}: {told}" for name, told in _film(line).items()]
    parts += [f'  "scenes": [\n{scenes}\n  ]', *([f'  "captions": [\n{captions}\n  ]'] if captions else [])]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _film(line: Timeline) -> dict[str, str]:
    """Write what holds for the whole film: what a reader looks for always, the rest where it is not the usual."""
    told = {"about": _text(_ABOUT)} | {name: str(getattr(line, name)) for name in ("width", "height", "fps")}
    usual = {name: field.default for name, field in Timeline.model_fields.items()}
    if line.language != usual["language"]:
        told["language"] = _text(line.language)
    if brand := line.brand.model_dump(exclude_defaults=True):
        told["brand"] = _object({name: _text(value) for name, value in brand.items()})
    told["narration"] = _ref(line.narration)
    if line.music:
        told["music"] = _ref(line.music)
    for name in ("music_gain_db", "loudness_lufs"):
        if getattr(line, name) != usual[name]:
            told[name] = repr(getattr(line, name))
    for name in ("narration_start_s", "crossfade_s"):
        if getattr(line, name) != usual[name]:
            told[name] = _moment(getattr(line, name), line.fps)
    if line.duration_s != frames_of_scene(line.scenes[-1], line.fps)[1] / line.fps:
        told["duration_s"] = _moment(line.duration_s, line.fps)
    return told


def _scene(line: Timeline, place: int) -> str:
    """Write a scene on up to three lines: the picture, the card it was drawn from, how it is shown."""
    scene = line.scenes[place]
    shown: dict[str, str] = {}
    if scene.picture not in {UNDRAWN, scene.clip}:
        shown["picture"] = _ref(scene.picture)
        if scene.card:
            shown["drawn"] = _text(mark_of(scene.card, line))
    if scene.clip:
        shown["clip"] = _ref(scene.clip)
    card = {}
    if scene.card:
        card["card"] = _object({name: _text(value) for name, value in _card(scene.card).items()})
    lines = [", ".join(_pairs(fields)) for fields in (shown, card, _told(line, scene, place)) if fields]
    return "    {" + ",\n     ".join(lines) + "}"


def _card(card: Card) -> dict[str, str]:
    return card.model_dump(exclude_defaults=True)


def _told(line: Timeline, scene: Scene, place: int) -> dict[str, str]:
    told = {}
    before = line.scenes[:place]
    if scene.start_s != start_after(before, line.fps, line.crossfade_s):
        # Told from the scene before wherever it can be: then a scene that is made longer moves all that follow.
        frames = frames_of_scene(before[-1], line.fps)[1] - round(scene.start_s * line.fps) if before else -1
        fade_s = frames / line.fps
        if frames >= 0 and start_after(before, line.fps, fade_s) == scene.start_s:
            told["crossfade_s"] = _moment(fade_s, line.fps)
        else:
            told["start_s"] = _moment(scene.start_s, line.fps)
    told["duration_s"] = _moment(scene.duration_s, line.fps)
    if scene.motion != "push-in":
        told["motion"] = _text(scene.motion)
    if scene.focus != (0.5, 0.5):
        told["focus"] = _list([repr(share) for share in scene.focus])
    if scene.title:
        told["title"] = _text(scene.title)
    return told


def _caption(caption: Caption) -> dict[str, str]:
    told = {"start_s": repr(caption.start_s), "end_s": repr(caption.end_s), "text": _text(caption.text)}
    if not caption.burned:
        told["burned"] = "false"
    if caption.at != "foot":
        told["at"] = _text(caption.at)
    segment = caption.words[0].segment if caption.words else 0
    if segment:
        told["segment"] = str(segment)
    if caption.words:
        words = []
        for word in caption.words:
            own = [] if word.segment == segment else [str(word.segment)]
            words.append(_list([_text(word.text), repr(word.start_s), repr(word.end_s), *own]))
        told["words"] = _list(words)
    return told


def _moment(at_s: float, fps: int) -> str:
    """Write a moment with three decimals where that reads back as the same, else with all it has."""
    short = f"{at_s:.3f}".rstrip("0").rstrip(".")
    if on_frame(float(short), fps) == at_s:
        return short
    whole = repr(at_s)
    if "e" in whole:
        return whole
    # Four decimals and more are taken as they stand, so a moment beside a frame gets them.
    return whole.ljust(whole.index(".") + 5, "0")


def _relaid(line: Timeline, width: int, height: int) -> tuple[Caption, ...]:
    """Set captions for another width: those that know when their words are heard anew, the others where they must."""
    room = line_cells(width, height)
    found: list[Caption] = []
    for (burned, at, spelled), group in groupby(line.captions, lambda c: (c.burned, c.at, _spells(c))):
        if spelled:
            laid = lay_captions(
                [word for caption in group for word in caption.words], language=line.language, room=room
            )
        else:
            plain = [caption.model_copy(update={"words": ()}) for caption in group]
            laid = tuple(caption.model_copy(update={"words": ()}) for caption in fitted(plain, room=room))
        found += [caption.model_copy(update={"burned": burned, "at": at}) for caption in laid]
    ends = [*(caption.start_s for caption in found), line.duration_s][1:]
    return tuple(
        caption.model_copy(update={"end_s": min(caption.end_s, end)})
        for caption, end in zip(found, ends, strict=True)
        if end > caption.start_s
    )


def _spells(caption: Caption) -> bool:
    """Say whether a caption's words are those of its text."""
    heard = "".join(word.text for word in caption.words)
    return bool(caption.words) and "".join(heard.split()) == "".join(caption.text.split())


def _ref(ref: AssetRef) -> str:
    return _text(f"sha256:{ref.sha256}")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(told: Sequence[str]) -> str:
    return f"[{', '.join(told)}]"


def _object(told: dict[str, str]) -> str:
    return "{" + ", ".join(_pairs(told)) + "}"


def _pairs(told: dict[str, str]) -> list[str]:
    return [f"{_text(name)}: {value}" for name, value in told.items()]

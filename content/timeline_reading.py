"""The fields of a timeline file to a timeline: what may be left out, what must hold, and what to say where it does not.

Pictures that are still to be drawn from a card are `UNDRAWN`. Nothing in here opens a file.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NoReturn, cast, get_args

from pydantic import ValidationError

from content.captions import Caption
from content.errors import BadInputError
from content.pieces import frames_of_scene
from content.recipes import digest_of
from content.strict_json import Fields, Precise, number_in
from content.timeline import Card, Motion, Scene, Timeline
from content.values import AssetRef, Brand, SpokenWord

Medium = Literal["picture", "clip", "narration", "music"]
"""What a file in a timeline is for."""

Known = Callable[[str], AssetRef | None]
Keep = Callable[[str, Medium], AssetRef]

UNDRAWN: Final = AssetRef(kind="undrawn", sha256="0" * 64, bytes=0, media_type="image/png")
"""Stands where a picture will be drawn from its scene's card."""

LONGEST_S: Final = 900.0
_SIDES: Final = (16, 4096)
_MOST_SCENES, _MOST_CAPTIONS = 500, 5000
_MOST_WORDS, _MOST_SEGMENTS = 200, 10_000
_LONGEST_PATH = 400

_OVERLAP_S = 0.05
"""Captions may overlap by so much: how a narrator's own words come out, and a frame or two in which nobody reads."""

_FAMILIES: Final[dict[Medium, str]] = {"picture": "image", "clip": "video", "narration": "audio", "music": "audio"}

_DEFAULT = {name: field.default for name, field in Timeline.model_fields.items()}
_FILM = (
    *("about", "width", "height", "fps", "language", "brand", "narration", "narration_start_s", "music"),
    *("music_gain_db", "loudness_lufs", "crossfade_s", "duration_s", "scenes", "captions"),
)
_SCENE = ("picture", "drawn", "card", "clip", "start_s", "crossfade_s", "duration_s", "motion", "focus", "title")
_CARD = tuple(Card.model_fields)
_CAPTION = ("start_s", "end_s", "text", "burned", "at", "segment", "words")


def on_frame(written: float, fps: int) -> float:
    """Give the moment somebody meant: with three decimals or fewer, the frame that is nearest within half of the last.

    So a third of a second is written 0.333, and is a third of a second.
    """
    frame = round(written * fps) / fps
    near = not isinstance(written, Precise) and abs(written - frame) <= 0.0005 + 1e-9
    return frame if near else float(written)


def mark_of(card: Card, line: Timeline) -> str:
    """Name everything a card is drawn from but the seed, so that a changed word or colour shows its picture is old."""
    return digest_of([card, line.brand, line.language, line.width, line.height])[:12]


def start_after(scenes: Sequence[Scene], fps: int, crossfade_s: float) -> float:
    """Give when the next scene starts: with the cross-fade before the last one's end, on a frame."""
    if not scenes:
        return 0.0
    return (frames_of_scene(scenes[-1], fps)[1] - round(crossfade_s * fps)) / fps


class TimelineReader:
    """Reads the fields of one file; `what` names it in messages."""

    def __init__(self, value: Any, *, what: str, known: Known, keep: Keep | None) -> None:
        """Take the parsed file, the way to a kept file by its sha256, and the way to keep a file that it names."""
        self._what, self._known, self._keep = what, known, keep
        self._film = Fields(value, what, _FILM)
        self._fps = 30

    def timeline(self) -> Timeline:
        """Read the whole; raise BadInputError for the first thing that is wrong, in the order of the file."""
        film = self._film
        film.text("about", "", longest=5000)
        size = [film.whole(name, *_SIDES, _DEFAULT[name]) for name in ("width", "height")]
        for name, side in zip(("width", "height"), size, strict=True):
            if side % 2:
                raise film.fault(name, f"is {side}, which is odd; H.264 needs even sides: {side - 1} or {side + 1}")
        fps = self._fps = film.whole("fps", 1, 60, _DEFAULT["fps"])
        language = film.text("language", _DEFAULT["language"], longest=35)
        if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", language):
            raise film.fault("language", "names no language; write en, zh or the like")
        line = Timeline.model_construct(
            scenes=(),
            duration_s=0.0,
            width=size[0],
            height=size[1],
            fps=fps,
            language=language,
            brand=self._brand(),
            narration=self._asset(film, "narration"),
            narration_start_s=self._seconds(film, "narration_start_s", _DEFAULT["narration_start_s"]),
            music=self._asset(film, "music") if "music" in film else None,
            music_gain_db=float(film.number("music_gain_db", -60, 12, _DEFAULT["music_gain_db"])),
            loudness_lufs=float(film.number("loudness_lufs", -40, -5, _DEFAULT["loudness_lufs"])),
            crossfade_s=self._seconds(film, "crossfade_s", _DEFAULT["crossfade_s"]),
        )
        scenes = self._scenes(line)
        end = frames_of_scene(scenes[-1], fps)[1]
        duration_s = self._seconds(film, "duration_s", end / fps)
        if round(duration_s * fps) != end:
            raise film.fault(
                "duration_s",
                f"is {duration_s:g}, but the last scene ends at {end / fps:g} s; leave it out, or change that scene",
            )
        if end / fps > LONGEST_S:
            raise BadInputError(f"{self._what} lasts {end / fps / 60:.1f} minutes; {LONGEST_S / 60:g} minutes are all")
        made = {"scenes": scenes, "duration_s": duration_s, "captions": self._captions(duration_s)}
        try:
            return Timeline.model_validate({**dict(line), **made})
        except ValidationError as error:
            raise BadInputError(f"{self._what} cannot be rendered: {error.errors()[0]['msg']}") from None

    def _seconds(self, fields: Fields, name: str, default: float | None = None) -> float:
        return on_frame(fields.number(name, 0, LONGEST_S, default), self._fps)

    def _brand(self) -> Brand:
        if "brand" not in self._film:
            return Brand()
        fields = Fields(self._film.raw("brand"), f"{self._what}, brand", tuple(Brand.model_fields))
        told = {name: fields.text(name) for name in Brand.model_fields if name in fields}
        try:
            return Brand.model_validate(told)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            right = "serif or sans" if name == "typeface" else "a colour as #RRGGBB"
            raise fields.fault(name, f"is {told[name][:40]!r}; write {right}") from None

    # ---- files -------------------------------------------------------------------------------------------------------

    def _asset(self, fields: Fields, name: Medium) -> AssetRef:
        named = fields.text(name, longest=_LONGEST_PATH)
        if named.startswith("sha256:"):
            return self._kept(fields, name, named.removeprefix("sha256:"))
        _check_path(fields, name, named)
        if self._keep is None:
            raise fields.fault(name, f"is the file {named}; only what is kept can be named here, as sha256:…")
        try:
            return self._keep(named, name)
        except BadInputError as error:
            raise fields.fault(name, f"cannot be used: {error}") from None

    def _kept(self, fields: Fields, name: Medium, digest: str) -> AssetRef:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise fields.fault(name, "is no sha256: that has 64 digits, 0-9 and a-f; or name a file beside this one")
        found = self._known(digest)
        if found is None:
            raise fields.fault(name, f"is {digest[:12]}…, which is not kept here; name a file beside this one")
        family = found.media_type.partition("/")[0]
        if family in {"image", "video", "audio", "text"} and family != _FAMILIES[name]:
            raise fields.fault(name, f"is {digest[:12]}…, and that is {found.media_type}, no {name}; name another")
        return found

    # ---- scenes ------------------------------------------------------------------------------------------------------

    def _scenes(self, line: Timeline) -> tuple[Scene, ...]:
        scenes: list[Scene] = []
        for number, value in enumerate(self._film.items("scenes", most=_MOST_SCENES), 1):
            fields = Fields(value, f"{self._what}, scene {number}", _SCENE)
            scene = self._scene(fields, line, self._start(fields, scenes, line))
            _check_place(fields, scene, scenes, line.fps)
            scenes.append(scene)
        if not scenes:
            raise self._film.fault("scenes", "has none; a film needs one scene at least")
        return tuple(scenes)

    def _start(self, fields: Fields, before: Sequence[Scene], line: Timeline) -> float:
        if "start_s" in fields and "crossfade_s" in fields:
            raise fields.fault("crossfade_s", "says when the scene starts, and start_s does, too; keep one of the two")
        fade_s = self._seconds(fields, "crossfade_s", line.crossfade_s)
        return self._seconds(fields, "start_s", max(0.0, start_after(before, line.fps, fade_s)))

    def _scene(self, fields: Fields, line: Timeline, start_s: float) -> Scene:
        card = self._card(fields) if "card" in fields else None
        clip = self._asset(fields, "clip") if "clip" in fields else None
        is_old = card and "drawn" in fields and fields.text("drawn") != mark_of(card, line)
        picture = self._asset(fields, "picture") if "picture" in fields and not is_old else None
        picture = picture or clip or (UNDRAWN if card else None)
        if picture is None:
            raise BadInputError(f"{fields.where} shows nothing; give it a picture, a clip, or a card to be drawn")
        return Scene(
            picture=picture,
            card=card,
            clip=clip,
            start_s=start_s,
            duration_s=self._duration(fields),
            motion=cast("Motion", fields.choice("motion", "push-in", get_args(Motion))),
            focus=self._focus(fields) if "focus" in fields else (0.5, 0.5),
            title=fields.text("title", ""),
        )

    def _duration(self, fields: Fields) -> float:
        found = self._seconds(fields, "duration_s")
        if found <= 0:
            raise fields.fault("duration_s", "is 0; a scene lasts a frame at least")
        return found

    def _card(self, scene: Fields) -> Card:
        fields = Fields(scene.raw("card"), f"{scene.where}, card", _CARD)
        kind = fields.choice("kind", "cover", get_args(Card.model_fields["kind"].annotation))
        small = {name: fields.text(name, "") for name in ("kicker", "byline")}
        return Card(kind=cast("Any", kind), headline=fields.text("headline"), **small)

    def _focus(self, fields: Fields) -> tuple[float, float]:
        shares = fields.items("focus", most=2)
        if len(shares) != 2:
            raise fields.fault("focus", "needs two shares: of the width and of the height, like [0.5, 0.4]")
        across, down = (
            number_in(share, 0, 1, lambda problem: fields.fault("focus", f"holds what {problem}")) for share in shares
        )
        return float(across), float(down)

    # ---- captions ----------------------------------------------------------------------------------------------------

    def _captions(self, duration_s: float) -> tuple[Caption, ...]:
        captions: list[Caption] = []
        for number, value in enumerate(self._film.items("captions", most=_MOST_CAPTIONS), 1):
            fields = Fields(value, f"{self._what}, caption {number}", _CAPTION)
            caption = self._caption(fields)
            if caption.end_s <= caption.start_s:
                raise fields.fault("end_s", f"is {caption.end_s:g}; it comes after start_s, {caption.start_s:g}")
            if caption.end_s > duration_s + _OVERLAP_S:
                raise fields.fault(
                    "end_s", f"is {caption.end_s:g}, and the film ends at {duration_s:g} s; end it there"
                )
            if captions and caption.start_s < captions[-1].end_s - _OVERLAP_S:
                before = f"caption {number - 1} stands until {captions[-1].end_s:g} s"
                raise fields.fault("start_s", f"is {caption.start_s:g}, but {before}; one follows the other")
            captions.append(caption)
        return tuple(captions)

    def _caption(self, fields: Fields) -> Caption:
        segment = fields.whole("segment", 0, _MOST_SEGMENTS, 0)
        return Caption(
            text=fields.text("text"),
            start_s=float(fields.number("start_s", 0, LONGEST_S)),
            end_s=float(fields.number("end_s", 0, LONGEST_S)),
            words=tuple(_word(fields, word, segment) for word in fields.items("words", most=_MOST_WORDS)),
            burned=fields.flag("burned", default=True),
            at=cast("Any", fields.choice("at", "foot", get_args(Caption.model_fields["at"].annotation))),
        )


def _word(fields: Fields, value: Any, segment: int) -> SpokenWord:
    """Read `["word", start, end]`, with its segment behind where that is not its caption's."""

    def wrong(problem: str) -> BadInputError:
        return fields.fault("words", f"holds what {problem}")

    if not isinstance(value, list) or not 3 <= len(value) <= 4 or not isinstance(value[0], str):
        raise fields.fault("words", 'are written ["word", start, end] each; without words a caption marks none')
    named = Fields({"word": value[0]}, f"{fields.where}, words", ("word",))
    start_s, end_s = (float(number_in(moment, 0, LONGEST_S, wrong)) for moment in value[1:3])
    if end_s < start_s:
        raise wrong(f"ends at {end_s:g}, before it starts at {start_s:g}; the start comes first")
    segment = int(number_in(value[3], 0, _MOST_SEGMENTS, wrong)) if len(value) == 4 else segment
    return SpokenWord(text=named.text("word", ""), start_s=start_s, end_s=end_s, segment=segment)


def _check_place(fields: Fields, scene: Scene, before: Sequence[Scene], fps: int) -> None:
    """Refuse a scene that leaves a gap, goes back, or is not there for a frame."""
    start, end = frames_of_scene(scene, fps)
    if end <= start:
        raise fields.fault("duration_s", f"is {scene.duration_s:g}, less than a frame; a frame lasts {1 / fps:.3f} s")
    if not before:
        if start:
            raise fields.fault("start_s", f"is {scene.start_s:g}; the first scene starts at 0, or leaves it out")
        return
    last_start, last_end = frames_of_scene(before[-1], fps)
    if start > last_end:
        gap = f"{(start - last_end) / fps:.3f}".rstrip("0")
        raise fields.fault(
            "start_s",
            f"is {scene.start_s:g}, which leaves a gap of {gap} s: the scene before ends at {last_end / fps:g};"
            " leave start_s out, and it follows",
        )
    if start <= last_start or end <= last_end:
        raise BadInputError(
            f"{fields.where} is on screen from {start / fps:g} to {end / fps:g} s, and the one before from"
            f" {last_start / fps:g} to {last_end / fps:g} s: scenes start and end one after the other;"
            " put them in order, or make the shorter one longer than the cross-fade"
        )


def _check_path(fields: Fields, name: Medium, named: str) -> None:
    """Refuse what is no path to a file in the timeline's own folder."""

    def refuse(why: str) -> NoReturn:
        raise fields.fault(name, f"{why}; name a file in the timeline's own folder, like pictures/photo.jpg")

    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", named):
        refuse("is an address or a drive, and nothing is fetched from there")
    if named.startswith(("/", "~")) or "\\" in named:
        refuse("is no path from here, written with /")
    if ".." in named.split("/"):
        refuse("leads out of the folder")

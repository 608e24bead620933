"""Caption files that others wrote: WebVTT and SubRip to captions, and captions back to words in time.

Markup, positions, styles and notes are left out; what remains is text and when it is shown.
"""

import html
import re
from collections.abc import Sequence

from content.captions import LINE_CELLS, Caption, cells, lay_captions
from content.errors import BadInputError
from content.values import SpokenWord

LARGEST_BYTES = 4 * 1024 * 1024
MOST_CAPTIONS = 20_000

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_NOT_CAPTIONS = ("NOTE", "STYLE", "REGION")
_WORD = re.compile(
    r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]|[^\s\u2e80-\u9fff\uf900-\uff60]+"
)


def read_captions(data: bytes, name: str = "the captions") -> tuple[Caption, ...]:
    """Read a WebVTT or SubRip file, in order of time; a caption without text is left out.

    Raises BadInputError, with the line, for what is neither, for times that run backwards and for files that are
    too large.
    """
    if len(data) > LARGEST_BYTES:
        raise BadInputError(f"{name} has {len(data)} bytes; a caption file has at most {LARGEST_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInputError(f"{name} is not UTF-8 text; save it as UTF-8 WebVTT or SubRip") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")
    captions: list[Caption] = []
    for number, block in _blocks(lines):
        caption = _caption(block, number, name)
        if caption:
            captions.append(caption)
        if len(captions) > MOST_CAPTIONS:
            raise BadInputError(f"{name} has more than {MOST_CAPTIONS} captions")
    if not captions:
        raise BadInputError(
            f"{name} holds no caption; write WebVTT or SubRip: 00:00:01.000 --> 00:00:02.500, then text"
        )
    return tuple(sorted(captions, key=lambda caption: caption.start_s))


def spoken_words(captions: Sequence[Caption]) -> tuple[SpokenWord, ...]:
    """Spread each caption's words over its time, by their length; one segment in all."""
    words: list[SpokenWord] = []
    for caption in captions:
        texts = _WORD.findall(caption.text)
        whole = sum(map(cells, texts))
        at, span = caption.start_s, caption.end_s - caption.start_s
        for text in texts:
            end = at + span * cells(text) / whole
            words.append(SpokenWord(text=text, start_s=at, end_s=end, segment=0))
            at = end
    return tuple(words)


def fitted(captions: Sequence[Caption], *, room: int = LINE_CELLS) -> tuple[Caption, ...]:
    """Set captions anew that have more than two lines, or a line wider than `room`; the others stay as they are."""
    found: list[Caption] = []
    for caption in captions:
        lines = [line.strip() for line in caption.text.split("\n") if line.strip()]
        if len(lines) <= 2 and all(cells(line) <= room for line in lines):
            found.append(caption)
            continue
        anew = lay_captions(caption.words or spoken_words([caption]), room=room)
        found += [each.model_copy(update={"end_s": min(each.end_s, caption.end_s)}) for each in anew]
    return tuple(found)


def _blocks(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Give the stretches between empty lines, each with the number of its first line."""
    found: list[tuple[int, list[str]]] = []
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            found.append((number - len(block), block))
            block = []
    return found


def _caption(block: Sequence[str], number: int, name: str) -> Caption | None:
    if number == 1 and block[0].startswith("WEBVTT"):
        return None
    if block[0].split(maxsplit=1)[0] in _NOT_CAPTIONS and "-->" not in block[0]:
        return None
    at = next((index for index, line in enumerate(block[:2]) if "-->" in line), None)
    if at is None:
        raise BadInputError(f"{name}, line {number}: {block[0][:60]!r} is no caption; its times are missing")
    timing = _TIMING.fullmatch(block[at])
    if timing is None:
        raise BadInputError(
            f"{name}, line {number + at}: {block[at][:60]!r} are no times; write 00:00:01.000 --> 00:00:02.500"
        )
    start, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
    if end <= start:
        raise BadInputError(f"{name}, line {number + at}: the caption ends before it starts")
    plain = (html.unescape(_TAG.sub("", line)) for line in block[at + 1 :])
    text = "\n".join(filter(None, (" ".join(line.split()) for line in plain)))
    return Caption(text=text, start_s=start, end_s=end) if text else None


def _seconds(clock: Sequence[str | None]) -> float:
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in clock)
    return ((hours * 60 + minutes) * 60 + seconds) + milliseconds / 1000

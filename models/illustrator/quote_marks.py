"""The quotation marks round a quotation: the drawn mark stands for the opening one, so the text must not repeat it."""

from typing import Final

_CLOSES: Final = {"“": "”", "「": "」", "『": "』", '"': '"', "«": "»", "„": "“", "‘": "’"}
_END: Final = ".!?…。！？"
_COMMAS: Final = ",，、;；:："


def opened(text: str) -> tuple[str, str]:
    """Give the mark to draw large, and the text to set behind it.

    A pair round the whole text goes. Of a quotation broken by other words only the first mark goes, as where a
    versal replaces it; marks inside stay. A comma that led on to the speaker has nothing to lead to.
    """
    text = text.strip().rstrip(_COMMAS)
    mark = text[:1]
    if mark not in _CLOSES:
        return "“", text
    closes, end = _closing_place(text), len(text.rstrip(_END))
    if closes is not None and closes == end - 1:
        said = text[1:closes].rstrip(_COMMAS)
        # “We waited.”. keeps one full stop.
        text = said if said.endswith(tuple(_END)) else said + text[end:]
    else:
        text = text[1:]
    return ("「" if mark in "「『" else "“"), text.strip()


def _closing_place(text: str) -> int | None:
    """Say where the first mark is closed; an apostrophe closes single marks only as the very last."""
    opening, closing = text[0], _CLOSES[text[0]]
    if opening == "‘":
        last = text.rfind(closing)
        return last if last > 0 and opening not in text[1:] else None
    depth = 1
    for place in range(1, len(text)):
        if text[place] == closing:
            depth -= 1
            if depth == 0:
                return place
        elif text[place] == opening:
            depth += 1
    return None

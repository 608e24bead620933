"""Long texts as overlapping stretches that fit a model: nothing is left out, and a border is seen from both sides."""

from collections.abc import Sequence
from typing import Any, NamedTuple

OVERLAP = 8  # a window shares one part in so many with the one before it


class Window(NamedTuple):
    """Characters `start` to `end` of text number `text`, and how many tokens they are."""

    text: int
    start: int
    end: int
    tokens: int


def windows(tokenizer: Any, texts: Sequence[str], size: int) -> list[Window]:
    """Cut texts into windows of at most `size` tokens of a fast tokenizer, each text on its own."""
    found: list[Window] = []
    for number, text in enumerate(texts):
        read = tokenizer(
            text,
            add_special_tokens=False,
            return_offsets_mapping=True,
            split_special_tokens=True,
            truncation=False,
            verbose=False,
        )
        spans = read["offset_mapping"]
        if len(spans) <= size:
            found.append(Window(number, 0, len(text), len(spans)))
            continue
        step = max(1, size - max(1, size // OVERLAP))
        for at in range(0, len(spans), step):
            last = at + size >= len(spans)
            start = 0 if at == 0 else spans[at][0]
            end = len(text) if last else spans[at + size - 1][1]
            found.append(Window(number, start, end, min(size, len(spans) - at)))
            if last:
                break
    return found

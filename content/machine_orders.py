"""Orders that a text gives to the machine that reads it: how they are told from what is meant for people.

The signs stand in `machine_orders.txt` beside this file, one a line. It is a sieve, not a proof: whatever goes through
is still checked against the sources, and a story about such orders loses the paragraphs that spell them out.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

from content.normalise import plain

_PART = re.compile(r"\{([a-z]+)\} = (.*)")
_MACRO = re.compile(r"\{([a-z]+)\}")


def gives_orders(text: str) -> bool:
    """Say whether a text speaks to a machine, also where letters are disguised."""
    views = dict.fromkeys((unicodedata.normalize("NFKC", text), plain(text).text))
    return any(_signs().search(view) for view in views)


@cache
def _signs() -> re.Pattern[str]:
    parts: dict[str, str] = {}
    signs: list[str] = []
    for line in files("content").joinpath("machine_orders.txt").read_text(encoding="utf-8").splitlines():
        if part := _PART.fullmatch(line):
            parts[part[1]] = part[2]
        elif line and not line.startswith("#"):
            signs.append(_MACRO.sub(lambda name: parts[name[1]], line))
    return re.compile("|".join(signs), re.IGNORECASE | re.MULTILINE)

"""JSON that a person wrote, read strictly: every complaint says what is wrong, where, and what would be right."""

import json
import math
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from content.errors import BadInputError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MOST_DIGITS = 18
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


class Precise(float):
    """A number with more than three decimals: whoever wrote it means exactly that."""


def parse(text: str, *, what: str, largest_bytes: int) -> Any:
    """Read JSON; raise BadInputError with line and column. `what` names the file in messages.

    Other than in JSON at large a name stands once in an object, and numbers are finite.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > largest_bytes:
        raise BadInputError(f"{what} has {size / 1e6:.1f} MB; {largest_bytes / 1e6:g} MB are all")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadInputError(f"{what}: {_quoted(twice)} stands twice in one object; keep one of the two")
        return found

    def never(constant: str) -> NoReturn:
        raise BadInputError(f"{what}: {constant} is no number here; write a finite one")

    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=once,
            parse_constant=never,
            parse_float=_fraction,
            parse_int=lambda digits: int(digits) if len(digits) <= _MOST_DIGITS else float(digits),
        )
    except json.JSONDecodeError as error:
        before = text.removeprefix("\ufeff")[: error.pos].rstrip()
        hint = "; is there a comma too many before it?" if before.endswith(",") else ""
        raise BadInputError(
            f"{what} is no JSON: line {error.lineno}, column {error.colno}: {error.msg}{hint}"
        ) from None
    except RecursionError:
        raise BadInputError(f"{what} is nested too deeply; it has lists and objects four deep at most") from None


def kind_of(value: Any) -> str:
    """Say what a value is, shortly and whatever its size."""
    if isinstance(value, dict | list | bool):
        return _KINDS[type(value)]
    return _quoted(value) if isinstance(value, str) else f"{value:g}" if value is not None else "nothing"


class Fields:
    """The fields of one object. A field that is null counts as left out; one that nobody knows is refused."""

    def __init__(self, value: Any, where: str, names: Sequence[str]) -> None:
        """Take a parsed value, the words for where it stands, and the names it may have."""
        self.where = where
        if not isinstance(value, dict):
            raise BadInputError(f"{where} is {kind_of(value)}; write an object: {{{', '.join(names[:3])}, …}}")
        for name in value:
            if name not in names:
                near = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
                mend = f"do you mean {_quoted(near[0])}?" if near else f"there are {', '.join(names)}"
                raise BadInputError(f"{where} has a field {_quoted(name)}, which means nothing here; {mend}")
        self._found = {name: inner for name, inner in value.items() if inner is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def fault(self, name: str, problem: str) -> BadInputError:
        """Make the error for what is wrong with a field."""
        return BadInputError(f"{self.where}: {_quoted(name)} {problem}")

    def raw(self, name: str) -> Any:
        """Give a field that must be there, whatever it is."""
        if name not in self._found:
            raise BadInputError(f"{self.where} has no {_quoted(name)}, and it needs one")
        return self._found[name]

    def text(self, name: str, default: str | None = None, *, longest: int = 1000) -> str:
        """Give a text; one without a default must be there and say something."""
        if name not in self and default is not None:
            return default
        found = self.raw(name)
        if not isinstance(found, str):
            raise self.fault(name, f"is {kind_of(found)}; write a text in quotation marks")
        if len(found) > longest:
            raise self.fault(name, f"has {len(found)} characters; {longest} are all")
        if sign := _CONTROL.search(found):
            raise self.fault(name, f"holds a character that cannot be shown (U+{ord(sign[0]):04X}); take it out")
        if default is None and not found.strip():
            raise self.fault(name, "is empty; write something, or leave its line out")
        return found

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """Give one of a few words."""
        found = self.text(name, default)
        if found not in choices:
            raise self.fault(name, f"is {_quoted(found)}; write one of {', '.join(choices)}")
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        """Give true or false."""
        found = self._found.get(name, default)
        if not isinstance(found, bool):
            raise self.fault(name, f"is {kind_of(found)}; write true or false")
        return found

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Give a number between two others; `Precise` where it was written so."""
        if name not in self and default is not None:
            return default
        return number_in(self.raw(name), low, high, lambda problem: self.fault(name, problem))

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Give a whole number between two others."""
        found = self.number(name, low, high, default)
        if found != int(found):
            raise self.fault(name, f"is {found:g}; write a whole number")
        return int(found)

    def items(self, name: str, *, most: int) -> list[Any]:
        """Give a list; an empty one where there is none."""
        found = self._found.get(name, [])
        if not isinstance(found, list):
            raise self.fault(name, f"is {kind_of(found)}; write a list: [ … ]")
        if len(found) > most:
            raise self.fault(name, f"has {len(found)} entries; {most} are all")
        return found


def number_in(value: Any, low: float, high: float, fault: Callable[[str], BadInputError]) -> float:
    """Give a value as a number between two others; `fault` makes the error of what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault(f"is {kind_of(value)}; write a number")
    if not low <= value <= high:
        raise fault(f"is {value:g}; write a number from {low:g} to {high:g}")
    return value if isinstance(value, Precise) else float(value)


def _fraction(digits: str) -> float:
    found = float(digits)
    if not math.isfinite(found):
        return found  # refused where it is used, with the place
    return Precise(found) if "e" in digits.lower() or len(digits.partition(".")[2]) > 3 else found


def _quoted(text: str) -> str:
    """Quote the beginning of somebody's text, so that a message stays a line of plain signs."""
    shown = text if len(text) <= 60 else text[:57] + "…"
    return "“" + _CONTROL.sub("\ufffd", shown).replace("\n", " ").replace("\t", " ") + "”"

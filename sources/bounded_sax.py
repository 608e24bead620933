"""The XML reader that feedparser is given: Python's expat driver, with limits.

feedparser looks every attribute up by walking all of them, so one tag of 100,000 attributes costs minutes;
nothing that is a feed comes near these limits. `create_parser` is the name xml.sax asks a driver for.
"""

from typing import Any
from xml.sax.expatreader import ExpatParser

from content.errors import BadInputError

MAX_ATTRIBUTES = 200
MAX_DEPTH = 200


class _BoundedParser(ExpatParser):
    """Raises BadInputError at the first tag beyond the limits."""

    _depth = 0

    def start_element_ns(self, name: str, attrs: Any) -> None:
        self._depth += 1
        if len(attrs) > MAX_ATTRIBUTES or self._depth > MAX_DEPTH:
            raise BadInputError(
                f"its XML is nested over {MAX_DEPTH} deep or has a tag of over {MAX_ATTRIBUTES} attributes"
            )
        super().start_element_ns(name, attrs)

    def end_element_ns(self, name: str) -> None:
        self._depth -= 1
        super().end_element_ns(name)


def create_parser() -> ExpatParser:
    """Give a fresh reader."""
    return _BoundedParser()

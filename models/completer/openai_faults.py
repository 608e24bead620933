"""What a server's refusals mean: the SDK's status errors, mapped onto the house's own, and the hints that come along.

A server's own words are quoted in a line of at most `QUOTED` harmless characters, without the key, and not at all where
it speaks about the key.
"""

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Self

from content.errors import (
    BadConfigurationError,
    BadInputError,
    OverBudgetError,
    PressroomError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)

if TYPE_CHECKING:
    from openai import APIStatusError

QUOTED: Final = 160

_TOO_LONG = ("context_length", "context length", "context window", "context size", "maximum context", "too many tokens")
_NO_CREDIT = ("insufficient_quota", "insufficient balance", "insufficient credit", "billing")


@dataclass(frozen=True)
class Refusal:
    """A status other than success: what was told with it, and how long to wait before asking again (None: no hint)."""

    status: int
    body: bytes
    told: str
    code: str
    parameter: str
    wait_s: float | None
    should_retry: bool

    @classmethod
    def of(cls, error: "APIStatusError", *, key: str) -> Self:
        """Read a refusal; anything may stand in it."""
        response = error.response
        told, code, parameter = _told(response.content)
        hint = response.headers.get("x-should-retry", "").strip().lower()
        wanted = response.status_code in {408, 409, 425, 429} or response.status_code >= 500
        return cls(
            status=response.status_code,
            body=response.content,
            told=quotable(told.replace(key, "…") if key else told, QUOTED),
            code=code,
            parameter=parameter,
            wait_s=waiting_time(response.headers),
            should_retry=wanted if hint not in {"true", "false"} else hint == "true",
        )

    @property
    def can_teach(self) -> bool:
        """Say whether it may be about a parameter that the server does not take."""
        return self.status in {400, 422, 500, 501}

    def fault(self, who: str) -> PressroomError:
        """Give the house's error for it; a 404 is looked into by who knows the models."""
        status, said = self.status, f"{self.code} {self.told}".lower()
        quoted = f": “{self.told}”" if self.told else ""
        kind: type[PressroomError]
        context: dict[str, float] = {}
        if status in {401, 403}:
            kind, told = BadConfigurationError, f"{who} does not accept the key ({status}); set PRESSROOM_API_KEY"
        elif status == 402 or (status in {400, 429} and any(word in said for word in _NO_CREDIT)):
            kind, told = OverBudgetError, f"{who} says that the account behind the key has no credit left ({status})"
        elif status == 429:
            context = {} if self.wait_s is None else {"retry_after_s": self.wait_s}
            asked = f"; it asks to wait {self.wait_s:.0f} seconds" if self.wait_s else ""
            kind, told = ThrottledError, f"{who} is asked too often ({status}){asked}; lower PRESSROOM_API_CONCURRENCY"
        elif status == 408:
            kind, told = TimedOutError, f"{who} gave up waiting ({status}){quoted}"
        elif status in {409, 425} or status >= 500:
            kind, told = UnreachableError, f"{who} is in trouble ({status}){quoted}"
        elif 300 <= status < 400:
            kind = BadConfigurationError
            told = (
                f"{who} wants to send us elsewhere ({status}), and Pressroom goes nowhere but to PRESSROOM_API_URL;"
                " set that to the server's final address"
            )
        elif status == 413 or any(word in said for word in _TOO_LONG):
            kind, told = (
                BadInputError,
                f"the question is longer than {who} reads ({status}){quoted}; shorten the sources",
            )
        else:
            kind, told = BadConfigurationError, f"{who} does not take the request ({status}){quoted}"
        return kind(told, **context)


def waiting_time(headers: Mapping[str, str]) -> float | None:
    """Give the seconds a server asks to wait, or None when it says nothing that can be understood."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        # Against the answer's own clock: it is the one that the date was written by.
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else dt.datetime.now(dt.UTC)
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def quotable(text: str, longest: int) -> str:
    """Give a foreign text as one line of visible characters, cut to a length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 8 * longest]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _told(body: bytes) -> tuple[str, str, str]:
    """Find message, code and parameter in an error's body, in the shapes that servers give them."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "", "", ""  # an HTML page of some proxy, most often
    if isinstance(found, dict) and "error" in found:
        found = found["error"]
    if isinstance(found, dict):
        message = next((found[name] for name in ("message", "detail", "error") if found.get(name)), "")
        told = message if isinstance(message, str) else json.dumps(message)
        return told, str(found.get("code") or ""), str(found.get("param") or "")
    return (found if isinstance(found, str) else ""), "", ""

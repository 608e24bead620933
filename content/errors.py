"""Everything that can go wrong, as one tree.

    PressroomError
    ├── RetryableError            trying again later can help
    │   ├── ThrottledError        somebody asked us to slow down
    │   ├── OutOfMemoryError      the device had no room this time
    │   ├── TimedOutError         a deadline passed
    │   └── UnreachableError      a host, store or server did not answer
    └── PermanentError            trying again gives the same answer
        ├── BadInputError         a document, picture or argument is not what it should be
        ├── RefusedUrlError       the guarded fetcher will not go there
        ├── MissingAssetError     a reference whose bytes are gone
        ├── CorruptAssetError     bytes that do not match their sha256
        ├── BadConfigurationError a setting or newsletter definition is wrong
        ├── MissingEngineError    an engine, weight, voice or typeface is not installed
        ├── MissingGlyphError     no installed typeface can draw a character
        ├── BadAnswerError        a model or server gave an answer that cannot be used
        ├── OverBudgetError       the next call would cost more than is left
        └── HeldError             the gate did not pass something

Two axes only: can a retry help or not.
The message comes first and says what was wrong, where, and how to mend it;
`context` holds whatever a log may want besides.
Vendor exceptions are mapped onto this tree in one place per adapter.
"""

from typing import Any


class PressroomError(Exception):
    """Anything Pressroom raises on purpose."""

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own __reduce__ forgets keyword arguments, and errors cross process borders.
        return (_rebuilt, (type(self), self.message, self.context))


def _rebuilt(kind: type[PressroomError], message: str, context: dict[str, Any]) -> PressroomError:
    return kind(message, **context)


class RetryableError(PressroomError):
    """Trying again later can help."""


class ThrottledError(RetryableError):
    """Somebody asked us to slow down."""


class OutOfMemoryError(RetryableError):
    """The device had no room this time."""


class TimedOutError(RetryableError):
    """A deadline passed."""


class UnreachableError(RetryableError):
    """A host, store or server did not answer."""


class PermanentError(PressroomError):
    """Trying again gives the same answer."""


class BadInputError(PermanentError):
    """A document, picture or argument is not what it should be."""


class RefusedUrlError(PermanentError):
    """The guarded fetcher will not go there."""


class MissingAssetError(PermanentError):
    """A reference whose bytes are gone."""


class CorruptAssetError(PermanentError):
    """Bytes that do not match their sha256."""


class BadConfigurationError(PermanentError):
    """A setting or a newsletter definition is wrong."""


class MissingEngineError(PermanentError):
    """An engine, weight, voice or typeface is not installed."""


class MissingGlyphError(MissingEngineError):
    """No installed typeface can draw a character."""


class BadAnswerError(PermanentError):
    """A model or server gave an answer that cannot be used."""


class OverBudgetError(PermanentError):
    """The next call would cost more than is left."""


class HeldError(PermanentError):
    """The gate did not pass something."""

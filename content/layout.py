"""The identity of the page layout, so that a changed template composes every edition anew and nothing else does.

Composing takes well under a second, so the renderers' own source counts too: better once too often than a stale page.
"""

from functools import cache
from importlib.resources import files

from content.recipes import EngineIdentity, digest_of, sha256_of

_RENDERERS = ("linked_data", "mail", "mail_text", "pages", "paths", "theme", "typeset", "views", "wording")


@cache
def layout_identity() -> EngineIdentity:
    """Name the layout by the digest of its templates and style sheets."""
    package = files("content")
    sources = [*package.joinpath("templates").iterdir(), *(package.joinpath(f"{name}.py") for name in _RENDERERS)]
    digests = {file.name: sha256_of(file.read_bytes()) for file in sources if file.is_file()}
    return EngineIdentity(backend="layout", revision=digest_of(digests)[:16])

"""The one Jinja environment behind pages and mail, and the little hygiene foreign text needs on its way into it.

Templates come from this package only and text is only ever a value in them: nothing foreign is compiled.
Autoescape is on for every template; an undefined name is an error.
"""

import base64
import functools
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from content.theme import Theme, Themes, themes_of
from content.values import Brand

# What XML 1.0 cannot carry and HTML must not: control characters, lone surrogates, two non-characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

SERIF = (
    '"Source Serif 4", "Source Serif Pro", "Iowan Old Style", Charter, "Palatino Linotype", Palatino, '
    'Georgia, "Noto Serif", "Liberation Serif", "DejaVu Serif", '
    # Chinese faces come last: their quotation marks and apostrophes are a full em wide.
    '"Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif'
)
SANS = (
    '"Source Sans 3", "Source Sans Pro", -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", '
    '"Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", '
    '"PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'
)


@dataclass(frozen=True)
class StyleSheet:
    """A page's inlined style, and the hash by which its content security policy knows it."""

    css: Markup
    csp_hash: str


def clean(text: str) -> str:
    """Drop the characters that no document can carry."""
    return _UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """Give text on a single line, as a header or a title needs it."""
    return " ".join(clean(text).split())


def columns(text: str) -> int:
    """Give how many columns a text takes in a terminal: one a character, two a wide one."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@functools.cache
def environment() -> Environment:
    """Give the environment; it lives as long as the process."""
    return Environment(
        loader=PackageLoader("content"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value: Any) -> Any:
    return clean(value) if type(value) is str else value


@functools.cache
def template_file(name: str) -> str:
    """Read a style sheet that lies beside the templates."""
    return resources.files("content").joinpath("templates", name).read_text(encoding="utf-8")


@functools.lru_cache(maxsize=64)
def style_sheet(brand: Brand, more: str = "") -> StyleSheet:
    """Give the site's style in a brand's colours and typeface, followed by `more`."""
    themes = themes_of(brand)
    face = SERIF if brand.typeface == "serif" else SANS
    night = f"{_variables(themes.dark)};--band:{themes.dark.surface};--band-rule:{themes.dark.rule}"
    css = "\n".join(
        (
            f":root{{color-scheme:light dark;--sans:{SANS};--headline:{face}}}",
            f":root{{{_variables(themes.light)};{_band(themes)}}}",
            f"@media (prefers-color-scheme:dark){{:root{{{night}}}}}",
            _squeezed(template_file("site.css")),
            more,
        )
    )
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # Nothing foreign is in here: our own style sheet, and colours that their type has checked.
    return StyleSheet(css=Markup(css), csp_hash=f"'sha256-{digest}'")  # noqa: S704


def _variables(theme: Theme) -> str:
    return ";".join(f"--{name.replace('_', '-')}:{colour}" for name, colour in theme.model_dump().items())


def _band(themes: Themes) -> str:
    dark = themes.dark
    return (
        f"--band:{dark.ground};--band-ink:{dark.ink};--band-muted:{dark.muted};"
        f"--band-accent:{dark.accent};--band-rule:{dark.rule}"
    )


def _squeezed(css: str) -> str:
    """Drop comments and indentation; every page carries its own copy."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", css).strip()


def script_json(value: Any) -> Markup:
    """Give JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(clean(text))  # noqa: S704 - every character that HTML could read is escaped above

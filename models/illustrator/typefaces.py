"""Typefaces: where the letters come from, which face draws which character, and how glyphs sit beside each other.

Faces come from installed packages (Source Serif, Source Sans) or from the system (Noto CJK, DejaVu), never from
the repository.
Advances and kerning are read from the face itself, so a line sets to the same width on every machine,
with or without a shaping library.
"""

import functools
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from content.errors import MissingEngineError, MissingGlyphError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Family = Literal["serif", "sans"]
Weight = Literal["regular", "semibold", "bold", "black"]

SYSTEM_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path.home() / "Library/Fonts",
    Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
)

_PACKAGES: Mapping[str, tuple[str, str]] = {
    "serif": ("font_source_serif_pro", "SourceSerifPro"),
    "sans": ("font_source_sans_pro", "SourceSansPro"),
}
_HAN: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("serif", True): ("NotoSerifCJK-Bold.ttc", "NotoSerifSC-Bold.otf", "SourceHanSerifSC-Bold.otf", "Songti.ttc"),
    ("serif", False): ("NotoSerifCJK-Regular.ttc", "NotoSerifSC-Regular.otf", "SourceHanSerifSC-Regular.otf"),
    ("sans", True): ("NotoSansCJK-Bold.ttc", "NotoSansSC-Bold.otf", "SourceHanSansSC-Bold.otf", "msyhbd.ttc"),
    ("sans", False): ("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf"),
}
_HAN_LAST_RESORT = ("PingFang.ttc", "Hiragino Sans GB.ttc", "msyh.ttc", "simsun.ttc", "wqy-zenhei.ttc")
_FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "serif": ("DejaVuSerif-Bold.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans.ttf"),
    "sans": ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf"),
}
_LAST_RESORT_PREFIXES = ("NotoSans", "NotoSerif", "Symbola", "Arial Unicode", "seguisym", "segoeui")
_SAMPLES: Mapping[str, str] = {
    "Latin": "AaÉßŒ“”–…",
    "Cyrillic": "ЖжЯя",
    "Greek": "ΩωΣς",
    "Chinese": "新闻编辑部的封面。",
    "Japanese": "ひらがなカタ",
    "Korean": "한국어",
    "Arabic": "العربية",
    "Devanagari": "हिन्दी",
    "Emoji": "😀🚀",
}


@dataclass(frozen=True)
class Typeface:
    """One face of one file. Its tables are read when first asked for and stay for the life of the process."""

    path: Path
    index: int
    name: str

    def draws(self, character: str) -> bool:
        """Say whether the face has a glyph for a character."""
        return ord(character) in _cmap(self.path, self.index)

    def advance(self, character: str) -> float:
        """Give how far a character moves the pen, in em."""
        return _advance(self.path, self.index, character)

    def ink(self, character: str) -> tuple[float, float]:
        """Give where a character's ink starts and ends from the pen, in em."""
        return _ink(self.path, self.index, character)

    def rise(self, character: str) -> tuple[float, float]:
        """Give how far a character's ink reaches above and below its baseline, in em; below zero where it does not."""
        return _rise(self.path, self.index, character)

    def kern(self, left: str, right: str) -> float:
        """Give what the face adds between two characters, in em; usually zero or less."""
        cmap = _cmap(self.path, self.index)
        return _kerning(self.path, self.index)(cmap.get(ord(left), ""), cmap.get(ord(right), ""))

    def at(self, pixels: int) -> "FreeTypeFont":
        """Give the face at a size, ready to draw with."""
        return _font(self.path, self.index, pixels)


@dataclass(frozen=True)
class Typecase:
    """All faces within reach. Cheap to make; the folders are read once a process."""

    folders: tuple[Path, ...] = SYSTEM_FOLDERS

    def typeface(self, family: Family, weight: Weight, language: str = "en") -> Typeface:
        """Give the face that sets a language; raise MissingEngineError naming the package that brings it."""
        face = self._han(family, weight) if language == "zh" else self._latin(family, weight)
        if face is None:
            what = "a Chinese typeface" if language == "zh" else _PACKAGES[family][1]
            command = _install("CJK") if language == "zh" else f"pip install {_PACKAGES[family][0].replace('_', '-')}"
            raise MissingEngineError(f"{what} is not installed; install it with: {command}")
        return face

    def face_for(
        self, character: str, family: Family, weight: Weight, language: str = "en", *, han: bool = False
    ) -> Typeface:
        """Choose the face for one character, the brand's own first.

        `han` asks for the Chinese face first, for punctuation that stands in Chinese text.
        Raises MissingGlyphError naming the character and what to install.
        """
        if han and (face := self._han(family, weight)) is not None and face.draws(character):
            return face
        latin = self.typeface(family, weight)
        if latin.draws(character):
            return latin
        for face in self._others(family, weight):
            if face.draws(character):
                return face
        script = _script(character)
        name = unicodedata.name(character, "unnamed character")
        where = "Chinese" if language == "zh" else "English"
        raise MissingGlyphError(
            f"no installed typeface draws {character!r} (U+{ord(character):04X}, {name}) in the {where} text; "
            f"install one with: {_install(script)}",
            character=character,
        )

    def names(self, family: Family) -> str:
        """Name the faces that set headlines here: part of what makes two machines draw alike."""
        faces = (self._latin(family, "bold"), self._han(family, "bold"))
        return "+".join(face.name if face else "none" for face in faces)

    def _latin(self, family: Family, weight: Weight) -> Typeface | None:
        package, stem = _PACKAGES[family]
        folder = _package_folder(package)
        path = folder / f"{stem}-{weight.capitalize()}.otf" if folder else None
        return _face(path, 0) if path and path.is_file() else None

    def _han(self, family: Family, weight: Weight) -> Typeface | None:
        bold = weight != "regular"
        other: Family = "sans" if family == "serif" else "serif"
        files = _system_files(self.folders)
        for name in (*_HAN[family, bold], *_HAN[family, not bold], *_HAN[other, bold], *_HAN_LAST_RESORT):
            if (path := files.get(name)) is not None and (face := _simplified_chinese(path)) is not None:
                return face
        return None

    def _others(self, family: Family, weight: Weight) -> Iterable[Typeface]:
        files = _system_files(self.folders)
        if (han := self._han(family, weight)) is not None:
            yield han
        resort = (name for name in files if name.startswith(_LAST_RESORT_PREFIXES) and "CJK" not in name)
        for name in (*_FALLBACKS[family], *resort):
            if name in files and (face := _face(files[name], 0)) is not None:
                yield face


def coverage_report(case: Typecase | None = None, *, family: Family = "serif") -> dict[str, str | None]:
    """Say for each script what is missing to draw it and the command that installs it; None where nothing is."""
    case = case or Typecase()
    report: dict[str, str | None] = dict.fromkeys(_SAMPLES)
    for script, sample in _SAMPLES.items():
        try:
            for character in sample:
                case.face_for(character, family, "bold")
        except MissingEngineError as missing:
            report[script] = missing.message
    return report


def _script(character: str) -> str:
    point = ord(character)
    if 0x2E80 <= point <= 0x9FFF or 0xAC00 <= point <= 0xD7AF or 0xF900 <= point <= 0xFFEF or point >= 0x20000:
        return "CJK"
    if 0x1F000 <= point <= 0x1FAFF or 0x2600 <= point <= 0x27BF:
        return "emoji"
    return "other"


def _install(script: str) -> str:
    package = {"CJK": "fonts-noto-cjk", "emoji": "fonts-symbola"}.get(script, "fonts-noto-core")
    if sys.platform == "darwin" and script != "emoji":
        return (
            f"brew install --cask {'font-noto-serif-cjk font-noto-sans-cjk' if script == 'CJK' else 'font-noto-sans'}"
        )
    return f"apt-get install {package}"


# ---- reading files ---------------------------------------------------------------------------------------------------


@functools.cache
def _package_folder(package: str) -> Path | None:
    found = util.find_spec(package)
    return Path(found.origin).parent / "files" if found and found.origin else None


@functools.cache
def _system_files(folders: tuple[Path, ...]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in {".ttf", ".otf", ".ttc"}:
                files.setdefault(path.name, path)
    return dict(sorted(files.items()))


@functools.cache
def _face(path: Path, index: int) -> Typeface | None:
    try:
        family, style = _font(path, index, 1000).getname()
    except OSError:
        return None  # a collection has fewer faces than asked for, or the file is damaged: look elsewhere
    return Typeface(path, index, f"{family} {style}")


@functools.cache
def _simplified_chinese(path: Path) -> Typeface | None:
    faces = [face for index in range(10 if path.suffix.lower() == ".ttc" else 1) if (face := _face(path, index))]
    # A collection holds one face a region; the strokes of 直, 骨 or 门 differ between them.
    return next((face for face in faces if " SC " in f"{face.name} "), faces[0] if faces else None)


@functools.lru_cache(maxsize=256)
def _font(path: Path, index: int, pixels: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(path), pixels, index=index, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=8192)
def _advance(path: Path, index: int, character: str) -> float:
    return _font(path, index, 1000).getlength(character) / 1000


@functools.lru_cache(maxsize=2048)
def _ink(path: Path, index: int, character: str) -> tuple[float, float]:
    # getbbox counts the pen's origin as ink, so the glyph is drawn and looked at.
    mask, (left, _) = _font(path, index, 250).getmask2(character, "L")
    box = mask.getbbox()
    return ((left + box[0]) / 250, (left + box[2]) / 250) if box else (0.0, 0.0)


@functools.lru_cache(maxsize=2048)
def _rise(path: Path, index: int, character: str) -> tuple[float, float]:
    mask, (_, top) = _font(path, index, 250).getmask2(character, "L", anchor="ls")
    box = mask.getbbox()
    return (-(top + box[1]) / 250, (top + box[3]) / 250) if box else (0.0, 0.0)


@functools.cache
def _cmap(path: Path, index: int) -> Mapping[int, str]:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        return font.getBestCmap() or {}


@functools.cache
def _kerning(path: Path, index: int) -> Callable[[str, str], float]:
    from models.illustrator.kerning import read_kerning

    return read_kerning(path, index)

"""Kerning pairs out of a face's GPOS table.

FreeType leaves GPOS to shaping libraries, which not every machine has; two lookups are all that headlines need.
Format: https://learn.microsoft.com/typography/opentype/spec/gpos, pair adjustment, formats 1 and 2.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def read_kerning(path: Path, index: int) -> Callable[[str, str], float]:
    """Give a function from two glyph names to the em between them; always zero where the face kerns nothing."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        em = int(font["head"].unitsPerEm)
        subtables = list(_pair_subtables(font)) if "GPOS" in font else []
        rules = [_rule(subtable) for subtable in subtables]

    def kern(left: str, right: str) -> float:
        # The first subtable that covers the left glyph and knows the pair decides, as in a shaper.
        for rule in rules:
            if (units := rule(left, right)) is not None:
                return units / em
        return 0.0

    return kern


def _pair_subtables(font: Any) -> Iterator[Any]:
    table = font["GPOS"].table
    wanted = sorted(
        {
            lookup
            for record in table.FeatureList.FeatureRecord
            if record.FeatureTag == "kern"
            for lookup in record.Feature.LookupListIndex
        }
    )
    for number in wanted:
        for subtable in table.LookupList.Lookup[number].SubTable:
            inner = subtable.ExtSubTable if subtable.LookupType == 9 else subtable
            if inner.LookupType == 2:
                yield inner


def _rule(subtable: Any) -> Callable[[str, str], int | None]:
    covered = {glyph: place for place, glyph in enumerate(subtable.Coverage.glyphs)}
    if subtable.Format == 1:
        pairs = {
            (glyph, record.SecondGlyph): _units(record)
            for glyph, place in covered.items()
            for record in subtable.PairSet[place].PairValueRecord
        }
        return lambda left, right: pairs.get((left, right))
    firsts, seconds = subtable.ClassDef1.classDefs, subtable.ClassDef2.classDefs
    grid = [[_units(cell) for cell in row.Class2Record] for row in subtable.Class1Record]
    return lambda left, right: grid[firsts.get(left, 0)][seconds.get(right, 0)] if left in covered else None


def _units(record: Any) -> int:
    return getattr(record.Value1, "XAdvance", 0) or 0 if record.Value1 else 0

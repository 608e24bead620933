"""Alternative text for covers and cards: what a picture shows, in the newsletter's language."""

import colorsys

_MOTIFS: dict[str, tuple[str, str]] = {
    "arcs": ("arcs", "弧线"),
    "arches": ("nested arches", "层层拱门"),
    "blocks": ("isometric blocks", "立体方块"),
    "capsules": ("slanting bars", "斜向长条"),
    "discs": ("overlapping circles", "交叠圆形"),
    "fan": ("an open colour fan", "展开的色扇"),
    "halftone": ("halftone dots", "网点"),
    "initial": ("a large initial", "大号首字"),
    "orbits": ("orbits", "环形轨道"),
    "paper": ("layers of cut paper", "剪纸层次"),
    "ridges": ("mountain profiles", "山脊线条"),
    "tiles": ("geometric tiles", "几何拼砖"),
    "topography": ("contour lines", "等高线"),
    "waves": ("waves", "波浪"),
    "weave": ("woven ribbons", "编织条带"),
}
_HUES: tuple[tuple[float, str, str], ...] = (
    (15, "red", "红色"),
    (42, "orange", "橙色"),
    (66, "yellow", "黄色"),
    (160, "green", "绿色"),
    (196, "teal", "青色"),
    (255, "blue", "蓝色"),
    (290, "purple", "紫色"),
    (335, "pink", "粉色"),
    (361, "red", "红色"),
)


def alt_text(
    headline: str, *, language: str, motif: str = "", ink: str = "", ground: str = "", figure: str = ""
) -> str:
    """Say what a cover shows: its headline and, where known, its colours (#RRGGBB) and motif."""
    headline = " ".join(headline.split())
    chinese = language == "zh"
    if not chinese:  # quotation marks inside quotation marks are single
        headline = headline.replace("“", "‘").replace("”", "’")
    which = 1 if chinese else 0
    shown = _MOTIFS[motif][which] if motif in _MOTIFS else ""
    if not (shown and ink and ground and figure):
        return f"封面：《{headline}》" if chinese else f"Cover: “{headline}”"
    colours = [colour_name(colour, language) for colour in (ink, ground, figure)]
    if chinese:
        picture = shown if motif == "fan" else f"{colours[2]}的{shown}"
        return f"封面：《{headline}》，{colours[1]}底、{colours[0]}字，配{picture}"
    # “a large initial”, “an open colour fan” have their own article, so their colour goes after it, or unsaid.
    picture = {"initial": f"a large {colours[2]} initial", "fan": shown}.get(motif, f"{colours[2]} {shown}")
    return f"Cover: “{headline}”, set in {colours[0]} on {colours[1]}, with {picture}"


_FORMS: dict[str, tuple[str, str]] = {
    "ring": ("drawn as a part of a ring", "画作圆环的一段"),
    "bar": ("drawn as a part of a bar", "画作长条的一段"),
    "dots": ("drawn as a part of a hundred dots", "画作一百个圆点的一部分"),
}


def quote_alt(said: str, speaker: str, *, language: str) -> str:
    """Say what a quotation's card shows; `said` is without the marks round it."""
    if language == "zh":
        return f"引语：“{said}”" + (f"——{speaker}" if speaker else "")
    said = said.replace("“", "‘").replace("”", "’")
    return f"Quotation: “{said}”" + (f" – {speaker}" if speaker else "")


def figure_alt(figure: str, counted: str, *, language: str, form: str = "") -> str:
    """Say what a figure's card shows: the figure, what it counts, and how a share is drawn (ring, bar or dots)."""
    chinese = language == "zh"
    said = f"{figure}，{counted}" if chinese and counted else f"{figure} {counted}".rstrip()
    drawn = _FORMS[form][chinese] if form else ""
    if chinese:
        return f"数字：{said}" + (f"，{drawn}" if drawn else "")
    return f"Figure: {said}" + (f", {drawn}" if drawn else "")


def colour_name(colour: str, language: str = "en") -> str:
    """Name a colour (#RRGGBB) as a reader would, in English or Chinese."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    chinese = language == "zh"
    chroma = max(red, green, blue) - min(red, green, blue)
    if light > 0.9 and chroma < 0.12:
        plain = ("white", "白色") if light > 0.985 else ("off-white", "米白色")
    elif light < 0.1 or (light < 0.16 and chroma < 0.06):
        plain = ("near-black", "近黑色")
    elif chroma < 0.07 or saturation < 0.08:
        plain = ("grey", "灰色")
    else:
        _, english, han = next(entry for entry in _HUES if hue * 360 < entry[0])
        if light < 0.3:
            return f"深{han}" if chinese else f"dark {english}"
        if light > 0.74:
            return f"浅{han}" if chinese else f"light {english}"
        return han if chinese else english
    return plain[1] if chinese else plain[0]

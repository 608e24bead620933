"""Whether a short figure is a share of a whole that can be drawn, and how much: `62%`, `62 per cent`, `百分之六十二`.

A percentage by which something rose or fell is no share of anything, and none over 100 is.
"""

import re
import unicodedata
from decimal import Decimal

from content.figures import figures_in

_HAN_DIGITS = re.compile(r"百分之(\d+(?:\.\d+)?)")
_OF_CHANGE = re.compile(
    r"\b(?:rise|rises|rose|risen|rising|fall|falls|fell|fallen|falling|grow|grows|grew|grown|growing|growth|gains?|"
    r"gained|drop|drops|dropped|declines?|declined|increases?|increased|decreases?|decreased|reductions?|reduced|cuts?|"
    r"up|down|more|less|fewer|higher|lower|faster|slower|larger|smaller|better|worse|cheaper|dearer|jumps?|jumped|"
    r"interest|inflation|discounts?|raises?|raised|changes?|changed|points?)\b|"
    r"[增涨升降跌减]|提高|下滑|缩水|利率|通胀|折扣|个点|百分点|[更较][快慢大小高低多少]",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[-−–+±~<>≤≥]\s?\d")


def proportion_in(figure: str, counted: str = "") -> Decimal | None:
    """Give the share (0 to 1) that a figure says, exactly; None where it is no single percentage or no share.

    `counted` is what the figure counts; where it tells of a change, there is no whole to draw.
    """
    plain = _HAN_DIGITS.sub(r"\1%", unicodedata.normalize("NFKC", figure))
    found = figures_in(plain)
    if len(found) != 1 or found[0].unit != "%" or found[0].parts or found[0].value > 100:
        return None
    if _SIGNED.search(plain) or _OF_CHANGE.search(plain) or _OF_CHANGE.search(counted):
        return None
    return found[0].value / 100

"""From which cosine on two texts belong together, for an embedder nobody has measured yet.

Models differ in how near they put texts that have nothing in common: MiniLM at 0.03, E5 (says its card) above 0.7.
What they put between that background and 1 is alike. So a few texts that have nothing in common are embedded too,
and the thresholds that were measured for MiniLM are laid at the same shares of the way from there to 1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from content.clustering import CLOSENESS, Closeness, cosines
from content.errors import BadConfigurationError
from content.recipes import EngineIdentity
from content.sentences import is_chinese

_UNRELATED_EN: Final = (
    "The city council approved a new tram line between the harbour and the airport, to open in four years.",
    "Astronomers photographed a ring of dust around a young star for the first time.",
    "The national football team lost its opening match after a penalty in the last minute.",
    "A bakery in the old town is now owned by the nine people who work there.",
    "Doctors advise against the sleeping pill after reports of irregular heartbeats.",
    "The release fixes a race in the file cache and drops support for the old build system.",
    "Farmers expect the smallest olive harvest in a decade after a dry spring.",
    "The museum returns eleven bronze figures to the kingdom from which they were taken.",
)
_UNRELATED_ZH: Final = (
    "市议会批准修建连接港口与机场的新有轨电车线路,预计四年后通车。",
    "天文学家首次拍摄到一颗年轻恒星周围的尘埃环。",
    "国家足球队在最后一分钟被判点球,输掉了首场比赛。",
    "老城里的一家面包店如今归在那里工作的九名员工所有。",
    "有报告称该安眠药会引起心律不齐,医生建议停用。",
    "新版本修复了文件缓存的竞态问题,并停止支持旧的构建系统。",
    "春季干旱之后,农民预计橄榄收成将是十年来最少的。",
    "博物馆将十一尊青铜像归还给它们被掠走的王国。",
)

MINILM_BACKGROUND: Final = 0.0285
"""The mean cosine of MiniLM between the English texts above, as measured."""

LOWEST, HIGHEST = 0.3, 0.97
"""Between these an embedder's `closeness` may be told."""


def unrelated(language: str) -> tuple[str, ...]:
    """Give texts that have nothing in common but their language and that they are news."""
    return _UNRELATED_ZH if is_chinese(language) else _UNRELATED_EN


def closeness_of(identity: EngineIdentity, background: NDArray[np.floating]) -> Closeness:
    """Give the thresholds for an embedder: measured ones, else from its option `closeness`, else from the background.

    `background` are its (N, D) unit rows for `unrelated`; a `closeness` is the cosine from which two reports of
    different publishers are one story.
    """
    if identity.backend in CLOSENESS:
        return CLOSENESS[identity.backend]
    if told := identity.parameters.get("closeness"):
        return told_closeness(float(told))
    pairs = cosines(background, background)[np.triu_indices(len(background), 1)]
    return _between(float(pairs.mean()))


def told_closeness(same_story: float) -> Closeness:
    """Give the thresholds that go with one of them; raise BadConfigurationError when that is out of reason."""
    if not LOWEST <= same_story <= HIGHEST:
        raise BadConfigurationError(f"closeness must be {LOWEST} to {HIGHEST}, not {same_story:g}")
    share = _share(CLOSENESS["minilm"].same_story)
    return _between((same_story - share) / (1 - share))


def _between(background: float) -> Closeness:
    """Lay MiniLM's thresholds between a background and 1."""
    low = min(background, 0.98)  # beyond that, cosines rounded to four decimals say too little
    names = ("same_story", "same_publisher", "apart", "twins", "remembered", "akin")
    laid = {name: round(low + _share(getattr(CLOSENESS["minilm"], name)) * (1 - low), 4) for name in names}
    return Closeness(**laid)


def _share(threshold: float) -> float:
    return (threshold - MINILM_BACKGROUND) / (1 - MINILM_BACKGROUND)

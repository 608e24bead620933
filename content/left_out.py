"""What readers are told about articles that are not in the edition: how many, and in general words why.

Never the headline: it was held with its article, or never judged at all, and a page that shows it would be held too.
"""

from collections import Counter
from collections.abc import Sequence

from content.values import Reason

_HAN = {
    "violent crimes": "暴力犯罪",
    "non-violent crimes": "非暴力犯罪",
    "sex-related crimes": "性犯罪",
    "child sexual exploitation": "儿童性剥削",
    "indiscriminate weapons (CBRNE)": "大规模杀伤性武器",
    "hate": "仇恨言论",
    "suicide & self-harm": "自杀与自残",
    "specialized advice": "专业建议",
    "privacy": "隐私",
    "intellectual property": "知识产权",
    "defamation": "诽谤",
    "sexual content": "色情内容",
    "unjudged": "未能审核",
}


def left_out_lines(held: Sequence[Sequence[Reason]], thin: int, language: str) -> tuple[str, ...]:
    """Say in whole sentences what was left out: `held` has each held article's reasons, `thin` counts the others."""
    kinds = Counter(tuple(dict.fromkeys(reason.hazard for reason in reasons)) for reasons in held)
    lines = [_held(count, hazards, language) for hazards, count in kinds.items()]
    if thin and language == "zh":
        lines.append(f"{thin}篇报道的来源内容太少，未能成文。")
    elif thin:
        lines.append(
            "One story had too little in its sources." if thin == 1 else f"{thin} stories had too little in them."
        )
    return tuple(lines)


def _held(count: int, hazards: Sequence[str], language: str) -> str:
    if language == "zh":
        names = "、".join(_HAN.get(hazard, hazard) for hazard in hazards) or _HAN["unjudged"]
        return f"{count}篇文章未通过审核（{names}）。"
    names = ", ".join(hazards) or "unjudged"
    return f"{'One article was' if count == 1 else f'{count} articles were'} held back by our checks ({names})."

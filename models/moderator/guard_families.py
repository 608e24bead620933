"""The guard models this house can ask: how each wants to be asked, and what its answers look like.

A family's chat template brings the instructions; what stands here is what its model card prescribes around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from content.errors import BadConfigurationError
from models.naming import EngineName

OPTIONS: Final = ("family", "prefix", "safe", "unsafe")


@dataclass(frozen=True)
class Ask:
    """One question about a text: the label a yes stands for, and what the chat template is told besides the text."""

    label: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """How a kind of guard is asked.

    After the rendered template comes `prefix`, then one of the `verdicts`, each with how much risk it stands for.
    Every text is asked all `asks`. What is risky is then looked at closer: with the questions in `closer`,
    or by the likelihood of each of `categories` after the verdict and `before_category`.
    """

    name: str
    verdicts: Mapping[str, float]
    signs: tuple[str, ...] = ()
    prefix: str = ""
    asks: tuple[Ask, ...] = (Ask(),)
    closer: tuple[Ask, ...] = ()
    categories: tuple[str, ...] = ()
    before_category: str = ""
    vocabulary: str = ""


_QWEN = Family(
    "qwen3guard",
    {" Safe": 0.0, " Unsafe": 1.0, " Controversial": 0.5},
    signs=("qwen3guard",),
    prefix="Safety:",
    categories=(
        *(" Violent", " Non-violent Illegal Acts", " Sexual Content or Sexual Acts", " PII", " Suicide & Self-Harm"),
        *(" Unethical Acts", " Politically Sensitive Topics", " Copyright Violation", " Jailbreak", " None"),
    ),
    before_category="\nCategories:",
    vocabulary="qwen3guard",
)
# Its template ends behind the assistant's header; the answer starts with an empty line.
_LLAMA = Family(
    "llama-guard",
    {"safe": 0.0, "unsafe": 1.0},
    signs=("llama-guard", "llamaguard"),
    prefix="\n\n",
    categories=tuple(f"S{number}" for number in range(1, 15)),
    before_category="\n",
    vocabulary="llama-guard",
)

_YES_NO = {"Yes": 1.0, "No": 0.0}


def _risk(key: str, label: str) -> Ask:
    return Ask(label, {"guardian_config": {key: label}, "think": False})


_GRANITE_RISKS = ("violence", "sexual_content", "social_bias", "unethical_behavior", "profanity", "jailbreak")
_GRANITE_3 = Family(
    "granite-guardian-3",
    _YES_NO,
    signs=("granite-guardian-3.0", "granite-guardian-3.1", "granite-guardian-3.2"),
    asks=(_risk("risk_name", "harm"),),
    closer=tuple(_risk("risk_name", label) for label in _GRANITE_RISKS),
    vocabulary="granite-guardian",
)
# From 3.3 on it is told a criterion and answers in a tag, after thinking where it is allowed to.
_GRANITE = replace(
    _GRANITE_3,
    name="granite-guardian",
    verdicts={" yes": 1.0, " no": 0.0},
    signs=("granite-guardian",),
    prefix="<score>",
    asks=(_risk("criteria_id", "harm"),),
    closer=tuple(_risk("criteria_id", label) for label in _GRANITE_RISKS),
)

FAMILIES: Final[Mapping[str, Family]] = {family.name: family for family in (_QWEN, _LLAMA, _GRANITE_3, _GRANITE)}


def family_of(name: EngineName) -> Family:
    """Find how a model is asked: by its name, or as the options say.

    `family` names one of `FAMILIES` for a model whose name does not tell, or `generic` with the words its verdict
    starts with in `safe` and `unsafe`; `prefix` is what stands before the verdict.
    Raises BadConfigurationError when nothing tells how to ask.
    """
    wanted = name.option("family", "")
    if not wanted and {"safe", "unsafe"} & set(name.options):
        wanted = "generic"
    if not wanted:
        plain = name.model.lower()
        wanted = next((each.name for each in FAMILIES.values() if any(sign in plain for sign in each.signs)), "")
    if wanted == "generic":
        safe, unsafe = name.option("safe", ""), name.option("unsafe", "")
        if not safe or not unsafe or safe == unsafe:
            raise BadConfigurationError(f"{name}: a generic guard needs the options safe=WORD and unsafe=WORD")
        family = Family("generic", {safe: 0.0, unsafe: 1.0})
    elif wanted in FAMILIES:
        if {"safe", "unsafe"} & set(name.options):
            raise BadConfigurationError(f"{name}: safe and unsafe are for family=generic; {wanted} has its own words")
        family = FAMILIES[wanted]
    else:
        raise BadConfigurationError(
            f"{name}: how this guard is asked is not known; set family to one of {', '.join(FAMILIES)},"
            " or safe=WORD and unsafe=WORD to the words its answer starts with"
        )
    return replace(family, prefix=name.options["prefix"]) if "prefix" in name.options else family

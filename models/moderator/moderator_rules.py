"""The moderator that needs no weights: rules over undisguised text, personal data by arithmetic, links by spelling.

Its rules are bundled data; any change of them, or of the code that reads texts, changes its identity.
"""

from collections.abc import Collection
from typing import Self

from content.gate import worst
from content.hazards import Finding, Hazard, rulebook
from content.links import addresses_in, judge_links, uncited
from content.normalise import concealed
from content.personal_data import personal_data
from content.recipes import EngineIdentity
from content.values import ModerationRequest, Reason, Verdict
from models.protocols import Order

# Raised whenever the code behind a verdict changes what it finds; the data has its own digest.
_CODE = 1


class RulesModerator:
    """Judges texts and links by rules.

    `trusted_hosts` (`host` or `host:port`) are hosts the operator reads on purpose although their names are numbers.
    """

    def __init__(self, *, trusted_hosts: Collection[str] = ()) -> None:
        self._trusted_hosts = tuple(sorted(set(trusted_hosts)))

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it with the hosts the house trusts."""
        order.name.allow(())
        return cls(trusted_hosts=order.trusted_hosts)

    @property
    def identity(self) -> EngineIdentity:
        """Give the digest of the rule data as revision."""
        return EngineIdentity(
            backend="rules",
            revision=rulebook().digest[:16],
            parameters={"code": _CODE, "trusted_hosts": ",".join(self._trusted_hosts)},
        )

    def load(self) -> None:
        """Read and compile the rules."""
        rulebook()

    def release(self) -> None:
        """Do nothing: a compiled rulebook is small and shared by the process."""

    def judge(self, request: ModerationRequest) -> Verdict:
        """Judge every text on its own and all links; the worst finding decides."""
        findings = [finding for text in dict.fromkeys(request.texts) for finding in _text_findings(text)]
        if request.modality == "text" and request.links:
            # An article's words may name only addresses it cites. Pages and mail also name the house's own,
            # and a script is made of sentences that were judged with their article.
            findings += uncited([address for text in request.texts for address in addresses_in(text)], request.links)
        findings += judge_links(request.links, trusted_hosts=self._trusted_hosts)
        reasons = dict.fromkeys(
            Reason(hazard=finding.hazard.value, rule=finding.rule, excerpt=finding.excerpt) for finding in findings
        )
        return Verdict(
            sha256=request.sha256,
            modality=request.modality,
            decision=worst(["pass", *(finding.decision for finding in findings)]),
            moderator=str(self.identity),
            reasons=tuple(reasons),
        )


def _text_findings(text: str) -> list[Finding]:
    findings = [*rulebook().findings(text), *personal_data(text)]
    if hidden := concealed(text):
        # A reader sees nothing of it, a machine that reads the page does.
        findings.append(
            Finding(
                hazard=Hazard.NON_VIOLENT_CRIMES, rule="manipulation.concealed", decision="hold", excerpt=hidden[:160]
            )
        )
        findings += rulebook().findings(hidden)
    return findings

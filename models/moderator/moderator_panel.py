"""Several moderators as one: everybody is asked, the strictest decides, every reason is kept.

A member that fails makes the panel fail: the gate turns that into a hold.
"""

from collections.abc import Sequence

from content.gate import worst
from content.recipes import EngineIdentity, digest_of
from content.values import ModerationRequest, Verdict
from models.protocols import Moderator


class ModeratorPanel:
    """Lives as long as its members, which it loads and releases. At most one of them may need a device."""

    def __init__(self, members: Sequence[Moderator]) -> None:
        self._members = tuple(members)

    @property
    def identity(self) -> EngineIdentity:
        """Name all members; the revision covers everything that can change their verdicts."""
        identities = [member.identity for member in self._members]
        return EngineIdentity(
            backend="panel",
            model=" + ".join(each.backend for each in identities),
            revision=digest_of(identities)[:16],
        )

    @property
    def device(self) -> str:
        """The device of the members that need one."""
        return next((device for member in self._members if (device := getattr(member, "device", ""))), "")

    @property
    def footprint(self) -> int:
        """What all members take together."""
        return sum(getattr(member, "footprint", 0) for member in self._members)

    def load(self) -> None:
        """Load every member."""
        for member in self._members:
            member.load()

    def release(self) -> None:
        """Release every member."""
        for member in self._members:
            member.release()

    def judge(self, request: ModerationRequest) -> Verdict:
        """Ask everybody; the cheap ones first, and all of them, so that every reason is on record."""
        verdicts = [member.judge(request) for member in self._members]
        return Verdict(
            sha256=request.sha256,
            modality=request.modality,
            decision=worst(verdict.decision for verdict in verdicts),
            moderator=str(self.identity),
            reasons=tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)),
        )

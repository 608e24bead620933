"""Fault points: make a named step fail once, or kill its process there, so that recovery can be tested for real.

`PRESSROOM_FAULT=step[:item][:mode]` with mode `raise` (default) or `kill`, for example `draft:article-2:kill`.
The step's work is done and nothing of it is recorded yet when the fault strikes: the worst moment there is.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

from content.errors import BadConfigurationError
from content.recipes import sha256_of
from content.values import Step

MODES = ("raise", "kill")


class InjectedFaultError(RuntimeError):
    """A fault that PRESSROOM_FAULT asked for; no PressroomError, so that no join takes it for bad input."""


def parse_fault(spec: str) -> tuple[str, str, str]:
    """Split `step[:item][:mode]` into its three parts, item empty for any; raise BadConfigurationError."""
    step, *rest = spec.split(":")
    mode = rest.pop() if rest and rest[-1] in MODES else "raise"
    if step not in set(Step) or len(rest) > 1:
        raise BadConfigurationError(
            f"PRESSROOM_FAULT={spec!r}: write step[:item][:raise|kill], step one of {', '.join(Step)}"
        )
    return step, rest[0] if rest else "", mode


def strike(spec: str, step: Step, item: str, home: Path) -> None:
    """Fail here if `spec` names this step and item and has not struck before."""
    if not spec:
        return
    wanted_step, wanted_item, mode = parse_fault(spec)
    if step != wanted_step or (wanted_item and item != wanted_item):
        return
    marker = home / "faults" / sha256_of(spec.encode())
    marker.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        if mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise InjectedFaultError(f"PRESSROOM_FAULT struck at {step}:{item}")

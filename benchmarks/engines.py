"""Measure the open-weight engines: the factory's path against the raw engine and against one piece at a time.

    make bench-engines                        # or: .venv/bin/python benchmarks/engines.py [--only writer] [--json]

On a GPU the models have real sizes, elsewhere small ones; weights are random and made in memory, because speed does
not depend on what they know. Each figure is the best of a few rounds, the ways taking turns in one process:
what else a machine does can only slow them down. Where a processor does the work, seconds of processors hold on a busy
machine and those of the clock do not. Each part is a module `engines_PART.py` with `measure` and `lines`.
"""

import argparse
import json
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PARTS = ("writer", "painter")


def main() -> int:
    """Measure what was asked for and tell it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may be given several times")
    parser.add_argument("--device", default="", help="cpu, cuda, cuda:1 …; the best there is by default")
    parser.add_argument("--shape", default="", help="the writer's size: tiny, small, 0.6b or 8b")
    parser.add_argument("--drafts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="processors to compute on; torch's choice by default")
    parser.add_argument("--json", action="store_true", help="every figure, for machines")
    told = parser.parse_args()

    import torch

    from models.devices import best_device

    if told.threads:
        torch.set_num_threads(told.threads)
    device = best_device(told.device)
    found: dict[str, Any] = {"device": device, "name": device_name(device)}
    if not told.json:
        print(f"{found['name']} ({device})")
    for part in told.only or PARTS:
        module = import_module(f"engines_{part}")
        wanted = {"device": device, "shape": told.shape, "drafts": told.drafts, "rounds": told.rounds}
        found[part] = module.measure(**wanted)
        if not told.json:
            print("\n".join(module.lines(found[part])))
    if told.json:
        print(json.dumps(found, indent=2))
    return 0


def device_name(device: str) -> str:
    """Name a device as its maker does."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    known = Path("/proc/cpuinfo")
    names = [line for line in known.read_text("utf-8").splitlines() if "model name" in line] if known.exists() else []
    model = names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    return f"{model}, {torch.get_num_threads()} threads, torch {torch.__version__}"


if __name__ == "__main__":
    sys.exit(main())

"""Seeds for work that can only draw from torch's global random numbers.

Such work goes one at a time through the whole process, and leaves the global numbers as it found them.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.RLock()


def derived_seed(*parts: object) -> int:
    """Give a seed below 2^63 that depends on every part and on nothing else."""
    told = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8]) >> 1


@contextmanager
def seeded(seed: int, device: str = "cpu") -> Iterator[None]:
    """Let torch's global generators of the processor and a device start from a seed while the block runs."""
    import torch

    with _ONE_AT_A_TIME:
        cuda = [torch.device(device)] if device.startswith("cuda") else []
        metal = torch.mps.get_rng_state() if device == "mps" else None
        with torch.random.fork_rng(devices=cuda):
            torch.default_generator.manual_seed(seed)
            for each in cuda:
                with torch.cuda.device(each):
                    torch.cuda.manual_seed(seed)
            if metal is not None:
                torch.mps.manual_seed(seed)
            try:
                yield
            finally:
                if metal is not None:
                    torch.mps.set_rng_state(metal)

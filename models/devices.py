"""Which devices there are, how much of each may be taken, and how numbers are kept there."""

from typing import TYPE_CHECKING, Final

from content.errors import BadConfigurationError

if TYPE_CHECKING:
    import torch

SHARE: Final = 0.9
"""How much of a device models may take unless told otherwise: the rest is for activations nobody counted."""

SHARE_OF_MEMORY: Final = 0.6
"""The same for the machine's own memory, where everything else lives too."""


def best_device(wanted: str = "") -> str:
    """Give the device models go to: the wanted one, else CUDA, else Apple's, else the processor.

    Raises BadConfigurationError for CUDA where there is none.
    """
    import torch

    if wanted:
        if wanted.startswith("cuda") and not torch.cuda.is_available():
            raise BadConfigurationError(
                f"PRESSROOM_DEVICE is {wanted}, but torch {torch.__version__} finds no CUDA device here;"
                " leave it empty, or install a torch with CUDA and its driver"
            )
        return wanted if wanted != "cuda" else "cuda:0"

    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def budgets(wanted: str = "", gigabytes: float = 0.0) -> dict[str, int]:
    """Give how many bytes of each device may be taken; a limit in gigabytes is for the device that is wanted."""
    import psutil

    found = {"cpu": int(psutil.virtual_memory().total * SHARE_OF_MEMORY)}
    device = best_device(wanted)
    if device.startswith("cuda"):
        import torch

        found[device] = int(torch.cuda.mem_get_info(device)[1] * SHARE)
    if gigabytes:
        found[device] = int(gigabytes * 2**30)
    return found


def best_dtype(device: str, wanted: str = "") -> "torch.dtype":
    """Give the number format weights are loaded in: bfloat16 where the device computes in it, else float32.

    `wanted` is `bfloat16`, `float16` or `float32`.
    """
    import torch

    if wanted:
        return {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}[wanted]
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float16 if device.startswith("cuda") or device == "mps" else torch.float32


def gives_memory_back(device: str) -> None:
    """Hand freed memory of a device back to it, after an engine let its weights go."""
    import gc

    gc.collect()
    if device.startswith("cuda"):
        import torch

        torch.cuda.empty_cache()

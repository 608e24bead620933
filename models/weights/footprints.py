"""How much of a device a model takes once it is loaded, told from its files."""

import json

from models.devices import best_dtype
from models.weights.weights import Weights

_SIZES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}


def footprint_of(weights: Weights, device: str, wanted: str = "") -> int:
    """Give the bytes of the weights in the number format they are loaded in (`wanted`, else the device's best)."""
    try:
        config = json.loads((weights.folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        config = {}
    stored = _SIZES.get(str(config.get("dtype") or config.get("torch_dtype") or "float32"), 4)
    return weights.bytes * best_dtype(device, wanted).itemsize // stored

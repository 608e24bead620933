"""IP-Adapters: weights that let a UNet pipeline look at a reference picture and keep its style.

An option names one as FOLDER/FILE.safetensors, or ORG/NAME/FOLDER/FILE.safetensors for one from the hub;
its image encoder lies in `image_encoder` beside the file, which is how they are published.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from content.errors import BadConfigurationError
from models.illustrator.diffusion import other_weights
from models.naming import is_folder
from models.protocols import Order
from models.weights.weights import Weights


@dataclass(frozen=True)
class IpAdapter:
    """Where an adapter lies and how strong it is: `file` is its place in the folder of its weights."""

    weights: Weights
    file: PurePosixPath
    scale: float = 0.6

    @classmethod
    def of(cls, order: Order) -> Self | None:
        """Read the options `ip_adapter` and `ip_scale`; None where none is asked for."""
        named, scale = order.name.option("ip_adapter", ""), order.name.option("ip_scale", 0.6)
        if not named:
            return None
        path = PurePosixPath(named)
        inside = 1 if is_folder(named) else len(path.parts) - 2
        if path.suffix != ".safetensors" or inside < 1:
            raise BadConfigurationError(
                f"ip_adapter={named} must be FOLDER/FILE.safetensors or ORG/NAME/FILE.safetensors"
            )
        file = PurePosixPath(*path.parts[-inside:])
        return cls(other_weights(order, named.removesuffix(str(file)).rstrip("/")), file, scale)

    def put_on(self, pipeline: Any) -> None:
        """Load the adapter into a pipeline and its siblings to come.

        Raises MissingEngineError, BadConfigurationError for a pipeline without a UNet and for a pickled image encoder.
        """
        folder = self.weights.ready()
        if not hasattr(pipeline, "unet") or not hasattr(pipeline, "load_ip_adapter"):
            raise BadConfigurationError(f"{type(pipeline).__name__} takes no IP-Adapter; leave out ip_adapter=")
        if not any((folder / self.file.parent / "image_encoder").glob("*.safetensors")):
            raise BadConfigurationError(
                f"{folder / self.file.parent / 'image_encoder'} holds no *.safetensors, and the IP-Adapter sees by it"
            )
        parent = "" if str(self.file.parent) == "." else str(self.file.parent)
        pipeline.load_ip_adapter(str(folder), subfolder=parent, weight_name=self.file.name, local_files_only=True)

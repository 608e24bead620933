"""What a piece of work used up: tokens, pictures, device time, memory and money."""

from typing import Final

from pydantic import Field

from content.recipes import Value


class Usage(Value):
    """Amounts that add up, but for `peak_bytes`, where the higher one counts.

    `device_s` is the time a device was busy for this work; work that shares a batch shares its time.
    `cost` is money in whatever currency the prices in the settings are; 0 where no price is set.
    """

    tokens_in: int = Field(0, ge=0)
    tokens_out: int = Field(0, ge=0)
    images: int = Field(0, ge=0)
    device_s: float = Field(0.0, ge=0)
    peak_bytes: int = Field(0, ge=0)
    cost: float = Field(0.0, ge=0)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            images=self.images + other.images,
            device_s=self.device_s + other.device_s,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
            cost=self.cost + other.cost,
        )

    @property
    def told(self) -> dict[str, str]:
        """Give what is not zero as people read it, by name."""
        amounts = {
            "tokens in": f"{self.tokens_in:,}",
            "tokens out": f"{self.tokens_out:,}",
            "images": f"{self.images:,}",
            "device time": f"{self.device_s:.1f} s",
            "peak memory": f"{self.peak_bytes / 2**30:.2f} GB",
            "cost": f"{self.cost:.4f}",
        }
        values = self.model_dump().values()
        return {name: text for (name, text), value in zip(amounts.items(), values, strict=True) if value}


NOTHING: Final = Usage()

"""A writer that says when it is loaded and waits when it is told to: `counting:FOLDER`, once `register` was called.

Processes that a test starts call it from a `sitecustomize` module (`customised`), before anything of ours runs.
"""

import os
import time
from pathlib import Path

from models.fakes.fakes import FakeWriter


def register():
    """Make the writer known to this process."""
    from models import registry

    registry.BACKENDS["writer", "counting"] = f"{__name__}:CountingWriter"


def customised(folder, *paths):
    """Write a `sitecustomize` into a folder and give the PYTHONPATH that makes every Python run it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(f"import {__name__}\n{__name__}.register()\n")
    return os.pathsep.join(map(str, (folder, Path(__file__).parent, *paths)))


class CountingWriter(FakeWriter):
    """`loads` in its folder gets a line with the process for each load; while there is a `hold`, writing waits."""

    device, footprint = "test", 1

    def __init__(self, folder):
        super().__init__()
        self._folder = folder

    @classmethod
    def from_order(cls, order):
        """Take the folder from the name."""
        return cls(Path(order.name.model))

    def load(self):
        """Put a load on file."""
        assert not self.loaded
        with (self._folder / "loads").open("a") as file:
            file.write(f"{os.getpid()}\n")
        super().load()

    def write(self, *arguments, **options):
        """Say that work has begun, and wait while held."""
        (self._folder / "at-work").touch()
        while (self._folder / "hold").exists():
            time.sleep(0.02)
        return super().write(*arguments, **options)

"""How a run goes, written down: ``curve.csv``, and for TensorBoard where that is installed."""

import csv
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["Curve", "write_csv"]


def write_csv(folder: Path, step: int, training: float, validation: float) -> None:
    """One line more: the step, and the training and validation losses in nats a token."""
    with (folder / "curve.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([step, f"{training:.4f}", f"{validation:.4f}"])


class Curve:
    """Scalars of one run for TensorBoard, in ``folder/tensorboard``; nothing where it is not installed."""

    def __init__(self, folder: Path) -> None:
        self._writer: Any = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "tensorboard"))

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """``values`` by name at ``step``."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is held back."""
        if self._writer is not None:
            self._writer.close()

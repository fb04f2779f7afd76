"""Several processes, a device each, that learn as one, started by PyTorch's launcher.

    torchrun --nproc-per-node 4 -m -- livecomposer.control.cli train CONFIG.toml --shards … --run … --device cuda

Each takes its share of the rows of every batch, and gradients are added up before every step, so that the weights are
those that one process would have come to, up to rounding. The first alone measures, writes and reports.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from livecomposer.errors import SettingError

__all__ = ["ALONE", "World", "joined"]


@dataclass(frozen=True, slots=True)
class World:
    """Which of how many processes this is: ``rank`` from 0 to ``size - 1``."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this one writes and reports."""
        return self.rank == 0

    def share(self, rows: int) -> slice:
        """Which of ``rows`` rows are this process's; none where there are fewer rows than processes."""
        return slice(self.rank, rows, self.size)

    def add_up(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, in place; all must come with the same shapes."""
        if self.size > 1:
            for tensor in tensors:
                distributed.all_reduce(tensor)


ALONE = World()


@contextmanager
def joined(device: str) -> Iterator[tuple[World, str]]:
    """The world that the launcher made, and this process's own device; without the launcher, :data:`ALONE`.

    NCCL joins GPUs, Gloo CPUs. Raises :class:`SettingError` where the launcher's processes do not find each other, or
    there are more of them on this machine than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE, device
        return
    on_gpu, local = device.startswith("cuda"), int(os.environ.get("LOCAL_RANK", "0"))
    if on_gpu and local >= torch.cuda.device_count():
        raise SettingError(f"process {local + 1} here, {torch.cuda.device_count()} GPUs; lower --nproc-per-node")
    try:
        distributed.init_process_group("nccl" if on_gpu else "gloo")
    except (RuntimeError, ValueError) as error:
        raise SettingError(f"the {size} processes did not find each other ({error}); start them by torchrun") from error
    try:
        yield World(distributed.get_rank(), size), f"cuda:{local}" if on_gpu else device
    finally:
        distributed.destroy_process_group()

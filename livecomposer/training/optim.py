"""What changes the weights, and their running mean.

Matrices of a Transformer's blocks learn by Muon (Jordan et al. 2024), all else by AdamW (Loshchilov & Hutter 2019).
"""

from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from livecomposer.model.decoder import Network
from livecomposer.training.config import Config
from livecomposer.training.schedule import learning_rate_share

__all__ = ["Mean", "optimisers", "set_rates"]


def optimisers(network: Network, config: Config) -> list[torch.optim.Optimizer]:
    """Muon, where there is anything for it, then AdamW; both at their peak rates."""
    named = list(network.named_parameters())
    matrices = [weight for name, weight in named if _is_matrix(name, weight)]
    others = [weight for name, weight in named if not _is_matrix(name, weight)]
    found: list[torch.optim.Optimizer] = []
    if matrices:
        found.append(torch.optim.Muon(matrices, lr=config.matrix_rate, weight_decay=config.weight_decay))
    return [*found, torch.optim.AdamW(others, lr=config.other_rate, betas=(0.9, 0.95), weight_decay=0.0)]


def set_rates(found: list[torch.optim.Optimizer], config: Config, step: int) -> None:
    """Give each its learning rate at ``step``."""
    share = learning_rate_share(
        step, steps=config.steps, warmup=config.warmup, cooldown=config.cooldown, schedule=config.schedule
    )
    for optimiser, rate in zip(reversed(found), (config.other_rate, config.matrix_rate), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = rate * share


class Mean:
    """An exponential moving average of a network's weights (Polyak & Juditsky 1992; as in Adam, section 7.2).

    ``decay`` is what a step keeps of it; early on less, so that the first weights are soon forgotten.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self._decay = decay
        self._averaged = AveragedModel(network)
        self._averaged.n_averaged += 1  # the weights that it begins with count: the first step's do not replace them

    @property
    def network(self) -> Network:
        """A network with the mean's weights."""
        return cast("Network", self._averaged.module)

    def follow(self, network: Network, step: int) -> None:
        """Move a little towards what ``network`` is after ``step`` steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        self._averaged.multi_avg_fn = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self._averaged.update_parameters(network)


def _is_matrix(name: str, weight: Tensor) -> bool:
    return weight.dim() == 2 and name.startswith("blocks.")

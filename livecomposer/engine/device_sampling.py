"""Drawing an id where the logits are: :func:`livecomposer.model.sampling.sample` in tensors of fixed shape.

No value decides what is computed, only what comes out, so that a captured graph can hold all of it.
"""

from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from livecomposer.model.sampling import MaskPolicy, Sampling

__all__ = ["Draw"]

_KINDS = 32
"""Most kinds of ids that a mask policy may tell apart."""
_LEAST = 1e-300
_CONTROLS = 5  # chance, temperature, ids kept, probability kept, whether there is a policy


class Draw:
    """Static inputs of one draw on ``device``, and the draw itself.

    ``prepare`` fills the inputs with one small copy; ``compute`` reads nothing else, and may be captured.
    """

    def __init__(self, vocabulary: int, device: torch.device) -> None:
        self._vocabulary = vocabulary
        self._policy: MaskPolicy | None = None
        pinned = device.type == "cuda"
        self._staged = torch.zeros(_CONTROLS + 2 * vocabulary, dtype=torch.float64, pin_memory=pinned)
        self._inputs = torch.zeros_like(self._staged, device=device)
        self._twins = torch.zeros((vocabulary, vocabulary), dtype=torch.float64, device=device)  # (heard, said)
        self._kinds = torch.zeros((vocabulary, _KINDS), dtype=torch.float64, device=device)
        self._ids = torch.arange(vocabulary, dtype=torch.float64, device=device)

    def prepare(
        self, mask: npt.NDArray[np.bool_], sampling: Sampling, chance: float, policy: MaskPolicy | None
    ) -> None:
        """Take over what ``sample`` takes; raises :class:`ValueError` where it does."""
        if not mask.any():
            raise ValueError("the mask allows no id; wanted at least one")
        if not sampling.creative_risk > 0:
            raise ValueError(f"a creative risk of {sampling.creative_risk}; wanted one above 0")
        if sampling.technique not in ("topk", "nucleus", "random"):
            raise ValueError(f"technique {sampling.technique!r}; wanted topk, nucleus or random")
        if policy is not None and policy is not self._policy:
            self._learn(policy)
        allowed = int(mask.sum())
        most = ceil(sampling.threshold * allowed - 1e-9) if sampling.technique == "topk" else allowed
        share = sampling.threshold - 1e-12 if sampling.technique == "nucleus" else 2.0
        controls = [chance, sampling.creative_risk, most, share, policy is not None]
        self._staged[:_CONTROLS] = torch.tensor(controls, dtype=torch.float64)
        self._staged[_CONTROLS : -self._vocabulary] = torch.from_numpy(mask)
        if policy is not None:
            self._staged[-self._vocabulary :] = torch.from_numpy(policy.heirs(mask))
        self._inputs.copy_(self._staged, non_blocking=True)

    def _learn(self, policy: MaskPolicy) -> None:
        ids = torch.arange(self._vocabulary)
        twins, kinds = torch.zeros(self._twins.shape), torch.zeros(self._kinds.shape)
        twins[torch.from_numpy(policy.twins), ids] = 1
        kinds[ids, torch.from_numpy(policy.kinds)] = 1
        self._twins.copy_(twins)
        self._kinds.copy_(kinds)
        self._policy = policy

    def compute(self, logits: Tensor) -> Tensor:
        """The id (1,) int64 that the inputs draw from ``logits`` (V,)."""
        chance, risk, most, share, spoken = self._inputs[:_CONTROLS].unbind()
        allowed = self._inputs[_CONTROLS : -self._vocabulary]
        weights = self._weights(logits.double(), allowed, risk, spoken)
        ranked, order = torch.sort(weights, descending=True, stable=True)  # of equals the lower index comes first
        count = torch.searchsorted(ranked.cumsum(0) / ranked.sum(), share[None]) + 1
        count = torch.minimum(count, most.long()).clamp(min=1)
        rank = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
        kept = (rank < count) & (allowed > 0)
        cumulative = (weights * kept).cumsum(0)
        drawn = torch.searchsorted(cumulative, (chance * cumulative[-1])[None], right=True)
        last = (kept * torch.arange(len(kept), device=kept.device)).max()
        return torch.minimum(drawn, last)

    def _weights(self, logits: Tensor, allowed: Tensor, risk: Tensor, spoken: Tensor) -> Tensor:
        """Unnormalised probabilities (V,), zero where nothing is allowed."""
        heirs = (self._ids[:, None] == self._inputs[-self._vocabulary :]).double()  # (heir, id)
        heard = heirs @ (self._twins @ ((logits - logits.max()) / risk).exp())
        left = heard * allowed
        before, after = heard @ self._kinds, left @ self._kinds
        scale = torch.where(after > _LEAST, before / after.clamp(min=_LEAST), torch.zeros_like(after))
        in_kinds = left * (self._kinds @ scale)
        highest = logits.masked_fill(allowed == 0, -torch.inf).max()
        plain = ((logits - highest) / risk).exp() * allowed
        return torch.where((spoken > 0) & (in_kinds.sum() > 0), in_kinds, torch.nan_to_num(plain, posinf=0.0))

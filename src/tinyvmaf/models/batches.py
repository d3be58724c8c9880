"""Which rows a net sees at which step, and those rows as one block for all nets of a stack.

A net goes through endless passes over its training rows; a batch may hold the end of one pass and the start of the
next. Pass p of a net is one random order of the *whole* table, drawn from (seed, p), less the rows that the net does
not train on. So a net's batches depend on nothing but its own rows and seed: not on the other nets of the stack, nor
on where a training was interrupted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_KEPT_ORDERS = 8


@dataclass(frozen=True, slots=True, eq=False)
class NetPlan:
    """One net of a stack, before its training."""

    train: NDArray[np.bool_]
    """(N,) the rows that it trains on."""
    seed: int
    """Of its initial weights and of its batches."""

    @property
    def row_count(self) -> int:
        """How many rows it trains on."""
        return int(np.count_nonzero(self.train))


class Batches:
    """The batches of K nets, in blocks of several steps.

    Args:
        features: (F, N) of the whole table.
        target: (C, N) what is learned of each row of the whole table.
        plans: What each net trains on.
        batch_size: B, rows per step.
        windows: (N, W) the rows that a net sees along with each row; None: the row alone, W is 1.
    """

    def __init__(
        self,
        features: Tensor,
        target: Tensor,
        plans: Sequence[NetPlan],
        *,
        batch_size: int,
        windows: Tensor | None = None,
    ) -> None:
        self._features = features
        self._windows = windows
        self._target = target
        self._plans = plans
        self._batch_size = batch_size
        self._counts = [plan.row_count for plan in plans]
        self._passes = [-1] * len(plans)
        self._rows = [torch.empty(0, dtype=torch.int64)] * len(plans)
        self._orders: dict[tuple[int, int], Tensor] = {}

    def block(self, first_step: int, steps: int) -> tuple[Tensor, Tensor]:
        """Features (K, F, steps x B x W) and targets (K, C, steps x B) of the steps from ``first_step`` on."""
        size = steps * self._batch_size
        seen = 1 if self._windows is None else self._windows.shape[1]
        features = torch.empty(len(self._plans), len(self._features), size * seen)
        target = torch.empty(len(self._plans), len(self._target), size)
        for net in range(len(self._plans)):
            rows = self._take(net, first_step * self._batch_size, size)
            around = rows if self._windows is None else self._windows[rows].flatten()
            torch.index_select(self._features, 1, around, out=features[net])
            torch.index_select(self._target, 1, rows, out=target[net])
        return features, target

    def _take(self, net: int, start: int, size: int) -> Tensor:
        pieces, end = [], start + size
        while start < end:
            number, at = divmod(start, self._counts[net])
            pieces.append(self._pass(net, number)[at : at + end - start])
            start += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _pass(self, net: int, number: int) -> Tensor:
        if self._passes[net] != number:
            order = self._order(self._plans[net].seed, number)
            trains = torch.from_numpy(self._plans[net].train)
            self._rows[net] = order[trains[order]]
            self._passes[net] = number
        return self._rows[net]

    def _order(self, seed: int, number: int) -> Tensor:
        if (seed, number) not in self._orders:
            generator = torch.Generator().manual_seed(stream_seed("rows", seed, number))
            # Nets of one seed walk in step, or nearly: the last few orders serve all of them.
            for stale in list(self._orders)[: -_KEPT_ORDERS + 1]:
                del self._orders[stale]
            self._orders[seed, number] = torch.randperm(self._target.shape[1], generator=generator)
        return self._orders[seed, number]


def stream_seed(*parts: str | int) -> int:
    """A seed for one purpose: 63 bits that differ wherever a part does."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1

# ruff: noqa: INP001 - a script beside data, not a package
"""A first training step, so that no job waits a second for what torch does at its first one.

Imported, as the module `environment_warm`, before jobs are forked off. OpenMP's threads must not start: a child
forked beside them hangs at its first parallel loop.
"""

from __future__ import annotations

import torch
from torch import nn


def first_step() -> None:
    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(model.parameters())
    loss = nn.functional.cross_entropy(model(torch.randn(8, 4)), torch.zeros(8, dtype=torch.long))
    loss.backward()
    optimizer.step()


first_step()

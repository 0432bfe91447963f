"""From a margin (log-odds) to a probability and back, the same bits everywhere.

The `exp` of numpy and of the C library differ in the last bit from one another, from one memory layout to
another and from one processor to another. So the exponential is written here in the operations that IEEE 754
fixes: one row equals a batch, and one machine equals another, bit for bit.
"""

from __future__ import annotations

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FARTHEST = 700.0
"""A margin beyond this counts as this: its probability is 0 or 1 to 300 digits."""

_BLOCK = 8192
_LOG2_E = float.fromhex("0x1.71547652b82fep+0")
# log 2 in two parts: the first ends in 21 empty bits, so that a whole multiple of it is exact.
_LOG_2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
_LOG_2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_TAYLOR = tuple(1.0 / math.factorial(power) for power in range(13, -1, -1))


@overload
def probability(margin: float) -> float: ...
@overload
def probability(margin: NDArray[np.float64]) -> NDArray[np.float64]: ...
def probability(margin: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """1 / (1 + exp(-margin)), of one margin or of an array of any shape and layout."""
    if isinstance(margin, np.ndarray):
        return _of_array(margin)
    return _of_one(float(margin))


def logit(share: ArrayLike) -> NDArray[np.float64]:
    """The log-odds of probabilities, kept finite."""
    inside = np.clip(np.asarray(share, dtype=np.float64), 1e-15, 1.0 - 1e-15)
    return np.log(inside) - np.log1p(-inside)


def _of_one(margin: float) -> float:
    if margin != margin:
        return margin
    exponent = -min(FARTHEST, max(-FARTHEST, margin))
    whole = round(exponent * _LOG2_E)
    rest = (exponent - whole * _LOG_2_HIGH) - whole * _LOG_2_LOW
    power = _TAYLOR[0]
    for coefficient in _TAYLOR[1:]:
        power = power * rest + coefficient
    return 1.0 / (1.0 + math.ldexp(power, whole))


def _of_array(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = np.array(margin, dtype=np.float64, order="C").reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        _in_place(flat[start : start + _BLOCK])
    return flat.reshape(margin.shape)


def _in_place(block: NDArray[np.float64]) -> None:
    """The steps of `_of_one` in the same order, on a block that fits in the processor's cache."""
    np.clip(block, -FARTHEST, FARTHEST, out=block)
    np.negative(block, out=block)
    whole = np.rint(block * _LOG2_E)
    block -= whole * _LOG_2_HIGH
    block -= whole * _LOG_2_LOW
    power = np.full_like(block, _TAYLOR[0])
    for coefficient in _TAYLOR[1:]:
        power *= block
        power += coefficient
    power *= ((whole.astype(np.int64) + 1023) << 52).view(np.float64)
    power += 1.0
    np.divide(1.0, power, out=block)

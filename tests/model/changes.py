"""Changes to the plain data and the arrays of a saved model, for tests of what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np


def with_value(name: str, value: float) -> Any:
    def change(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name].flat[-1] = value

    return change


def with_array(name: str, change_array: Any) -> Any:
    def change(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = change_array(arrays[name])

    return change


def with_data(**changed: Any) -> Any:
    return lambda data, arrays: data.update(changed)

"""Linear algebra on one thread while a model is learnt: its matrices are small, and threads only wait.

More threads than one would also share out the sums anew, so that the last bit hung on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Given = TypeVar("Given")


def on_one_thread(learn: Callable[Asked, Given]) -> Callable[Asked, Given]:
    """Let a function learn so; what the process had before is put back."""

    @wraps(learn)
    def learn_so(*asked: Asked.args, **named: Asked.kwargs) -> Given:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return learn(*asked, **named)

    return learn_so

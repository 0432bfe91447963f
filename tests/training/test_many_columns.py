"""Many numeric columns: memory and time stay in proportion to them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import random_array

from leadlight.model import coefficients

TRAIN = """
import numpy, polars, leadlight
dice = numpy.random.default_rng(0)
rows, count = 1500, {count}
values = dice.normal(size=(rows, count)).round(4)
won = (values[:, 0] + dice.normal(size=rows) > 0).astype(int)
leads = polars.DataFrame({{**{{f"c{{k}}": values[:, k] for k in range(count)}}, "won": won}})
model = leadlight.train(leads, target="won", models=["logistic"], folds=2, refit=False)
assert model.training["coefficients"][0]["column"] == "c0"
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.long
def test_five_hundred_columns_fit_into_a_gigabyte() -> None:
    """The step of 16,000 coefficients is taken in the space of the leads, which are fewer."""
    command = [sys.executable, "-c", TRAIN.format(count=500)]
    learning = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(learning.stdout.split()[-1]) < 1_000_000


def test_both_ways_to_the_step_agree() -> None:
    dice = np.random.default_rng(1)
    matrix = random_array((60, 40), density=0.2, rng=dice, format="csr")
    weight, left = dice.uniform(0.01, 0.25, 60), dice.normal(size=(60, 5))
    by_columns = coefficients.solved_by_columns(matrix, weight, 3.0, left)
    by_rows = coefficients.solved_by_rows(matrix, weight, 3.0, left)
    assert np.allclose(by_columns, by_rows, atol=1e-10)

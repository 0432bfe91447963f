"""What is kept to set a line by: cells of 20 leads or more, none of which parts equal margins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadlight.model.tally import LEAST, MOST_CELLS, Tally


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=LEAST, max_size=300))
def test_leads_of_one_margin_are_in_one_cell(leads: list[tuple[int, bool]]) -> None:
    margin, won = np.array([place for place, _ in leads], float), np.array([each for _, each in leads], float)
    tally = Tally.fit(won, margin)
    assert min(tally.leads) >= LEAST
    assert (sum(tally.leads), sum(tally.won)) == (len(leads), won.sum())
    ends = {int((margin <= place).sum()) for place in margin}
    assert set(np.cumsum(tally.leads).tolist()) <= ends


def test_many_leads_are_kept_in_a_few_hundred_cells() -> None:
    margin = np.random.default_rng(1).normal(size=50_000)
    tally = Tally.fit((margin > 0).astype(float), margin)
    assert MOST_CELLS / 2 < len(tally.leads) <= MOST_CELLS
    assert tally.won[0] == 0
    assert tally.won[-1] == tally.leads[-1]

"""A neural network on the codes: one hidden layer beside a linear part, several of them averaged.

Every level and bin has its own weights, numbers also their rank. Five networks learn side by side on the
same batches; each holds back another fifth of the leads, so that together they tell after every pass how they
would do on leads they have not seen. The average of networks of one hidden layer is one wider network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder, Feature, support_for
from leadlight.model.network import Network
from leadlight.model.probability import probability
from leadlight.training.learners.logistic import coarser
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "learning_rate": 0.01,
    "width": 64,
    "weight_decay": 0.2,
    "dropout": 0.1,
    "blanked": 0.15,
    "epochs": 25,
}
SPACE: Final[Space] = {
    "learning_rate": Span(0.002, 0.04, log=True),
    "width": Span(16, 96, log=True),
    "weight_decay": Span(0.01, 3.0, log=True),
    "dropout": Span(0.0, 0.4),
    "blanked": Span(0.0, 0.4),
    "epochs": Span(8, 40, log=True),
}
MEMBERS: Final = 5
BATCHES: Final = 32
SMALLEST_BATCH: Final = 32
LARGEST_BATCH: Final = 1024
MOST_VISITS: Final = 1_000_000
"""Leads are looked at so often in all: fewer passes over many leads."""
PATIENCE: Final = 8
WARM_UP: Final = 50
MOMENTUM: Final = 0.9
MEMORY: Final = 0.99
BLOCK: Final = 4096
_FLOAT = np.float32


@dataclass(frozen=True)
class Inputs:
    """What the network sees of its leads: for each the same number of entries in a wide, sparse row."""

    places: np.ndarray
    values: np.ndarray
    width: int
    parts: tuple[np.ndarray, ...]
    ranks: tuple[np.ndarray, ...]
    starts: tuple[int, ...]
    counts: tuple[np.ndarray, ...]

    @staticmethod
    def of(codes: Codes, features: Sequence[Feature]) -> Inputs:
        """An entry for each level or bin, and one for the rank of a number."""
        parts = [coarser(codes[:, k], each.size, each.is_ordered) for k, each in enumerate(features)]
        counts = [np.bincount(codes[:, k], minlength=each.size) for k, each in enumerate(features)]
        ranks = [_ranks(count, each) for count, each in zip(counts, features, strict=True)]
        starts = np.cumsum([0, *(int(part.max()) + 2 for part in parts)]).tolist()
        places, values = [], []
        for k, (part, rank, start) in enumerate(zip(parts, ranks, starts[:-1], strict=True)):
            places.append(start + 1 + part.take(codes[:, k]))
            values.append(np.ones(len(codes)))
            if rank.any():
                places.append(np.full(len(codes), start))
                values.append(rank.take(codes[:, k]))
        stacked = np.column_stack(places).astype(np.int32), np.column_stack(values).astype(_FLOAT)
        return Inputs(*stacked, starts[-1], tuple(parts), tuple(ranks), tuple(starts[:-1]), tuple(counts))

    def rows(self, chosen: np.ndarray | slice, kept: np.ndarray | None = None) -> Any:
        """These leads as a sparse matrix; what is not kept is blanked."""
        from scipy.sparse import csr_matrix

        places, values = self.places[chosen], self.values[chosen]
        if kept is not None:
            values = values * kept
        ends = np.arange(len(places) + 1) * places.shape[1]
        return csr_matrix((values.ravel(), places.ravel(), ends), shape=(len(places), self.width))

    def tables(self, weights: np.ndarray) -> list[np.ndarray]:
        """The weights written out, a table a feature; a code of few leads says what the average says."""
        found = []
        for part, rank, start, counts in zip(self.parts, self.ranks, self.starts, self.counts, strict=True):
            table = weights[start + 1 + part] + rank[:, None] * weights[start]
            told = np.bincount(part, weights=counts).take(part) >= support_for(len(self.places))
            found.append(np.where(told[:, None], table, np.average(table, axis=0, weights=counts)))
        return found


def _ranks(counts: np.ndarray, feature: Feature) -> np.ndarray:
    """Where the middle of each bin stands among the leads, from about -1.7 to 1.7; nothing for levels."""
    known = np.r_[0.0, counts[1:]]
    if not feature.is_ordered or np.count_nonzero(known) < 2:
        return np.zeros(feature.size)
    ranks: np.ndarray = ((np.cumsum(known) - known / 2) / known.sum() - 0.5) * 12**0.5
    ranks[0] = 0.0
    return ranks


@dataclass(frozen=True)
class Weights:
    """Of all members: `first` from the inputs to their hidden layers and, last, straight to their margins."""

    first: np.ndarray
    bias: np.ndarray
    output: np.ndarray
    intercept: np.ndarray

    @staticmethod
    def drawn(dice: np.random.Generator, inputs: Inputs, width: int, start: float) -> Weights:
        units = MEMBERS * width
        first = dice.normal(size=(inputs.width, units + MEMBERS)) / np.sqrt(inputs.places.shape[1])
        first[:, units:] = 0.0
        bias = dice.normal(size=units) / 2
        output = dice.normal(size=(MEMBERS, width)) / np.sqrt(4 * width)
        return Weights(*(a.astype(_FLOAT) for a in (first, bias, output, np.full(MEMBERS, start))))

    def each(self) -> tuple[np.ndarray, ...]:
        return self.first, self.bias, self.output, self.intercept

    def copy(self) -> Weights:
        return Weights(*(values.copy() for values in self.each()))

    def margins(self, rows: Any) -> np.ndarray:
        """What each member says."""
        before, straight = self._before(rows)
        return self._out(before / np.sqrt(1 + before * before), straight)

    def _before(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        sums = rows @ self.first
        units = self.bias.size
        return sums[:, :units] + self.bias, sums[:, units:]

    def _out(self, after: np.ndarray, straight: np.ndarray) -> np.ndarray:
        hidden = after.reshape(len(after), *self.output.shape)
        margins: np.ndarray = np.einsum("rmu,mu->rm", hidden, self.output) + straight + self.intercept
        return margins

    def slopes(self, rows: Any, kept: np.ndarray, pull: Callable[[np.ndarray], np.ndarray]) -> Weights:
        """How the loss changes with every weight; `pull` says how it does with the margins."""
        before, straight = self._before(rows)
        bend = 1 / np.sqrt(1 + before * before)
        after = before * bend * kept
        slope = pull(self._out(after, straight))
        hidden = after.reshape(len(after), *self.output.shape)
        back = (slope[:, :, None] * self.output).reshape(before.shape) * kept * (bend * bend * bend)
        first = rows.T @ np.concatenate([back, slope], axis=1)
        output = np.einsum("rm,rmu->mu", slope, hidden)
        return Weights(first, back.sum(axis=0), output, slope.sum(axis=0))


class Adam:
    """Steps that are as long for rare inputs as for common ones; weights decay as they go."""

    def __init__(self, weights: Weights, decay: float) -> None:
        self.weights, self.decay, self.steps = weights, decay, 0
        self.means = [np.zeros_like(values) for values in weights.each()]
        self.squares = [np.zeros_like(values) for values in weights.each()]

    def step(self, slopes: Weights, rate: float) -> None:
        self.steps += 1
        mean_share, square_share = 1 - MOMENTUM**self.steps, 1 - MEMORY**self.steps
        every = zip(self.weights.each(), slopes.each(), self.means, self.squares, strict=True)
        for values, slope, mean, square in every:
            mean += (1 - MOMENTUM) * (slope - mean)
            square += (1 - MEMORY) * (slope * slope - square)
            values -= (rate / mean_share) * mean / (np.sqrt(square / square_share) + _FLOAT(1e-8))
        for values in (self.weights.first, self.weights.output):
            values *= 1 - rate * self.decay


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Network:
    chosen = {**SETTINGS, **settings}
    weight = np.ones(len(outcome)) if weight is None else weight / weight.mean()
    inputs = Inputs.of(codes, encoder.features)
    dice = np.random.Generator(np.random.PCG64(seed))
    learnt = _learnt(inputs, outcome, weight, dice, {name: float(value) for name, value in chosen.items()})
    units = learnt.bias.size
    tables = inputs.tables(learnt.first.astype(np.float64))
    return Network.of(
        float(learnt.intercept.mean()),
        [table[:, units:].mean(axis=1) for table in tables],
        [table[:, :units] for table in tables],
        learnt.bias.astype(np.float64),
        learnt.output.ravel().astype(np.float64) / MEMBERS,
        codes,
    )


def _learnt(
    inputs: Inputs,
    outcome: np.ndarray,
    weight: np.ndarray,
    dice: np.random.Generator,
    settings: dict[str, float],
) -> Weights:
    """The weights after the pass that did best on the leads held back."""
    count = len(outcome)
    rate = float(np.average(outcome, weights=weight))
    weights = Weights.drawn(dice, inputs, int(settings["width"]), float(np.log(rate / (1 - rate))))
    optimiser = Adam(weights, settings["weight_decay"])
    held = dice.permutation(count) % MEMBERS
    epochs = int(np.clip(MOST_VISITS // count, 2, settings["epochs"]))
    size = int(np.clip(count // BATCHES, SMALLEST_BATCH, LARGEST_BATCH))
    steps = epochs * -(-count // size)
    best, least, at = weights.copy(), np.inf, 0
    for epoch in range(epochs):
        for chosen in np.split(dice.permutation(count), range(size, count, size)):
            kept = _kept(dice, (len(chosen), inputs.places.shape[1]), settings["blanked"])
            units = _kept(dice, (len(chosen), weights.bias.size), settings["dropout"])
            share = weight[chosen, None] * (held[chosen, None] != np.arange(MEMBERS)) / (len(chosen) * 0.8)
            pull = _pull(outcome[chosen, None], share)
            slopes = weights.slopes(inputs.rows(chosen, kept), units, pull)
            done = optimiser.steps / (steps + 1)
            optimiser.step(slopes, settings["learning_rate"] * (1 - done) * min(1, done * steps / WARM_UP))
        loss = _loss(weights, inputs, outcome, weight, held)
        if loss < least:
            best, least, at = weights.copy(), loss, epoch
        if epoch - at >= PATIENCE:
            break
    return best


def _kept(dice: np.random.Generator, shape: tuple[int, int], dropped: float) -> np.ndarray:
    """Which are kept, made larger by as much as is lost."""
    return (dice.random(shape, dtype=_FLOAT) >= dropped) / _FLOAT(1 - dropped)


def _pull(outcome: np.ndarray, share: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def pull(margins: np.ndarray) -> np.ndarray:
        slope: np.ndarray = ((probability(margins.astype(np.float64)) - outcome) * share).astype(_FLOAT)
        return slope

    return pull


def _loss(
    weights: Weights, inputs: Inputs, outcome: np.ndarray, weight: np.ndarray, held: np.ndarray
) -> float:
    """The log loss of what each lead is told by the member that has not seen it."""
    count, loss = len(outcome), 0.0
    for start in range(0, count, BLOCK):
        rows = slice(start, start + BLOCK)
        margins = np.take_along_axis(weights.margins(inputs.rows(rows)), held[rows, None], axis=1)[:, 0]
        spoken = np.logaddexp(0.0, np.where(outcome[rows] == 1, -margins, margins))
        loss += float((weight[rows] * spoken).sum())
    return loss / count

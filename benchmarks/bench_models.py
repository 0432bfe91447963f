"""Every model of ours beside what the field uses, each as it comes, on the same folds of the same leads.

On the X Education leads, on two made-up kinds of leads whose truth is known, or on a file of your own.

python -m benchmarks.bench_models [--only fast,catboost] [--peers lightgbm] [--on linear] [--autogluon PYTHON]
make bench DATA=leads.csv TARGET=column
"""

from __future__ import annotations

import math
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import leads, made, peers
from benchmarks.contest import Apart, Contest, Held, apart, ours, quality, theirs, xeducation
from benchmarks.measure import WORK, Figure, Table, commit, process
from benchmarks.own import own
from benchmarks.reporting import report
from leadlight.training import candidates

LEARN: Final = 8_000
HELD: Final = 30_000
AUTOGLUON: Final = "autogluon"
AUTOGLUON_SECONDS: Final = 180
OF_SALES: Final = tuple(name for name in leads.SALES if name not in leads.BY_SALES)
"""What the wider columns hold of it, and what the audit would leave out by itself."""
COUNTERPARTS: Final[Mapping[str, str]] = {
    "logistic": "liblinear",
    "glassbox_main": "ebm",
    "glassbox": "ebm",
    **{name: name for name in ("tree", "forest", "lightgbm", "xgboost", "catboost")},
}
"""Which peer builds a model of the same kind; all else is held against the best of the others."""
BARS: Final[Mapping[str, Mapping[str, float]]] = {
    "tree": {"AUC": 0.866},
    "neural": {"AUC": 0.872},
    "forest": {"AUC": 0.875},
    "xgboost": {"AUC": 0.879},
    "catboost": {"AUC": 0.880},
    "ensemble": {"AUC": 0.881, "log loss": 0.416},
}
WIDER_BARS: Final[Mapping[str, Mapping[str, float]]] = {"ensemble": {"AUC": 0.931}}
ANSWERS: Final = ("positive", "negative", "open")
HEAD: Final = (
    *("model", "AUC", "log loss", "s a fold", "held against", "AUC, ours less theirs"),
    "log loss, ours less theirs",
)

Bars = Mapping[str, Mapping[str, float]]
Peer = Callable[[Contest], Held]


@dataclass(frozen=True)
class Sample:
    """How the leads come about, the bars that hold there, and who takes part; None is everyone."""

    what: str
    make: Callable[[], Contest]
    bars: Bars = field(default_factory=dict)
    names: Sequence[str] | None = None
    others: Sequence[str] | None = None


SAMPLES: Final[Mapping[str, Sample]] = {
    "xeducation": Sample("five folds, without what sales fill in", lambda: xeducation(leads.SALES), BARS),
    "wider": Sample(
        "five folds, all columns but Tags, Lead Quality and Lead Profile",
        lambda: xeducation(leads.BY_SALES, keep=OF_SALES),
        WIDER_BARS,
        ("fast", "ensemble"),
        ("lightgbm", "catboost"),
    ),
    "linear": Sample("made-up leads whose effects add up", lambda: known("linear")),
    "interactions": Sample("made-up leads whose columns work in pairs", lambda: known("interactions")),
}


def known(name: str) -> Contest:
    """Made-up leads: one fold, learnt on few and looked at on many."""
    learn, held = made.MADE[name](LEARN, 1), made.MADE[name](HELD, 2)
    rows = np.arange(LEARN + HELD)
    return Contest(
        learn.frame.vstack(held.frame),
        made.TARGET,
        [(rows[:LEARN], rows[LEARN:])],
        aside=(made.IDENTITY,),
        truth=np.concatenate([learn.truth, held.truth]),
    )


def models() -> tuple[str, ...]:
    """All that can be asked for by name: the default, each family that is here, and all at once."""
    return ("fast", *candidates.names_of("all"), "all")


def by_autogluon(python: str, on: Contest) -> Held:
    """In its own environment, three minutes a fold."""
    probability, seconds = np.full(on.frame.height, np.nan), 0.0
    frame = on.frame.drop(on.aside)
    files = [WORK / f"autogluon-{part}.csv" for part in ("learn", "held", "found")]
    WORK.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("peer_autogluon.py")
    for learn, held in on.folds:
        frame[learn].write_csv(files[0])
        frame[held].drop(on.target).write_csv(files[1])
        run = process(python, script, *files[:2], on.target, str(AUTOGLUON_SECONDS), files[2])
        probability[held] = np.loadtxt(files[2], skiprows=1)
        seconds += run.seconds
    return Held(probability, seconds / len(on.folds))


@dataclass(frozen=True)
class Result:
    """One model on one sample; `peer` is whom it is held against, if anyone."""

    name: str
    quality: Mapping[str, float]
    peer: str = ""
    ahead: Mapping[str, Apart] = field(default_factory=dict)


def resumed(title: str, name: str, peer: Peer, on: Contest) -> Held:
    """A run that was stopped goes on where it stopped, at the same commit."""
    path = WORK / "models" / commit() / f"{title}-{name}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Held(kept["probability"], float(kept["seconds"]))
    held = peer(on)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, probability=held.probability, seconds=held.seconds)
    return held


def measured(on: Contest, entries: Mapping[str, Peer], others: Mapping[str, Peer]) -> Iterator[Result]:
    """The truth where it is known, the others, then each of ours beside its counterpart."""
    if on.truth is not None:
        yield Result("the truth itself", quality(on, Held(on.truth, math.nan)))
    seen = {name: peer(on) for name, peer in others.items()}
    reached = {name: quality(on, held) for name, held in seen.items()}
    for name, found in reached.items():
        yield Result(f"{name}, as it comes", found)
    best = max(reached, key=lambda name: reached[name]["AUC"], default="")
    for name, entry in entries.items():
        held = entry(on)
        peer = next((each for each in (COUNTERPARTS.get(name), best) if each in seen), "")
        yield Result(name, quality(on, held), peer, apart(on, held, seen[peer]) if peer else {})


def watched(title: str, results: Iterator[Result]) -> list[Result]:
    """All of them, each told when it is there: a sample takes minutes."""
    found = []
    for each in results:
        print(f"{title}, {each.name}: AUC {each.quality['AUC']:.4f}", flush=True)
        found.append(each)
    return found


def entered(
    title: str, whose: str, asked: Mapping[str, Peer], there: Sequence[str] | None
) -> dict[str, Peer]:
    """Of those who were asked for, the ones who take part in a sample; ours and theirs share names."""
    return {
        name: partial(resumed, f"{title}-{whose}", name, peer)
        for name, peer in asked.items()
        if there is None or name in there
    }


def tabled(title: str, results: Sequence[Result]) -> Table:
    rows = [
        (
            each.name,
            f"{each.quality['AUC']:.4f}",
            f"{each.quality['log loss']:.4f}",
            "" if math.isnan(each.quality["s a fold"]) else f"{each.quality['s a fold']:.3g}",
            each.peer,
            *(told(each.ahead.get(what)) for what in ("AUC", "log loss")),
        )
        for each in results
    ]
    return Table(title, HEAD, rows)


def told(gap: Apart | None) -> str:
    return "" if gap is None else f"{gap.difference:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"


def barred(title: str, results: Sequence[Result], bars: Bars) -> list[Figure]:
    """What is held against a bar, beside the peer's."""
    quality_of = {each.name.removesuffix(", as it comes"): each.quality for each in results if not each.peer}
    return [
        Figure(
            f"{title}, {each.name}: {what}",
            "",
            each.quality[what],
            quality_of[each.peer][what] if each.peer else None,
            bar,
            lower_is_better=what != "AUC",
            against=each.peer,
        )
        for each in results
        for what, bar in bars.get(each.name, {}).items()
    ]


def asked() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(models()), help="our models, parted by commas")
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="the others, parted by commas")
    parser.add_argument("--on", default=",".join(SAMPLES), help="the samples, parted by commas")
    parser.add_argument("--data", help="leads of your own instead of the samples")
    parser.add_argument("--target", default="", help="the column of theirs that tells how a lead ended")
    for answer in ANSWERS:
        parser.add_argument(f"--{answer}", action="append", help=f"a value of it that means {answer}")
    parser.add_argument("--autogluon", metavar="PYTHON", help="the Python of an environment with AutoGluon")
    return parser.parse_args()


def chosen(text: str, there: Sequence[str], what: str) -> list[str]:
    """The names that were asked for; one that is not there ends the run."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in there]:
        raise SystemExit(f"there is no {what} {unknown[0]!r}; there are: {', '.join(there)}")
    return names


def on_a_file(given: Namespace, entries: Mapping[str, Peer], others: Mapping[str, Peer]) -> None:
    """Leads of one's own: no bars, and nothing is kept."""
    contest, without = own(given.data, given.target, **{name: getattr(given, name) for name in ANSWERS})
    print(f"left out: {', '.join(without) or 'nothing'}", flush=True)
    title = f"{given.data}: {len(contest.held):,} leads, {len(contest.folds)} folds"
    results = watched(given.data, measured(contest, entries, others))
    report("models", [], keep=False, tables=[tabled(title, results)])


def main() -> None:
    given = asked()
    entries: dict[str, Peer] = {name: partial(ours, name) for name in chosen(given.only, models(), "model")}
    others: dict[str, Peer] = {
        name: partial(theirs, name) for name in chosen(given.peers, tuple(peers.PEERS), "peer")
    }
    if given.autogluon:
        others[AUTOGLUON] = partial(by_autogluon, given.autogluon)
    warnings.filterwarnings("ignore", module="sklearn|interpret|lightgbm|xgboost")
    if given.data is not None:
        on_a_file(given, entries, others)
        return
    figures, tables = [], []
    for title in chosen(given.on, tuple(SAMPLES), "sample"):
        sample = SAMPLES[title]
        mine = entered(title, "ours", entries, sample.names)
        results = watched(
            title, measured(sample.make(), mine, entered(title, "theirs", others, sample.others))
        )
        tables.append(tabled(f"{title}: {sample.what}", results))
        figures += barred(title, results, sample.bars)
    everything = [",".join(each) for each in (models(), peers.PEERS, SAMPLES)]
    report("models", figures, keep=[given.only, given.peers, given.on] == everything, tables=tables)


if __name__ == "__main__":
    main()

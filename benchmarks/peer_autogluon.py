"""AutoGluon on one fold, in an environment of its own: learn from a CSV, foretell another.

PYTHON benchmarks/peer_autogluon.py LEARN HELD TARGET SECONDS OUTPUT
"""

import sys
import tempfile

import pandas
from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]


def main(learn: str, held: str, target: str, seconds: str, output: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(target, eval_metric="roc_auc", path=folder, verbosity=0)
        predictor.fit(pandas.read_csv(learn), time_limit=float(seconds), presets="best_quality")
        chances = predictor.predict_proba(pandas.read_csv(held))
    chances[[1]].to_csv(output, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

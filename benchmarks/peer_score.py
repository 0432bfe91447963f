"""The peer's whole process: read a CSV with pandas, score it with the kept pipeline, write a CSV.

python benchmarks/peer_score.py PIPELINE LEADS OUTPUT ID
"""

import sys

import joblib
import pandas


def main(pipeline: str, leads: str, output: str, identity: str) -> None:
    fitted, columns = joblib.load(pipeline)
    frame = pandas.read_csv(leads)
    probability = fitted.predict_proba(frame[columns])[:, 1]
    pandas.DataFrame({identity: frame[identity], "probability": probability}).to_csv(output, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

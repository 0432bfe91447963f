"""Whether a new model may go into service: python3 gate.py TRAINED.json [COMPARED.json]

TRAINED is what `leadlight train --json` printed, COMPARED what `leadlight compare NEW OLD LEADS --json` did.
Ends with 0 where it may, with 99 where it may not, which Airflow takes for "skip what follows".
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

NOT_BETTER = 99


def main(paths: list[str]) -> int:
    """Say what speaks against the model."""
    reasons = [*weak(json.loads(Path(paths[0]).read_text()))]
    if len(paths) > 1:
        reasons += worse(json.loads(Path(paths[1]).read_text()))
    print("\n".join(reasons) or "nothing speaks against it")
    return NOT_BETTER if reasons else 0


def weak(trained: dict) -> list[str]:
    """On leads that it has not seen it has to reach what was asked for, and to be more than chance."""
    figures, least = trained["test"], float(os.environ.get("LEADLIGHT_LEAST_AUC", "0.6"))
    auc, low = figures["auc"], figures.get("auc_low") or 0.0
    found = [f"its AUC on the test leads is {auc:.3f}, less than {least:.3f}"] if auc < least else []
    return found + ([] if low > 0.5 else [f"its AUC may be {low:.3f}, which is chance"])


def worse(compared: dict) -> list[str]:
    """On leads decided since, the model in service must not be better beyond doubt."""
    gap = compared["metrics"]["auc"]
    return ["the model in service is better beyond doubt"] if gap["high"] < 0 else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

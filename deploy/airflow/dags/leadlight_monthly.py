"""Every month: learn anew from what was decided since, and promote the model only where it proves itself.

The model of a month has a file of its own. Trained twice on the same leads it is the same, byte for byte, and
promoting what is in service already changes nothing.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

GATE = Path(__file__).resolve().parents[1] / "gate.py"
NOT_BETTER = 99
RETRY = timedelta(seconds=int(os.environ.get("LEADLIGHT_RETRY_SECONDS", "120")))
COMMON = """
set -euo pipefail
: "${LEADLIGHT_HOME:?the home that leadlight init made}" "${LEADLIGHT_DROP:?the folder where exports lie}"
command="${LEADLIGHT_COMMAND:-leadlight}"
models="$LEADLIGHT_DROP/models"
candidate="$models/$MONTH.leadlight"
"""

with DAG(
    "leadlight_monthly",
    description="train -> gate -> promote",
    schedule=CronDataIntervalTimetable("0 5 1 * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": RETRY, "execution_timeout": timedelta(hours=6)},
) as dag:

    def command(name: str, text: str) -> BashOperator:
        """A task that runs commands of Leadlight for the month of its interval."""
        return BashOperator(
            task_id=name,
            bash_command=COMMON + text,
            env={"MONTH": "{{ data_interval_start.strftime('%Y-%m') }}", "GATE": str(GATE)},
            append_env=True,
            skip_on_exit_code=NOT_BETTER,
        )

    train = command(
        "train",
        """
mkdir -p "$models"
"$command" train --home "$LEADLIGHT_HOME" -o "$candidate" --force --json > "$models/.$MONTH.json"
mv "$models/.$MONTH.json" "$models/$MONTH.json"
""",
    )
    gate = command(
        "gate",
        """
decided="$LEADLIGHT_DROP/decided-$MONTH.csv"
serving="$models/in-service.leadlight"
if [ -e "$decided" ] && [ -e "$serving" ]; then
    "$command" compare "$candidate" "$serving" "$decided" --json > "$models/$MONTH.compared.json"
    python3 "$GATE" "$models/$MONTH.json" "$models/$MONTH.compared.json"
else
    python3 "$GATE" "$models/$MONTH.json"
fi
""",
    )
    promote = command(
        "promote",
        """
"$command" promote "$candidate" --home "$LEADLIGHT_HOME" --json
cp "$candidate" "$models/.in-service" && mv "$models/.in-service" "$models/in-service.leadlight"
""",
    )
    train >> gate >> promote

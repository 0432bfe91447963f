"""Every day: bring the day's leads in, look at them, score what is new, hand the scores back.

Each task is a command of Leadlight, run as one: a task that is killed is simply run again. What a task leaves
hangs on the data interval alone, so that a second run of a day changes nothing.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

NO_LEADS = 99
RETRY = timedelta(seconds=int(os.environ.get("LEADLIGHT_RETRY_SECONDS", "120")))
COMMON = """
set -euo pipefail
: "${LEADLIGHT_HOME:?the home that leadlight init made}" "${LEADLIGHT_DROP:?the folder where exports lie}"
leads="${LEADLIGHT_LEADS:-$LEADLIGHT_DROP/leads-$DAY.csv}"
command="${LEADLIGHT_COMMAND:-leadlight}"
"""

with DAG(
    "leadlight_daily",
    description="sync -> inspect -> score -> write back",
    schedule=CronDataIntervalTimetable("0 4 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": RETRY, "execution_timeout": timedelta(hours=2)},
) as dag:

    def command(name: str, text: str, **more: object) -> BashOperator:
        """A task that runs commands of Leadlight for the day of its interval."""
        return BashOperator(
            task_id=name,
            bash_command=COMMON + text,
            env={"DAY": "{{ data_interval_start | ds }}"},
            append_env=True,
            skip_on_exit_code=NO_LEADS,
            **more,
        )

    sync = command(
        "sync",
        f"""
case "$leads" in *://*) ;; *) [ -e "$leads" ] || {{ echo "no leads for $DAY"; exit {NO_LEADS}; }} ;; esac
"$command" sync "$leads" --home "$LEADLIGHT_HOME" --json
""",
    )
    inspect = command(
        "inspect",
        """
mkdir -p "$LEADLIGHT_DROP/inspected"
"$command" inspect --home "$LEADLIGHT_HOME" --json > "$LEADLIGHT_DROP/inspected/.$DAY.json"
mv "$LEADLIGHT_DROP/inspected/.$DAY.json" "$LEADLIGHT_DROP/inspected/$DAY.json"
""",
    )
    score = command("score", '"$command" score --home "$LEADLIGHT_HOME" --json\n')
    write_back = command(
        "write_back",
        """
mkdir -p "$LEADLIGHT_DROP/scored"
"$command" score --home "$LEADLIGHT_HOME" --only-scores --reasons 3 --force --json \\
    -o "$LEADLIGHT_DROP/scored/$DAY.csv"
""",
    )
    sync >> inspect >> score >> write_back

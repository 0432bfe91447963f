"""`leadlight spark` as a job: spark-submit job.py score MODEL LEADS -o OUTPUT, or job.py learn LEADS ..."""

import sys

from leadlight.cli import main

sys.argv[1:1] = ["spark"]
main()

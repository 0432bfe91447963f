"""Leadlight on Spark: `score` and `train` on its dataframes, and where leads come from and scores go to."""

from leadlight.run.spark.learning import train
from leadlight.run.spark.places import Place
from leadlight.run.spark.scoring import score
from leadlight.run.spark.session import spark_session

__all__ = ["Place", "score", "spark_session", "train"]

"""Leads of which it is known what their columns say: some true columns, some of nothing but noise."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadlight.model.encode import Codes, Encoder
from leadlight.training.options import Options
from leadlight.training.prepare import prepare

TRUE = ("Visits", "Wait", "Source", "Demo", "Size", "Device")
COLOURS = ("red", "green", "blue", "white", "black")


def dice(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def noise(rows: int, columns: int, seed: int) -> pl.DataFrame:
    """Numbers, words of few and of many levels, counts and gaps that say nothing of anything."""
    draw = dice(seed + 1_000)
    kinds = (
        lambda: draw.normal(size=rows).round(3).tolist(),
        lambda: draw.choice(COLOURS, rows).tolist(),
        lambda: draw.poisson(2.0, rows).tolist(),
        lambda: draw.choice([f"town {k}" for k in range(30)], rows).tolist(),
        lambda: np.where(draw.random(rows) < 0.3, None, draw.choice(["north", "south"], rows)).tolist(),
    )
    return pl.DataFrame({f"Noise {k}": kinds[k % len(kinds)]() for k in range(columns)})


def noise_leads(rows: int, columns: int, rate: float, seed: int) -> pl.DataFrame:
    """Columns and outcomes that have nothing to do with each other."""
    return noise(rows, columns, seed).with_columns(_drawn(np.full(rows, rate), seed))


def weak_leads(rows: int, seed: int, slope: float, rate: float = 0.3) -> pl.DataFrame:
    """One number says a little: by a slope of 0.28 its AUC is 0.58; seven other columns say nothing."""
    leads = noise(rows, 8, seed)
    margin = slope * leads["Noise 0"].to_numpy() + np.log(rate / (1 - rate))
    return leads.with_columns(_drawn(1 / (1 + np.exp(-margin)), seed))


def planted_leads(rows: int, seed: int, noises: int = 10) -> pl.DataFrame:
    """Six columns that decide, one by its middle and one by its gaps, beside noise."""
    draw = dice(seed)
    visits, wait = draw.poisson(4.0, rows), draw.normal(40, 10, rows).round()
    source = draw.choice(["Web", "Fair", "Call", "Mail"], rows, p=[0.5, 0.2, 0.2, 0.1])
    demo, size = draw.random(rows) < 0.2, np.exp(draw.normal(4, 1, rows)).round()
    gone = draw.random(rows) < 0.3
    margin = 0.3 * (visits - 4) + 0.12 * (np.abs(wait - 40) - 8) + 1.2 * demo + 0.6 * (np.log(size + 1) - 4)
    margin += np.select([source == "Fair", source == "Call"], [1.0, -0.8], 0.0) + 1.0 * gone - 1.5
    columns = {
        "Visits": visits,
        "Wait": wait,
        "Source": source.tolist(),
        "Demo": np.where(demo, "Yes", "No").tolist(),
        "Size": size,
        "Device": np.where(gone, None, draw.choice(["mobile", "fixed"], rows)).tolist(),
    }
    chance = 1 / (1 + np.exp(-margin))
    return pl.DataFrame(columns).hstack(noise(rows, noises, seed)).with_columns(_drawn(chance, seed))


def _drawn(chance: np.ndarray, seed: int) -> pl.Series:
    return pl.Series("Converted", (dice(seed + 2_000).random(len(chance)) < chance).astype(int))


def coded(leads: pl.DataFrame) -> tuple[Codes, np.ndarray, Encoder]:
    """What a way to select columns is shown."""
    prepared = prepare(leads, Options(target="Converted"))
    typed = prepared.schema.apply(prepared.raw)
    encoder = Encoder.fit(typed, prepared.schema)
    return encoder.apply(typed), prepared.outcome, encoder

"""How a batch came in: ids that are reused, rows that came twice, clocks that shifted, late outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import rows
from leadlight.data.content import content
from leadlight.data.finding import Finding
from leadlight.insight.drift import BETTER_HOURS, FALSE_ALARMS, FEWEST, Judged
from leadlight.insight.share_gap import gap, share_rise
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes
from leadlight.model.feed import DAY, HOURS, FeedReference, age_bins, hours_of, strength

TESTS: Final = 6
LEVEL: Final = FALSE_ALARMS / TESTS
REUSED: Final = 0.01
TWICE: Final = 0.05
LATE: Final = 0.05
STALE_DAYS: Final = 90.0
STALE_SHARE: Final = 0.5
STRONGER: Final = 0.08
DEVIATIONS: Final = 4.5
STRONG: Final = 0.75


@dataclass(frozen=True, eq=False)
class Arrivals:
    """A batch as it came: raw rows, their moments, codes and outcomes (nan where open)."""

    bundle: Bundle
    raw: pl.DataFrame
    earlier: pl.DataFrame | None
    codes: Codes
    moment: np.ndarray | None
    outcome: np.ndarray
    at: float | None
    judged: Judged

    def found(self) -> Iterator[Finding]:
        """Everything that is odd about them."""
        if self.raw.height < FEWEST:
            return
        feed = self.bundle.reference.feed
        if self.judged.arrivals:
            yield from self._reused()
            yield from self._twice()
            if feed is not None:
                yield from self._clock(feed)
                yield from self._stale(feed)
                yield from self._late(feed)
        if feed is not None:
            yield from self._leak(feed)

    @property
    def feed_rows(self) -> int:
        return max(1, self.bundle.reference.rows)

    def _reused(self) -> Iterator[Finding]:
        """Ids of one lead that another has as well."""
        name = self.bundle.scorer.schema.name_of("id")
        if name is None or name not in self.raw.columns:
            return
        told = _known(self.raw, name, self._fixed(name))
        within = told.unique(["id", "content"]).group_by("id").len().filter(pl.col("len") > 1)
        reused = told.join(within, on="id", how="semi").height - within.height
        if self.earlier is not None and name in self.earlier.columns:
            before = _known(self.earlier, name, self._fixed(name)).unique("id")
            met = told.join(before, on="id", suffix="_before")
            reused += met.filter(pl.col("content") != pl.col("content_before")).height
        feed = self.bundle.reference.feed
        usual = 0.0 if feed is None else feed.duplicated
        share = reused / self.raw.height
        chance = share_rise(reused, self.raw.height, max(usual, 1e-3), self.feed_rows)
        if share - usual >= REUSED and chance < LEVEL:
            yield Finding(
                "ids_reused",
                "alarm",
                name,
                f"{reused:,} of {self.raw.height:,} rows have the id of another lead.",
                "Stop taking leads in from this source until each has an id of its own: one would"
                " overwrite the other.",
                {"rows": reused},
            )

    def _fixed(self, identity: str) -> list[str]:
        """What of a lead does not change later: its arrival, where one is known, else all that it says."""
        time = self.bundle.scorer.schema.name_of("time")
        if time is not None and time in self.raw.columns:
            return [time]
        return [name for name in self.raw.columns if name != identity]

    def _twice(self) -> Iterator[Finding]:
        """Rows that say all that an earlier one says, under whatever id."""
        identity = self.bundle.scorer.schema.name_of("id")
        names = [name for name in self.raw.columns if name != identity]
        told = content(self.raw, names)
        again = self.raw.height - told.n_unique()
        if self.earlier is not None and set(names) <= set(self.earlier.columns):
            again = max(again, int(told.is_in(content(self.earlier, names).implode()).sum()))
        feed = self.bundle.reference.feed
        usual = 0.02 if feed is None else feed.repeated
        share = again / self.raw.height
        chance = share_rise(again, self.raw.height, max(usual, 1e-3), self.feed_rows)
        if share - usual >= TWICE and chance < LEVEL:
            yield Finding(
                "batch_repeated",
                "alarm",
                None,
                f"{again:,} of {self.raw.height:,} rows came before, with all that they say.",
                "See whether a file was delivered twice; rows under their old ids do no harm in a home.",
                {"rows": again, "usual": usual},
            )

    def _clock(self, feed: FeedReference) -> Iterator[Finding]:
        """Hours of the day that fit when turned by some hours."""
        if self.moment is None or not feed.hours:
            return
        counts, known = hours_of(self.moment), np.array(feed.hours)
        if not len(counts):
            return
        apart = [gap(np.roll(counts, -k), known, self.feed_rows, 0.0, ordered=False) for k in range(HOURS)]
        best = min(range(HOURS), key=lambda k: apart[k].apart)
        if best and apart[0].chance < LEVEL and apart[best].apart < BETTER_HOURS * apart[0].apart:
            hours = best if best <= HOURS // 2 else best - HOURS
            yield Finding(
                "clock_shifted",
                "alarm",
                self.bundle.scorer.schema.name_of("time"),
                f"The leads come in {abs(hours)} hours {'later' if hours > 0 else 'earlier'} in the day than"
                " those of the training: the clock of the source may have moved to another time zone.",
                "Have the times sent in the zone that they were sent in before.",
                {"hours": hours},
            )

    def _stale(self, feed: FeedReference) -> Iterator[Finding]:
        """Leads that came in long after the last that the model learnt from."""
        if self.moment is None or feed.first is None or feed.last is None:
            return
        known = self.moment[np.isfinite(self.moment)]
        if not len(known):
            return
        days = (float(np.median(known)) - feed.last) / DAY
        longest = max(STALE_DAYS, STALE_SHARE * (feed.last - feed.first) / DAY)
        if days > longest:
            yield Finding(
                "model_stale",
                "alarm",
                None,
                f"Half of these leads came in {days:,.0f} days or more after the last that the model learnt"
                " from.",
                "Train on newer leads and hold the new model against this one.",
                {"days": round(days)},
            )

    def _late(self, feed: FeedReference) -> Iterator[Finding]:
        """Fewer outcomes than leads of this age had."""
        known = ~np.isnan(self.outcome)
        if self.moment is None or not feed.decided or not known.any():
            return
        timed = np.isfinite(self.moment)
        newest = self.at if self.at is not None else float(self.moment[timed].max(initial=0.0))
        expected = np.array(feed.decided)[age_bins(newest - self.moment[timed])]
        decided, total = float(known[timed].sum()), int(timed.sum())
        share = float(expected.mean()) if total else 0.0
        chance = share_rise(total - decided, total, max(1.0 - share, 1e-3), self.feed_rows)
        if share - decided / max(1, total) >= LATE and chance < LEVEL:
            yield Finding(
                "outcomes_late",
                "alarm",
                self.bundle.target.column,
                f"{decided / total:.0%} of the leads are decided; at that age {share:.0%} used to be.",
                "See whether sales still close their leads, and whether outcomes still come in; until then"
                " figures of recent weeks are too good or too bad.",
                {"decided": round(decided / total, 4), "expected": round(share, 4)},
            )

    def _leak(self, feed: FeedReference) -> Iterator[Finding]:
        """A column that tells the outcome far better than it did: it may be filled in afterwards now."""
        known = ~np.isnan(self.outcome)
        outcome, codes = self.outcome[known], self.codes[known]
        won, lost = float(outcome.sum()), float(len(outcome) - outcome.sum())
        if min(won, lost) < FEWEST / 2:
            return
        doubt = DEVIATIONS * float(np.sqrt((1 / won + 1 / lost) / 12))
        for k in self.judged.features:
            feature = self.bundle.scorer.encoder.features[k]
            now = strength(codes[:, k].astype(np.int64), feature.size, outcome)
            if now > max(feed.strengths[k] + max(doubt, STRONGER), STRONG):
                yield Finding(
                    "tells_outcome",
                    "alarm",
                    feature.column,
                    f"{feature.name!r} tells how a lead ended far better than in training"
                    f" (AUC {now:.2f}, then {feed.strengths[k]:.2f}).",
                    "See when it is filled in: after the outcome it is no use, and training anew on it"
                    " would fool the model.",
                    {"auc": now, "before": feed.strengths[k]},
                )


def _known(raw: pl.DataFrame, identity: str, names: list[str]) -> pl.DataFrame:
    told = pl.DataFrame({"id": rows.identities(raw[identity]), "content": content(raw, names)})
    return told.filter(pl.col("id").is_not_null())

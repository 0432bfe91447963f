"""From leads to the columns and the recipe of the model: select, tune, compare, and is there anything at all.

All of it happens on folds of the training part. Columns are chosen anew in each fold, so that the figures
say what choosing is worth, and once more on the whole part for the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from leadlight.data.schema import Schema
from leadlight.errors import TrainingError
from leadlight.model.encode import Encoder
from leadlight.model.grade import Grades
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.training import balance, candidates, chance_check, optuna_sampler, select, stack
from leadlight.training.candidates import CodedFold, FoldedLeads, OutOfFold
from leadlight.training.difference import paired_difference
from leadlight.training.evaluate import evaluate
from leadlight.training.learners import ENSEMBLE, MEMBERS, SPACES
from leadlight.training.options import Options
from leadlight.training.progress import Progress
from leadlight.training.recipe import Recipe
from leadlight.training.select import ColumnSelection, Pick
from leadlight.training.study import Study
from leadlight.training.tune import Bench, Tuned, tune

MINUTE: Final = 60.0
BALANCED: Final = ("auc", "log_loss", "ece", "precision", "recall", "threshold")


@dataclass(frozen=True)
class Choice:
    """The candidates, the one that was chosen, the columns that it uses, and what is to be remembered."""

    candidates: Sequence[OutOfFold]
    chosen: OutOfFold
    schema: Schema
    record: Mapping[str, Any]


def check(options: Options) -> tuple[str, ...]:
    """The families that were asked for; unknown words and missing extras are refused before any work."""
    families = candidates.names_of(options.models, by_hand=options.has_points)
    if "rules" in families and not options.has_points:
        raise TrainingError(
            "No points were set by hand.",
            code="no_points",
            hint="Write them in leadlight.toml, for example:"
            ' [columns."Lead Source"] points = { Reference = 40, missing = -10 }',
        )
    select.checked(options.select)
    balance.checked(options.balance)
    if options.tune and any(family in SPACES for family in stack.learnt(families)):
        optuna_sampler.check()
    return families


def search(part: FoldedLeads, schema: Schema, options: Options, watch: Progress) -> Choice:
    """Choose columns, settings and family; refuse where nothing can be learnt."""
    pick = select.picking(options.select, options.metric, options.seed, options.keep)
    if pick is not None:
        watch.observe(f"choosing columns by {options.select}")
    folds = candidates.coded(part, schema, pick)
    families = candidates.names_of(options.models, by_hand=options.has_points)
    recipes = [
        Recipe(family, options.settings_of(family), options.balance, options.seed)
        for family in stack.learnt(families)
    ]
    tuned = _tuned(recipes, Bench(part, folds, options.metric), options, watch) if options.tune else ()
    found = _compared(recipes, tuned, part, folds, watch)
    if ENSEMBLE in families:
        found.append(stack.stacked([each for each in found if each.family in MEMBERS], part.outcome))
    asked = [each for each in found if each.family in families]
    chosen = candidates.choose(asked, part, options.metric, options.seed)
    if options.refuse:
        chance_check.check(part, schema, chosen, options.seed)
    selection = None if pick is None else _picked(part, schema, pick, options)
    record = {
        "left_out": candidates.left_out(options.models),
        "settings": dict(chosen.recipe.settings),
        "selection": None if selection is None else _selected(options.select, selection, folds),
        "tuning": _tuning(tuned, options) if tuned else None,
        "balance": None if options.balance == "none" else _balanced(chosen, part, folds, options, watch),
    }
    return Choice(found, chosen, schema if selection is None else _with(schema, selection), record)


def _tuned(recipes: Sequence[Recipe], bench: Bench, options: Options, watch: Progress) -> tuple[Tuned, ...]:
    """Each family that has something to set, in turn; time is shared out equally."""
    open_ones = [recipe for recipe in recipes if recipe.family in SPACES]
    study = Study.open(options.study, bench.fingerprint(open_ones, watch.version))
    start, limit = watch.clock(), options.tune_minutes
    done = []
    for number, recipe in enumerate(open_ones, start=1):
        share = None if limit is None else limit * MINUTE * number / len(open_ones)

        def timely(share: float | None = share) -> bool:
            return share is None or watch.clock() - start < share

        found, study = tune(recipe, bench, study, options.tune, timely, watch)
        done.append(found)
    return tuple(done)


def _compared(
    recipes: Sequence[Recipe],
    tuned: Sequence[Tuned],
    part: FoldedLeads,
    folds: Sequence[CodedFold],
    watch: Progress,
) -> list[OutOfFold]:
    """Every family out of fold, with the settings that it is best with."""
    known = {each.default.family: each.chosen for each in tuned}
    rest = [recipe for recipe in recipes if recipe.family not in known]
    more = candidates.out_of_fold(rest, part, folds, watch)
    known |= {each.family: each for each in more}
    return [known[recipe.family] for recipe in recipes]


def _picked(part: FoldedLeads, schema: Schema, pick: Pick, options: Options) -> ColumnSelection:
    """Where no column is stronger than chance: a refusal, or the strongest column if none is wanted."""
    encoder = Encoder.fit(part.typed, schema, support=part.support)
    selection = pick(encoder.apply(part.typed), part.outcome, encoder)
    if not selection.kept and not options.refuse:
        strongest = max(sorted(selection.strength), key=selection.strength.__getitem__)
        return replace(selection, kept=(strongest,))
    if not selection.kept:
        raise TrainingError(
            "There is nothing to learn: no column is stronger than chance.",
            code="nothing_to_learn",
            hint="Try without --select, or see what each column says with: leadlight inspect LEADS",
        )
    return selection


def _with(schema: Schema, selection: ColumnSelection) -> Schema:
    """The schema in which the columns that were not chosen are not used."""
    return schema.replacing(
        replace(column, used=False) for column in schema.inputs if column.name not in selection.kept
    )


def _selected(method: str, selection: ColumnSelection, folds: Sequence[CodedFold]) -> dict[str, Any]:
    kept = [fold.selection.kept for fold in folds if fold.selection is not None]
    return {
        "method": method,
        "folds": len(folds),
        "columns": [
            {
                "column": name,
                "kept": name in selection.kept,
                "strength": strength,
                "in_folds": sum(name in each for each in kept),
            }
            for name, strength in selection.strength.items()
        ],
    }


def _tuning(tuned: Sequence[Tuned], options: Options) -> dict[str, Any]:
    return {
        "metric": options.metric,
        "trials": options.tune,
        "families": [each.to_json() for each in tuned],
    }


def _balanced(
    chosen: OutOfFold, part: FoldedLeads, folds: Sequence[CodedFold], options: Options, watch: Progress
) -> dict[str, Any]:
    """What balancing changed: the same model on the same folds without it."""
    plain = candidates.out_of_fold([replace(chosen.recipe, balance="none")], part, folds, watch)[0]
    outcome = part.outcome[chosen.rows]
    gap = paired_difference(outcome, chosen.margin, plain.margin, "auc", blocks=part.blocks[chosen.rows])
    return {
        "method": options.balance,
        "balanced": _figures(chosen, part, options),
        "none": _figures(plain, part, options),
        "auc_difference": gap.to_json(),
    }


def _figures(each: OutOfFold, part: FoldedLeads, options: Options) -> dict[str, Any]:
    seen, rate = part.outcome[each.rows], float(part.outcome.mean())
    grades = Grades.nearest(options.policy or Policy(), seen, each.margin, rate)
    found = evaluate(
        seen, each.margin, probability(each.margin), cut=grades.line, seed=options.seed
    ).to_json()
    return {name: found[name] for name in BALANCED}

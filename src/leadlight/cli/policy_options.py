"""The policy that the options of `policy` and `plan` ask for."""

from __future__ import annotations

from leadlight.data import cells
from leadlight.errors import PolicyError
from leadlight.model.policy import NAMES, Policy


def policy_of(
    *,
    cuts: str | None,
    capacity: int | None,
    arrivals: float | None,
    precision: float | None,
    call_cost: float | None,
    deal_value: float | None,
    meet: bool,
) -> Policy | None:
    """The one policy that was asked for; None where none was."""
    asked = {
        "--cuts": cuts is not None,
        "--capacity with --arrivals": arrivals is not None,
        "--precision": precision is not None,
        "--call-cost with --deal-value": call_cost is not None or deal_value is not None,
        "--meet": meet,
    }
    chosen = [name for name, wanted in asked.items() if wanted]
    if len(chosen) > 1:
        raise PolicyError(
            f"Only one policy can hold, not {' and '.join(chosen)}.",
            code="two_policies",
            hint=f"Keep {chosen[0]} or {chosen[1]}.",
        )
    if cuts is not None:
        return _cut(cuts)
    if arrivals is not None:
        return Policy.capacity(_given(capacity, "--capacity"), arrivals)
    if precision is not None:
        return Policy.precision(precision)
    if call_cost is not None or deal_value is not None:
        return Policy.value(_given(call_cost, "--call-cost"), _given(deal_value, "--deal-value"))
    return Policy.meet() if meet else None


def named(wanted: Policy | None, names: str | None, before: Policy) -> Policy:
    """The policy with the names that were asked for, else with those there were."""
    if wanted is None and names is None:
        raise PolicyError(
            "No policy was asked for.",
            code="no_policy",
            hint="Give --cuts, --precision, --capacity, --call-cost with --deal-value, or --meet.",
        )
    policy = wanted or before
    chosen = [
        was if own == usual else own
        for own, usual, was in zip(policy.names, NAMES, before.names, strict=True)
    ]
    if names is not None:
        chosen = [cells.trim(name) for name in names.split(",")]
    if len(chosen) != 3:
        raise PolicyError(
            "Three names are needed, the best grade first.", code="names", hint="--names high,medium,low"
        )
    return policy.named(*chosen)


def missing_arrivals(per: str) -> float:
    """How many calls can be made says nothing as long as it is not known of how many leads."""
    raise PolicyError(
        "--arrivals is missing: of how many new leads are the calls to be the best?",
        code="half_a_policy",
        hint=f"Add --arrivals and how many leads arrive in a {per}.",
    )


def _given(number: float | None, option: str) -> float:
    if number is None:
        raise PolicyError(f"{option} is missing.", code="half_a_policy", hint=f"Add {option} and its number.")
    return number


def _cut(text: str) -> Policy:
    """hot=0.7,warm=0.4: any two names, the best first."""
    found = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        found[cells.trim(name)] = cells.parse_number(number)
    numbers = list(found.values())
    if not 1 <= len(numbers) <= 2 or None in numbers or not all(found):
        raise PolicyError(
            "The cuts cannot be read.",
            code="cuts",
            hint="Write them as --cuts hot=0.7,warm=0.4, the best first.",
        )
    hot, warm = [*numbers, None][:2]
    assert hot is not None
    policy = Policy.cuts(hot, warm)
    first, second = [*found, policy.names[1]][:2]
    return policy.named(first, second, policy.names[2])

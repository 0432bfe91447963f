"""What a company wants of its calls: the policy behind the grades and the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadlight.errors import BundleError, PolicyError

NAMES = ("hot", "warm", "cold")
NEEDED = {
    "cuts": ("hot",),
    "capacity": ("calls", "arrivals"),
    "precision": ("precision",),
    "value": ("call_cost", "deal_value"),
    "meet": (),
}


@dataclass(frozen=True)
class Policy:
    """One of five kinds, its numbers, and the names of the three grades from best to worst.

    `warm`, the probability from which a lead is warm, may be given with any kind; else half the base rate.
    """

    kind: str = "meet"
    numbers: Mapping[str, float] = field(default_factory=dict)
    names: tuple[str, str, str] = NAMES

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", _checked(self.kind, self.numbers))
        object.__setattr__(self, "names", _named(self.names))

    @classmethod
    def cuts(cls, hot: float, warm: float | None = None) -> Policy:
        """Hot from this probability on."""
        return cls("cuts", _without_none(hot=hot, warm=warm))

    @classmethod
    def capacity(cls, calls: float, arrivals: float, warm: float | None = None) -> Policy:
        """As many calls as one can make of as many leads as arrive, in the same time."""
        return cls("capacity", _without_none(calls=calls, arrivals=arrivals, warm=warm))

    @classmethod
    def precision(cls, precision: float, warm: float | None = None) -> Policy:
        """As many calls as leave this share of the called converting."""
        return cls("precision", _without_none(precision=precision, warm=warm))

    @classmethod
    def value(cls, call_cost: float, deal_value: float, warm: float | None = None) -> Policy:
        """Every call whose expected deal is worth more than the call."""
        return cls("value", _without_none(call_cost=call_cost, deal_value=deal_value, warm=warm))

    @classmethod
    def meet(cls, warm: float | None = None) -> Policy:
        """Where precision, recall and F1 meet: as many calls as there are conversions."""
        return cls("meet", _without_none(warm=warm))

    def named(self, best: str, middle: str, rest: str) -> Policy:
        """This policy with other names for the grades."""
        return Policy(self.kind, self.numbers, (best, middle, rest))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "numbers": dict(self.numbers), "names": list(self.names)}

    @classmethod
    def from_json(cls, plain: Any) -> Policy:
        """Refuses what `to_json` could not have written."""
        try:
            return cls(plain["kind"], plain["numbers"], plain["names"])
        except (PolicyError, KeyError, TypeError, AttributeError) as error:
            raise BundleError("The policy in it is not one that Leadlight writes.") from error


def _without_none(**numbers: float | None) -> dict[str, float]:
    return {name: number for name, number in numbers.items() if number is not None}


def _checked(kind: str, numbers: Mapping[str, float]) -> dict[str, float]:
    """The numbers as floats, or a refusal that says which one is wrong."""
    if kind not in NEEDED:
        raise PolicyError(f"There is no policy of this kind. The kinds are {', '.join(NEEDED)}.")
    for name in NEEDED[kind]:
        if name not in numbers:
            raise PolicyError(f"The policy '{kind}' needs '{name}'.")
    for name, number in numbers.items():
        if name not in (*NEEDED[kind], "warm"):
            raise PolicyError(f"The policy '{kind}' takes no '{name}'.")
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 1e300:
            raise PolicyError(f"'{name}' must be a number.")
    found = {name: float(number) for name, number in numbers.items()}
    _sensible(found)
    return found


def _sensible(numbers: Mapping[str, float]) -> None:
    for name in ("hot", "warm", "precision"):
        if not 0.0 < numbers.get(name, 0.5) < 1.0:
            raise PolicyError(f"'{name}' must be a probability between 0 and 1.")
    for name in ("calls", "arrivals", "deal_value"):
        if numbers.get(name, 1.0) <= 0.0:
            raise PolicyError(f"'{name}' must be more than 0.")
    if numbers.get("warm", 0.0) > numbers.get("hot", 1.0):
        raise PolicyError("'warm' must not be above 'hot'.")
    if not 0.0 <= numbers.get("call_cost", 0.0) < numbers.get("deal_value", 1.0):
        raise PolicyError(
            "'call_cost' must be at least 0 and less than 'deal_value': else no call is worth it."
        )


def _named(names: Any) -> tuple[str, str, str]:
    found = tuple(names)
    if (
        len(found) != 3
        or len(set(found)) != 3
        or not all(isinstance(name, str) and name.strip() for name in found)
    ):
        raise PolicyError("A policy needs three different names for the grades, the best first.")
    return found

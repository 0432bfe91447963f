"""Lead scoring as a glass box: who is likely to buy, how sure that is, why, and whom to call first.

    import leadlight as ll

    model = ll.train("leads.csv", target="Converted")     a path, any dataframe, or a list of dictionaries
    scores = model.score("new.csv", reasons=3)            score, probability, interval, grade, reasons
    model.score_one({"Lead Source": "Google"})            one lead
    model.save("model.leadlight"); ll.load("model.leadlight")
    ll.inspect("leads.csv")                               what each column is, what is wrong with the data
    model.report("report.html")                           the model in pictures; ll.inspect has it as well
    ll.enrich("leads.csv", "companies.csv").leads         with what is known of each company, mailbox and job
    ll.cross_validate("leads.csv", target="Converted")    out-of-fold figures of each model

The rest of the package is imported when it is first used, so that `leadlight --help` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leadlight.version import __version__ as __version__

if TYPE_CHECKING:
    from leadlight.api import Inspection, cross_validate, enrich, inspect, train
    from leadlight.errors import LeadlightError
    from leadlight.ready import Model, load

__all__ = ["Inspection", "LeadlightError", "Model", "cross_validate", "enrich", "inspect", "load", "train"]

_HOMES = {
    **dict.fromkeys(__all__, "leadlight.api"),
    **dict.fromkeys(("Model", "load"), "leadlight.ready"),
    "LeadlightError": "leadlight.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'leadlight' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

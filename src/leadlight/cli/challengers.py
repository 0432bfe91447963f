"""The challengers that `leadlight watch` has trained: what was asked for, the training, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli.page import Page
from leadlight.data.config import RETRAINING, WatchConfig
from leadlight.errors import ConfigError
from leadlight.version import __version__

if TYPE_CHECKING:
    from leadlight.store import Store
    from leadlight.training.options import Options


@dataclass(frozen=True)
class ChallengersAsked:
    """When a challenger is trained, and how."""

    rule: WatchConfig
    wanted: Options | None


def asked(home: str | None, when: str | None, *, promotes: bool) -> ChallengersAsked:
    """What leadlight.toml of the home says, with the options on top."""
    place = homes.beside(None, home)
    rule = settings.find(place).watch
    rule = replace(rule, retrain=when or rule.retrain, promote=promotes or rule.promote)
    if rule.retrain not in RETRAINING:
        raise ConfigError(
            f"There is no time to train that is called {rule.retrain!r}.",
            code="retrain",
            hint=f"There are: {', '.join(RETRAINING)}.",
        )
    if promotes and rule.retrain == "never":
        raise ConfigError(
            "Nothing is trained that could be put in service.",
            code="retrain",
            hint="Say when: --retrain on-alarm, weekly or monthly.",
        )
    if rule.retrain == "never":
        return ChallengersAsked(rule, None)
    from leadlight import api

    return ChallengersAsked(rule, api.options(place))


def trained(store: Store, asked: ChallengersAsked, found: dict[str, Any]) -> None:
    """Train where rule and alarms ask for it; what became of it is added to what the look found."""
    if asked.wanted is None:
        return
    from leadlight.flows.retrain import retrain_home
    from leadlight.flows.watch import training_failed

    alarms = [each["code"] for each in found["findings"] if each["severity"] == "alarm"]
    said = retrain_home(
        store, homes.now(), alarms, asked.rule, asked.wanted, homes.who(), version=__version__
    )
    if said is None:
        return
    found["retraining"] = said.to_json()
    if said.status == "failed" and "training_failed" not in alarms:
        found["findings"] = [training_failed(said.reason).to_json(), *found["findings"]]
        found["alarms"] += 1


def tell(page: Page, said: dict[str, Any]) -> None:
    """What became of the challenger, or why none was trained."""
    page.heading("Challenger")
    name = f" {said['challenger']}" if said["challenger"] else ""
    because = f" ({', '.join(said['because'])})" if said["because"] else ""
    page.line(f"{said['status'].capitalize()}{name}{because}: {said['reason']}")
    if said["status"] == "proposed":
        page.line("Put it in service: leadlight adjust --accept NUMBER, which leadlight adjust --list tells.")

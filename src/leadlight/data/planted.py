"""What is planted in the history of made-up leads: kinds of events, contacts, channels, personas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlantedEvent:
    """A kind of event: how often in a week, its half-life in days, what one of today does to the log-odds.

    `burst` is how many more follow within minutes, in the mean.
    """

    name: str
    weekly: float
    half_life: float
    effect: float
    burst: float = 0.0


EVENTS = (
    PlantedEvent("Pricing page", 1.6, 1.5, 1.3),
    PlantedEvent("E-mail opened", 2.4, 3.0, 0.8),
    PlantedEvent("Demo video", 1.8, 4.0, 1.3),
    PlantedEvent("Careers page", 0.7, 2.0, -1.3),
    PlantedEvent("Page view", 1.5, 0.0, 0.0, burst=1.5),
)
"""A page view says nothing; it has no half-life."""

AFTERMATH = ("Contract signed", "Onboarding call")
"""What only those do who have bought."""


@dataclass(frozen=True)
class PlantedContact:
    """How soon a lead is first contacted, in days after arrival, and what that does to the log-odds.

    `share` is how often, `tilt` how much oftener where the lead looks good on arrival.
    """

    name: str
    earliest: float
    latest: float
    effect: float
    share: float
    tilt: float


CONTACTS = (
    PlantedContact("within a day", 0.02, 1.0, 1.0, 0.30, 0.5),
    PlantedContact("within three days", 1.0, 3.0, 0.5, 0.27, 0.1),
    PlantedContact("within a week", 3.0, 7.0, 0.2, 0.20, 0.0),
    PlantedContact("later", 7.0, 21.0, 0.0, 0.15, -0.2),
    PlantedContact("never", 0.0, 0.0, 0.0, 0.08, -0.4),
)
"""From the quickest on; the last is those that nobody works."""
OWNER_HASTE = (0.6, 0.2, 0.0, -0.3, -0.6)
"""How much oftener each owner is quick, in log-odds."""

COST_PER_LEAD = {
    "Google": 330.0,
    "LinkedIn": 850.0,
    "Facebook": 420.0,
    "Webinar": 230.0,
    "Referral": 90.0,
    "Trade fair": 2_200.0,
    "Partner": 1_300.0,
    "Newsletter": 110.0,
}
"""What a lead costs by its source; the others are free."""
EVEN_RETURN = 8.0
"""What a unit of money brings everywhere where no channel is to be better than another."""


@dataclass(frozen=True)
class Persona:
    """People who resemble one another: the answers that most of them give."""

    name: str
    share: float
    answers: dict[str, tuple[str, ...]]


PERSONAS = (
    Persona(
        "Corporate buyer",
        0.24,
        {
            "Seniority": ("Director", "C-level"),
            "Industry": ("Banking", "Energy"),
            "Company Size": ("1000-4999", "250-999"),
            "Campaign": ("Customer stories",),
            "Last Page": ("Pricing",),
            "Country": ("Germany", "Switzerland"),
            "Department": ("Finance",),
        },
    ),
    Persona(
        "Growth marketer",
        0.28,
        {
            "Seniority": ("Manager",),
            "Industry": ("Retail",),
            "Company Size": ("50-249",),
            "Campaign": ("Spring offer", "Free trial"),
            "Last Page": ("Product",),
            "Country": ("United Kingdom", "France"),
            "Department": ("Marketing",),
        },
    ),
    Persona(
        "Hands-on developer",
        0.28,
        {
            "Seniority": ("Specialist",),
            "Industry": ("Software",),
            "Company Size": ("10-49",),
            "Campaign": ("Developer days", "Security guide"),
            "Last Page": ("Documentation", "Blog"),
            "Country": ("United States",),
            "Department": ("Engineering",),
        },
    ),
    Persona(
        "Student",
        0.20,
        {
            "Seniority": ("Student",),
            "Industry": ("Education",),
            "Company Size": ("1-9",),
            "Campaign": ("Prize draw",),
            "Last Page": ("Careers",),
            "Country": ("India",),
            "Department": ("People",),
        },
    ),
)
TYPICAL = 0.88
"""How often somebody answers as their persona does."""


@dataclass(frozen=True)
class Planted:
    """What is to be true of a made-up history; a strength of 0 plants nothing.

    `events` and `contact` multiply the effects on the log-odds. `channels` says whether some bring more for
    their money than others. `late` is the share of events that come to be known one to three days after they
    happened. `aftermath` also writes events of those who have already bought; `leak` adds a column that sales
    fill in once they know how it ended. `moment` is when, in days after
    arrival, the truth is told. `waiting` is how many days the slow take: the more, the more leads are open.
    """

    events: float = 1.0
    contact: float = 1.0
    channels: bool = True
    personas: bool = True
    late: float = 0.03
    aftermath: bool = False
    leak: bool = False
    moment: float = 7.0
    positives: float = 0.3
    waiting: float = 45.0

"""What the made-up leads of `sample` answer: levels, how often, their true effect, and how they are spelt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One answer in a column: how often it is given, what it does to the log-odds, how else it is spelt."""

    name: str
    share: float
    effect: float
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """The levels of a column, and what stands there when nobody answered."""

    levels: tuple[Level, ...]
    blank_effect: float = 0.0
    blanks: tuple[str | None, ...] = (None,)


SOURCE = Answers(
    (
        Level("Google", 0.27, 0.0, ("google", "GOOGLE", "Google ")),
        Level("Direct", 0.16, -0.1, ("direct",)),
        Level("LinkedIn", 0.12, -0.3, ("Linkedin", "linkedin")),
        Level("Facebook", 0.11, -1.0, ("facebook",)),
        Level("Webinar", 0.10, 0.5, ("webinar", " Webinar")),
        Level("Referral", 0.09, 1.3, ("referral",)),
        Level("Trade fair", 0.06, 0.3, ("Trade Fair", "trade fair")),
        Level("Partner", 0.05, 1.0),
        Level("Newsletter", 0.03, 0.1),
        Level("Cold list", 0.01, -1.5),
    ),
)
LATER_SHARES = (0.22, 0.15, 0.20, 0.07, 0.13, 0.10, 0.03, 0.06, 0.03, 0.01)

CAMPAIGN = Answers(
    (
        Level("Brand search", 0.22, 0.1),
        Level("Free trial", 0.18, 0.5, ("free trial", "Free Trial")),
        Level("Security guide", 0.15, -0.2),
        Level("Spring offer", 0.12, 0.2),
        Level("Autumn offer", 0.11, 0.0),
        Level("Customer stories", 0.08, 0.3, ("Customer Stories",)),
        Level("Prize draw", 0.07, -0.9),
        Level("Developer days", 0.05, 0.1),
        Level("Remarketing", 0.02, 0.2),
    ),
    -0.1,
    (None, None, "-", "(not set)"),
)
COUNTRY = Answers(
    (
        Level("Germany", 0.24, 0.1, ("germany", "GERMANY", "Germany ")),
        Level("United States", 0.18, 0.0, ("united states",)),
        Level("United Kingdom", 0.13, 0.2, ("United kingdom",)),
        Level("France", 0.10, -0.1),
        Level("India", 0.09, -0.6, ("india", "INDIA")),
        Level("Austria", 0.06, 0.2),
        Level("Switzerland", 0.05, 0.3),
        Level("Spain", 0.04, -0.1),
        Level("Mexico", 0.04, -0.4, ("México", "mexico")),
        Level("Netherlands", 0.03, 0.1),
        Level("Türkiye", 0.02, -0.3, ("Turkiye",)),
        Level("Namibia", 0.01, -0.2),
        Level("Japan", 0.01, 0.0),
    ),
)
SENIORITY = Answers(
    (
        Level("C-level", 0.10, 0.9, ("c-level", "C-Level")),
        Level("Director", 0.15, 0.6, ("director",)),
        Level("Manager", 0.28, 0.3, ("manager", "Manager ")),
        Level("Specialist", 0.30, -0.2),
        Level("Student", 0.17, -1.4, ("student",)),
    ),
    -0.6,
    ("Select", "Select", "Select", None, "N/A"),
)
DEPARTMENT = Answers(
    (
        Level("Sales", 0.20, 0.0),
        Level("Marketing", 0.22, 0.0),
        Level("Engineering", 0.26, 0.0),
        Level("Finance", 0.12, 0.0),
        Level("People", 0.20, 0.0),
    )
)
INDUSTRY = Answers(
    (
        Level("Software", 0.22, 0.3, ("software",)),
        Level("Manufacturing", 0.17, 0.1),
        Level("Retail", 0.13, -0.2, ("retail",)),
        Level("Banking", 0.11, 0.5),
        Level("Health care", 0.11, 0.2, ("Healthcare", "Health Care")),
        Level("Education", 0.10, -0.5),
        Level("Public sector", 0.08, -0.3),
        Level("Logistics", 0.05, 0.0),
        Level("Energy", 0.03, 0.2),
    ),
    -0.4,
    ("Select", "Select", None, "unknown"),
)
SIZE = Answers(
    (
        Level("1-9", 0.22, -0.6),
        Level("10-49", 0.26, -0.1),
        Level("50-249", 0.24, 0.3),
        Level("250-999", 0.15, 0.4),
        Level("1000-4999", 0.08, 0.1),
        Level("5000+", 0.05, -0.3),
    ),
    -0.3,
    ("Select", "N/A", "-", None, None),
)
LAST_PAGE = Answers(
    (
        Level("Home", 0.28, -0.3),
        Level("Blog", 0.24, -0.5),
        Level("Product", 0.20, 0.2, ("product",)),
        Level("Pricing", 0.16, 1.0, ("pricing",)),
        Level("Careers", 0.07, -1.2),
        Level("Documentation", 0.05, 0.3),
    ),
    0.0,
    (None,),
)
ANSWERS: Mapping[str, Answers] = {
    "Lead Source": SOURCE,
    "Campaign": CAMPAIGN,
    "Country": COUNTRY,
    "Seniority": SENIORITY,
    "Industry": INDUSTRY,
    "Company Size": SIZE,
    "Last Page": LAST_PAGE,
}

"""People are found as phones, e-mails and the names of columns are read since; the tables stay as they are.

What is derived from the leads is written anew after every upgrade, so that this step has no SQL of its own.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to change in the tables."""

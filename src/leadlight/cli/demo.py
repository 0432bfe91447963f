"""`leadlight demo`: the main job from end to end, on made-up leads."""

from __future__ import annotations


def demo() -> None:
    """Make leads, look at them, learn from them and score them; all of it goes to ./leadlight-demo."""
    from leadlight.cli import showing
    from leadlight.cli.page import Page

    showing.run(Page.of())

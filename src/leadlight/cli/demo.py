"""`leadlight demo`: the main job from end to end, on made-up leads."""

from __future__ import annotations


def demo() -> None:
    """Do the main job from end to end, on made-up leads.

    Makes leads, looks at them, learns from them and scores them; all of it goes to ./leadlight-demo.
    """
    from leadlight.cli import showing
    from leadlight.cli.page import Page

    showing.run(Page.of())

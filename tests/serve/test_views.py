"""Views of the team over HTTP."""

from __future__ import annotations

from pathlib import Path

from tests.serve.homes import calling


def test_views_of_the_team_are_saved_listed_and_deleted(tmp_path: Path) -> None:
    with calling(tmp_path / "home", family=None) as called:
        sent = {"name": "Hot ones", "grade": "hot", "columns": ["Job"]}
        made = called.told("POST", "/v1/views", "admin", sent)
        again = called.told("POST", "/v1/views", "admin", {**sent, "grade": "warm"})
        assert again["number"] == made["number"]
        (listed,) = called.told("GET", "/v1/views", "read")["views"]
        assert (listed["name"], listed["grade"], listed["columns"]) == ("Hot ones", "warm", ["Job"])
        assert (listed["status"], listed["sort"]) == ("open", "score-down")
        assert called.send("POST", "/v1/views", "admin", {**sent, "sort": "secret-up"}).status_code == 422
        assert called.told("DELETE", f"/v1/views/{made['number']}", "admin") == {"deleted": made["number"]}
        assert called.told("GET", "/v1/views", "read") == {"views": []}
        assert called.send("DELETE", f"/v1/views/{made['number']}", "admin").status_code == 404

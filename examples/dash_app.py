"""A page in Dash: the list for so many calls, and what it brings. Start it: python dash_app.py

Needs `pip install leadlight dash`, and a model: `leadlight demo` makes leadlight-demo/model.leadlight.
"""

import os

import polars as pl
from dash import Dash, Input, Output, dash_table, dcc, html

import leadlight as ll

FOLDER = os.environ.get("LEADLIGHT_EXAMPLE", "leadlight-demo")
SHOWN = ("rank", "score", "grade", "reason_1", "reason_2")

model = ll.load(f"{FOLDER}/model.leadlight")
leads = pl.read_csv(f"{FOLDER}/leads.csv", infer_schema=False)

app = Dash(__name__, title="Leads")
app.layout = html.Main(
    [
        html.H1("Whom to call"),
        html.Label("Calls", htmlFor="calls"),
        dcc.Slider(10, 500, 10, value=100, marks=None, id="calls", tooltip={"always_visible": True}),
        html.P(id="expected"),
        dash_table.DataTable(id="list", page_size=20, style_cell={"textAlign": "left"}),
    ]
)


@app.callback(Output("expected", "children"), Output("list", "data"), Input("calls", "value"))
def plan(calls: int) -> tuple[str, list[dict[str, object]]]:
    found = model.plan(leads, capacity=calls)
    expected = found.expected
    interval = f"{expected.low:,.0f} to {expected.high:,.0f}"
    told = f"{expected.calls:,} calls: {expected.conversions:,.0f} will buy ({interval})."
    return told, found.frame.select(found.id, *SHOWN).to_dicts()


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8050")))

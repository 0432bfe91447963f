"""A page in Flask: whom to call, and the score of any lead. Start it: flask --app flask_app run

Needs `pip install leadlight flask`, and a model: `leadlight demo` makes leadlight-demo/model.leadlight.
"""

import os

from flask import Flask, render_template_string, request

import leadlight as ll

FOLDER = os.environ.get("LEADLIGHT_EXAMPLE", "leadlight-demo")
PAGE = """<!doctype html><html lang="en"><title>Leads</title><h1>Whom to call</h1>
<table><tr><th>Lead<th>Score<th>Grade<th>Because
{% for row in rows %}
<tr><td>{{ row.id }}<td>{{ row.score }}<td>{{ row.grade }}<td>{{ row.reason_1 }}
{% endfor %}</table>
<h2>Ask about a lead</h2>
<form>{% for name, value in asked.items() %}
<p><label>{{ name }} <input name="{{ name }}" value="{{ value }}"></label>
{% endfor %}<p><button>Score it</button></form>
{% if one %}<p id="answer">{{ one.score }}, {{ one.grade }}:
{% for reason in one.reasons %}{{ reason.text }}; {% endfor %}</p>{% endif %}
</html>"""

app = Flask(__name__)
model = ll.load(f"{FOLDER}/model.leadlight")
plan = model.plan(f"{FOLDER}/leads.csv", capacity=20)


@app.get("/")
def leads() -> str:
    asked = {name: request.args.get(name, "") for name in model.columns[:6]}
    known = {name: value for name, value in asked.items() if value}
    rows = plan.frame.rename({plan.id: "id"}).to_dicts()
    return render_template_string(
        PAGE, rows=rows, asked=asked, one=model.score_one(known, reasons=3) if known else None
    )

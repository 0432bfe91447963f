"""A page in Streamlit: the list for so many calls, and why. Start it: streamlit run streamlit_app.py

Needs `pip install leadlight streamlit`, and a model: `leadlight demo` makes leadlight-demo/model.leadlight.
"""

import os

import polars as pl
import streamlit as st

import leadlight as ll

FOLDER = os.environ.get("LEADLIGHT_EXAMPLE", "leadlight-demo")


@st.cache_resource
def model() -> ll.Model:
    return ll.load(f"{FOLDER}/model.leadlight")


@st.cache_data
def leads() -> pl.DataFrame:
    return pl.read_csv(f"{FOLDER}/leads.csv", infer_schema=False)


st.title("Whom to call")
calls = st.slider("Calls", 10, 500, 100, step=10)
plan = model().plan(leads(), capacity=calls)
expected = plan.expected
one, two, three = st.columns(3)
one.metric("Calls", f"{expected.calls:,}")
two.metric("Will buy", f"{expected.conversions:,.0f}")
three.metric("Nine times in ten", f"{expected.low:,.0f} to {expected.high:,.0f}")
st.dataframe(plan.frame.select("rank", plan.id, "score", "grade", "reason_1", "reason_2").to_dicts())

st.header("Why")
chosen = st.selectbox("Lead", plan.frame[plan.id].head(50).to_list())
explained = model().explain(leads(), id=chosen)
st.write(f"Every lead begins with odds of {explained.base_odds:.3g}; each column multiplies them.")
st.table(
    [{"because": f"{each.column} = {each.value}", "odds": round(each.odds, 2)} for each in explained.reasons]
)

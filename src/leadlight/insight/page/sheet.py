"""How a page looks: on a screen, on a phone and on paper."""

from typing import Final

SHEET: Final = """
:root{color-scheme:light;--ink:#1f2933;--soft:#52606d;--line:#d9e2ec;--pale:#f5f7fa}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:16px;background:#fff;color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:.4em 0}
h2{font-size:1.25rem;line-height:1.25;margin:2em 0 .5em;padding-top:.6em;border-top:2px solid var(--line)}
p{max-width:75ch;margin:.5em 0}
header p{font-size:1.05rem}
nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:1em 0 0;padding:0;font-size:.9rem}
a{color:#0b5cad}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:12px;
margin:1em 0;align-items:start}
figure{margin:0;padding:12px;border:1px solid var(--line);border-radius:6px;min-width:0;
display:flex;flex-direction:column}
figure.wide{grid-column:1/-1}
figcaption{font-weight:600;line-height:1.35;margin-bottom:8px}
.picture svg{display:block;max-width:100%;height:auto;margin:0 auto;overflow:visible}
figure.wide .picture{overflow-x:auto;padding:0 16px 12px}
figure.wide .picture svg{min-width:620px}
.caption{color:var(--soft);font-size:.88rem;margin:.5em 0 0}
details{margin-top:.5em;font-size:.88rem}
summary{cursor:pointer;color:#0b5cad}
.table{overflow-x:auto;margin:.8em 0}
table{border-collapse:collapse;font-size:.88rem;min-width:50%}
caption{text-align:left;font-weight:600;padding-bottom:4px}
th,td{text-align:left;vertical-align:top;padding:3px 12px 3px 0;border-bottom:1px solid var(--line);
overflow-wrap:normal}
td:first-child{overflow-wrap:anywhere;min-width:8em}
th{color:var(--soft);font-weight:600}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.cards{list-style:none;margin:1em 0;padding:0;display:grid;gap:8px;font-size:.92rem;
grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr))}
.cards li{border-left:5px solid #9aa5b1;background:var(--pale);padding:6px 12px}
.cards p{margin:.2em 0;max-width:none}
.cards .refused,.cards .excluded{border-color:#d55e00}
.cards .warning{border-color:#e69f00}
.step{color:var(--soft);font-size:.92em}
footer{margin:3em 0 1em;padding-top:1em;border-top:2px solid var(--line);color:var(--soft);font-size:.88rem}
@media (max-width:480px){body{padding:10px;font-size:15px}figure{padding:8px}}
@media print{
@page{margin:14mm}
body{max-width:none;padding:0;font-size:10pt}
nav,details{display:none}
.figures{grid-template-columns:1fr 1fr}
figure,.cards li,tr{break-inside:avoid}
h2{break-after:avoid}
figure.wide .picture svg{min-width:0}
.picture,.table{overflow:visible}
a{color:inherit;text-decoration:none}}
""".strip()

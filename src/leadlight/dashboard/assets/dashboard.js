// What the pages do beyond htmx: the theme, choosing rows, sliders that say their value, files with a bar.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = localStorage.getItem("theme");
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  const tell = (words, wrong) => {
    const said = document.getElementById("said");
    const box = document.createElement("div");
    box.className = wrong ? "said wrong" : "said";
    box.setAttribute("role", wrong ? "alert" : "status");
    box.textContent = words;
    said.replaceChildren(box);
  };

  const count = () => {
    const chosen = document.querySelectorAll("input[name=lead]:checked").length;
    const bar = document.getElementById("bulk");
    if (!bar) return;
    bar.hidden = !chosen;
    bar.querySelector("[data-count]").textContent = chosen === 1 ? "1 lead" : `${chosen} leads`;
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    }
    for (const open of document.querySelectorAll("details.more[open]"))
      if (!open.contains(event.target)) open.open = false;
  });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-all]"))
      for (const each of document.querySelectorAll("input[name=lead]")) each.checked = box.checked;
    if (box.matches("[data-all], input[name=lead]")) count();
    if (box.matches("[data-submit]")) box.form.requestSubmit();
  });

  document.addEventListener("input", (event) => {
    const from = event.target;
    if (from.dataset.to) document.getElementById(from.dataset.to).value = from.value;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape")
      for (const open of document.querySelectorAll("details.more[open]")) open.open = false;
    if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) { event.preventDefault(); return; }
    if (!form.dataset.upload) return;
    event.preventDefault();
    const file = form.querySelector("input[type=file]").files[0];
    if (!file) return;
    const bar = form.querySelector("[data-bar]");
    const request = new XMLHttpRequest();
    request.open("POST", `${form.dataset.upload}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("x-form", form.querySelector("input[name=form]").value);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (sent) => {
      bar.closest("[hidden]")?.removeAttribute("hidden");
      if (sent.lengthComputable) bar.setAttribute("width", (100 * sent.loaded) / sent.total);
    };
    request.onload = () => {
      if (request.status === 201) location.assign(request.getResponseHeader("location"));
      else tell(request.responseText, true);
    };
    request.onerror = () => tell("The file did not arrive. Try again.", true);
    request.send(file);
  });

  document.addEventListener("htmx:afterSwap", count);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) tell("The server did not answer as it should. Load the page again.", true);
  });
  document.addEventListener("htmx:sendError", () => tell("The server cannot be reached.", true));
})();

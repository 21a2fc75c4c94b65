// Results while one types; the page works without this file. What the page marks with data-live is taken from the answer.
"use strict";

document.querySelectorAll("[data-live-search]").forEach((form) => {
  const input = form.querySelector("input[type=search]");
  const WAIT = 200;
  let timer = 0;
  let under_way = null;
  let shown = input.value.trim();

  const address = () => {
    const query = new URLSearchParams(new FormData(form));
    [...query].forEach(([name, value]) => { if (!value.trim()) query.delete(name); });
    const said = query.toString();
    return said ? `${form.action}?${said}` : form.action;
  };

  const take = (answer) => {
    document.querySelectorAll("[data-live]").forEach((part) => {
      const fresh = answer.getElementById(part.id);
      if (!fresh) return;
      // A status is read out when its text changes, so it is changed only then.
      if (part.innerHTML !== fresh.innerHTML) part.innerHTML = fresh.innerHTML;
    });
    document.querySelectorAll("[data-live-follows] [name=text]").forEach((field) => { field.value = input.value; });
    document.querySelectorAll("input[name=next]").forEach((field) => {
      const fresh = answer.querySelector("input[name=next]");
      if (fresh) field.value = fresh.value;
    });
  };

  const search = async () => {
    const wanted = input.value.trim();
    // Also when what is shown is wanted again: an answer on its way must not replace it.
    if (under_way) under_way.abort();
    if (wanted === shown) return;
    const mine = new AbortController();
    under_way = mine;
    const there = address();
    try {
      const response = await fetch(there, { signal: mine.signal, headers: { Accept: "text/html" } });
      // Who was signed out meanwhile, or asked too often, finds out by pressing the button.
      if (response.redirected || !(response.ok || response.status === 422)) return;
      const text = await response.text();
      if (mine.signal.aborted) return;
      take(new DOMParser().parseFromString(text, "text/html"));
      shown = wanted;
      window.history.replaceState(null, "", there);
    } catch {
      // Overtaken by a newer search, or the network is away: what is shown stays, and the button still works.
    }
  };

  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(search, WAIT);
  };

  // While pinyin is being put together into characters nothing is searched for.
  input.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
  input.addEventListener("compositionstart", () => window.clearTimeout(timer));
  input.addEventListener("compositionend", soon);
});

// Niceties only: every page works without this file.
"use strict";

// A step that cannot be undone asks once more, in the words the page wrote.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const question = button && button.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

// A form is sent once: a second press while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
  } else if (form.method === "post") {
    form.dataset.sent = "yes";
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Screen readers begin at the summary of what is wrong.
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

// Copy buttons appear only where the browser can copy.
if (navigator.clipboard) {
  document.querySelectorAll("[data-copy-button]").forEach((button) => {
    const source = button.parentElement.querySelector("[data-copy]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = button.dataset.copied;
    });
  });
}

// <div data-refresh="20" data-refresh-from="/path">: its content is fetched anew every 20 seconds (the check-in code).
// Without this script the page says so with a link that reloads it.
document.querySelectorAll("[data-refresh]").forEach((element) => {
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const response = await fetch(element.dataset.refreshFrom, { headers: { "X-Fragment": "1" } });
      if (response.ok) element.innerHTML = await response.text();
    } catch {
      // The network is away; the next round tries again and the old content stays.
    }
  };
  window.setInterval(refresh, Number(element.dataset.refresh) * 1000);
  document.addEventListener("visibilitychange", refresh);
});

// Where the code is held, only when the volunteer presses the button; the two hidden fields travel with the form.
if (navigator.geolocation) {
  document.querySelectorAll("[data-place]").forEach((place) => {
    const button = place.querySelector("[data-place-button]");
    place.hidden = false;
    button.addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          place.querySelector("[name=latitude]").value = coords.latitude;
          place.querySelector("[name=longitude]").value = coords.longitude;
          button.textContent = button.dataset.added;
        },
        () => { button.textContent = button.dataset.failed; },
        { enableHighAccuracy: true, timeout: 10000 },
      );
    });
  });
}

// The menu closes on Escape and when one looks elsewhere.
const menu = document.querySelector("details.more");
if (menu) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

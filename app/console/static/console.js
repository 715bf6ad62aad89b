// What a page does beyond showing: follow a run, move by keys, filter, open on demand, copy.
// Nothing here writes text of a model anywhere but by fragments that the server has escaped.
"use strict";

const rounds = document.getElementById("rounds");
const FRAGMENT = { headers: { "X-Fragment": "1" } };
const OPEN_ROUNDS = 2; // of a run under way; older ones close by themselves

function put(id, html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  const fresh = made.content.firstElementChild;
  const old = document.getElementById(id);
  if (!fresh) return;
  if (!old) {
    rounds.append(fresh);
  } else {
    const focused = old.contains(document.activeElement);
    if (old.dataset.touched) {
      fresh.open = old.open;
      fresh.dataset.touched = "1";
    }
    if (id === "head" && old.querySelector("form") && focused) return; // somebody is typing there
    old.replaceWith(fresh);
    if (focused) (fresh.querySelector("summary") || fresh).focus();
  }
  fresh.classList.add("fresh");
  tellTimes(fresh);
  filter();
}

function closeOlder() {
  for (const one of [...rounds.children].slice(0, -OPEN_ROUNDS)) {
    if (!one.dataset.touched && !one.contains(document.activeElement)) one.open = false;
  }
}

function follow() {
  if (!rounds || !rounds.dataset.stream) return;
  let last = rounds.dataset.last;
  const listen = () => {
    const source = new EventSource(`${rounds.dataset.stream}?after=${last}`);
    const take = (event) => {
      last = event.lastEventId || last;
      const said = JSON.parse(event.data);
      put(said.id, said.html);
      if (said.id !== "head") closeOlder();
      document.body.dataset.line = "open";
    };
    source.addEventListener("round", take);
    source.addEventListener("head", take);
    source.addEventListener("over", () => {
      source.close();
      delete rounds.dataset.stream;
      document.body.dataset.line = "over";
      for (const form of document.querySelectorAll('form[action$="/cancel"]')) form.remove();
      for (const one of document.querySelectorAll(".later")) one.hidden = false;
    });
    source.addEventListener("error", () => {
      document.body.dataset.line = "broken";
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      setTimeout(listen, 2000);
    });
  };
  listen();
}

async function bring(place, url) {
  const answer = await fetch(url, FRAGMENT);
  if (answer.redirected) location.reload(); // the key is no longer good
  else if (answer.ok) place(await answer.text());
}

function openRound(details) {
  const link = details.querySelector("a[data-body]");
  if (!link || link.dataset.asked) return;
  link.dataset.asked = "1";
  details.dataset.touched = "1";
  bring((html) => put(details.id, html), link.href);
}

document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (details.open && details.classList.contains("round")) openRound(details);
}, true);

document.addEventListener("click", (event) => {
  const summary = event.target.closest("summary");
  if (summary) summary.parentElement.dataset.touched = "1";
  const link = event.target.closest("a[data-picture]");
  if (link) {
    event.preventDefault();
    bring((html) => {
      const box = document.createElement("div");
      box.innerHTML = html;
      link.parentElement.replaceWith(box);
      for (const walk of box.querySelectorAll("[data-walk]")) stepThrough(walk);
    }, link.href);
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    copy.textContent = "Copied";
  }
});

function stepThrough(walk) {
  const steps = [...walk.querySelectorAll(".step")];
  const at = walk.querySelector(".walk-at");
  const blocked = steps.findIndex((step) => step.querySelector(".unmet"));
  let place = blocked >= 0 ? blocked : 0;
  const show = () => {
    steps.forEach((step, number) => {
      step.classList.toggle("away", number !== place && number !== place - 1);
      step.classList.toggle("now", number === place);
    });
    at.textContent = `step ${place} of ${steps.length - 1}`;
  };
  walk.querySelector(".walk-keys").hidden = false;
  for (const button of walk.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      place = Math.min(Math.max(place + Number(button.dataset.step), 0), steps.length - 1);
      show();
    });
  }
  show();
}

function filter() {
  const field = document.getElementById("filter");
  if (!field || !rounds) return;
  const wanted = field.value.trim().toLowerCase();
  let shown = 0;
  for (const one of rounds.children) {
    one.hidden = wanted !== "" && !one.firstElementChild.textContent.toLowerCase().includes(wanted);
    shown += !one.hidden;
  }
  document.getElementById("filtered").textContent = wanted ? `${shown} of ${rounds.children.length}` : "";
}

function move(by) {
  const open = [...document.querySelectorAll("#rounds > .round:not([hidden]) > summary, [data-rows] tbody a:first-child")];
  if (!open.length) return;
  const place = open.indexOf(document.activeElement);
  const next = place < 0 ? (by > 0 ? 0 : open.length - 1) : Math.min(Math.max(place + by, 0), open.length - 1);
  open[next].focus();
  open[next].scrollIntoView({ block: "nearest" });
  if (open[next].parentElement.id) history.replaceState(null, "", `#${open[next].parentElement.id}`);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"], [Infinity, "week"]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function tellTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    let ago = (new Date(time.dateTime) - Date.now()) / 1000;
    for (const [most, unit] of STEPS) {
      if (Math.abs(ago) < most) {
        time.textContent = unit === "second" ? "just now" : words.format(Math.round(ago), unit);
        break;
      }
      ago /= most;
    }
  }
}

async function renew(table) {
  if (document.hidden || table.contains(document.activeElement)) return;
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(table.id);
  if (!fresh) return;
  table.replaceChildren(...fresh.children);
  tellTimes(table);
}

for (const table of document.querySelectorAll("[data-live]")) setInterval(renew, 3000, table);
for (const form of document.querySelectorAll("form.filter")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
}
for (const button of document.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
for (const walk of document.querySelectorAll("[data-walk]")) stepThrough(walk);
for (const choice of document.querySelectorAll('form.filters select[name="domain"][data-go]')) {
  choice.addEventListener("change", () => {
    const example = choice.form.querySelector('select[name="example"]');
    if (example) example.disabled = true;
    choice.form.submit();
  });
}
function arrive() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") { target.open = true; openRound(target); }
}
window.addEventListener("hashchange", arrive);
tellTimes(document);
arrive();
follow();

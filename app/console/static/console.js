// What a page does beyond showing: follow a run, move by keys, filter, open on demand, copy.
// Nothing here writes text of a model anywhere but by fragments that the server has escaped.
"use strict";

const rounds = document.getElementById("rounds");

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
    if (old.tagName === "DETAILS" && old.dataset.touched) fresh.open = old.open;
    old.replaceWith(fresh);
    if (focused) (fresh.querySelector("summary") || fresh).focus();
  }
  fresh.classList.add("fresh");
  filter();
}

function follow() {
  if (!rounds || !rounds.dataset.stream) return;
  const source = new EventSource(rounds.dataset.stream);
  const take = (event) => {
    const said = JSON.parse(event.data);
    put(said.id, said.html);
  };
  source.addEventListener("round", take);
  source.addEventListener("head", take);
  source.addEventListener("over", () => {
    source.close();
    delete rounds.dataset.stream;
    document.body.dataset.over = "true";
    for (const form of document.querySelectorAll('form[action$="/cancel"]')) form.remove();
  });
}

async function bring(place, url) {
  const answer = await fetch(url, { headers: { "X-Fragment": "1" } });
  if (answer.ok) place(await answer.text());
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
    steps.forEach((step, number) => step.classList.toggle("away", Math.abs(number - place) > 1));
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
  const open = [...document.querySelectorAll("#rounds > .round:not([hidden]) > summary")];
  if (!open.length) return;
  const place = open.indexOf(document.activeElement);
  const next = place < 0 ? (by > 0 ? 0 : open.length - 1) : Math.min(Math.max(place + by, 0), open.length - 1);
  open[next].focus();
  open[next].scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", `#${open[next].parentElement.id}`);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});

for (const form of document.querySelectorAll("form.filter")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
}
for (const button of document.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
for (const walk of document.querySelectorAll("[data-walk]")) stepThrough(walk);
for (const choice of document.querySelectorAll('form.filters select[name="domain"]')) {
  choice.addEventListener("change", () => {
    const example = choice.form.querySelector('select[name="example"]');
    if (example) example.value = "";
    choice.form.submit();
  });
}
function arrive() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") { target.open = true; openRound(target); }
}
window.addEventListener("hashchange", arrive);
arrive();
follow();

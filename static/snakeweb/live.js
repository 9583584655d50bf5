/*
 * The run page, live. The socket is a doorbell with data: events in sequence and rendered fragments by element id.
 * What we already have is dropped by its number; on a gap we ask again from the last one we hold. Buttons come by
 * HTTP, so that permission is decided in one place: they are fetched anew when the state has changed.
 */

const SILENCE = 25000; // ms without a message before the connection counts as lost; the server beats each 10 s
const LONGEST_WAIT = 15000;
const MOST_LINES = 2000;

const place = document.getElementById("run");
const run = Number(place.dataset.run);
const log = document.getElementById("run-log");
const dot = document.getElementById("live-dot");

let seq = Number(place.dataset.seq);
let socket = null;
let failures = 0;
let silence = 0;
let over = place.dataset.final === "true";

function show(state, text) {
  dot.dataset.state = state;
  dot.querySelector("[data-live-text]").textContent = text;
}

function announce(text) {
  document.getElementById("announcer").textContent = text;
}

function connect() {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${window.location.host}/ws/live/`);
  socket.addEventListener("open", subscribe);
  socket.addEventListener("message", (message) => heard(JSON.parse(message.data)));
  socket.addEventListener("close", lost);
  watch();
}

function subscribe() {
  socket.send(JSON.stringify({ op: "subscribe", run, after: seq }));
}

function watch() {
  clearTimeout(silence);
  silence = setTimeout(() => socket.close(), SILENCE);
}

function lost() {
  clearTimeout(silence);
  if (over) return;
  failures += 1;
  const wait = Math.min(LONGEST_WAIT, 250 * 2 ** Math.min(failures, 6)) * (0.75 + Math.random() / 2);
  show("waiting", "reconnecting");
  if (failures === 3) announce("The live connection is lost; what you see may be old. Trying again.");
  setTimeout(connect, wait);
}

function heard(message) {
  watch();
  if (message.kind === "closed") {
    over = true;
    show("closed", "closed");
    announce(message.text || "You may not watch this run any more.");
    return;
  }
  if (message.run !== run) return;
  if (failures > 2) announce("The live connection is back.");
  if (failures > 0) window.htmx.trigger("#run-actions", "refresh"); // what was asked for meanwhile got no answer
  failures = 0;
  show("live", "live");
  if (message.kind === "heartbeat" && message.seq > seq) subscribe();
  if (message.kind === "events") take(message);
}

function take(message) {
  if (message.from > seq + 1) {
    subscribe();
    return;
  }
  const fresh = message.events.filter((event) => event.seq > seq);
  if (fresh.length) {
    seq = fresh[fresh.length - 1].seq;
    append(fresh);
  }
  swap(message.fragments || {});
}

function swap(fragments) {
  const before = standing();
  for (const [id, html] of Object.entries(fragments)) {
    const old = document.getElementById(id);
    if (!old) continue;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.firstElementChild;
    keepOpen(old, fresh);
    old.replaceWith(fresh);
  }
  const after = standing();
  if (after.state !== before.state) announce(`The run is ${after.words}.`);
  if (after.state !== before.state || after.waits !== before.waits) {
    window.htmx.trigger("#run-actions", "refresh");
    document.title = `${after.words} · ${document.title.replace(/^.* · (?=Run )/, "")}`;
  }
  if (after.final && !before.final) show("live", "ended");
}

/* The route changes without an event of the run (leases, lag, gates), so it is asked for by itself. */
const EVERY = 1000;
let route = document.getElementById("run-route");

async function look() {
  if (!document.hidden) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), LONGEST_WAIT);
    try {
      const answer = await fetch(route.dataset.poll, { headers: { "HX-Request": "true" }, redirect: "error", signal: controller.signal });
      if (answer.ok) shown(await answer.text());
      else if (answer.status < 500) return;
    } catch {
      /* what is shown stays; the connection's own dot says that it may be old */
    } finally {
      clearTimeout(timer);
    }
  }
  if (route.dataset.live === "true") setTimeout(look, EVERY);
}

function shown(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.querySelector("#run-route");
  if (!fresh) {
    route.dataset.live = "false";
    return;
  }
  const focused = route.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : "";
  keepOpen(route, fresh);
  route.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.querySelector("summary").focus({ preventScroll: true });
  if (fresh.dataset.said !== route.dataset.said) announce(fresh.dataset.said);
  if (fresh.dataset.orders !== route.dataset.orders) window.htmx.trigger("#run-actions", "refresh");
  route = fresh;
}

if (route?.dataset.live === "true") setTimeout(look, EVERY);

function keepOpen(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open][id]")].map((element) => element.id));
  for (const element of fresh.querySelectorAll("details[id]")) if (open.has(element.id)) element.open = true;
}

function standing() {
  const header = document.getElementById("run-header");
  return {
    state: header.dataset.state,
    waits: header.dataset.waits,
    final: header.dataset.final === "true",
    words: header.querySelector("[data-announce]").textContent,
  };
}

/* Log lines are text, never HTML. */
function append(events) {
  const follow = document.getElementById("log-follow").checked;
  for (const event of events) {
    if (document.getElementById(`e${event.seq}`)) continue;
    const line = document.createElement("li");
    line.id = `e${event.seq}`;
    line.dataset.seq = event.seq;
    line.className = `is-${event.level}`;
    const link = document.createElement("a");
    link.href = `#e${event.seq}`;
    const time = document.createElement("time");
    time.dateTime = event.at;
    time.textContent = new Date(event.at).toISOString().slice(11, 23);
    link.append(time);
    const text = document.createElement("span");
    text.textContent = event.text;
    line.append(link, " ", text);
    log.append(line);
    filter(line);
  }
  while (log.children.length > MOST_LINES) log.firstElementChild.remove();
  if (follow) log.scrollTop = log.scrollHeight;
}

function filter(line) {
  const words = document.getElementById("log-filter").value.toLowerCase();
  const quiet = document.getElementById("log-warnings").checked && line.classList.contains("is-info");
  line.hidden = quiet || !line.textContent.toLowerCase().includes(words);
}

for (const id of ["log-filter", "log-warnings"]) {
  document.getElementById(id).addEventListener("input", () => {
    for (const line of log.children) filter(line);
  });
}
document.getElementById("log-follow").addEventListener("change", (event) => {
  if (event.target.checked) log.scrollTop = log.scrollHeight;
});
log.addEventListener("wheel", () => {
  const away = log.scrollHeight - log.scrollTop - log.clientHeight > 40;
  if (away) document.getElementById("log-follow").checked = false;
}, { passive: true });

if (window.location.hash.startsWith("#e")) document.getElementById("log-follow").checked = false;
else log.scrollTop = log.scrollHeight;
if (!over) connect();

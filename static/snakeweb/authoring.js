/* The authoring form: what htmx cannot do by itself. The form works without any of it. */

const form = document.getElementById("authoring");
const EXPLAINED = [401, 409, 422]; // answers that say on the page why nothing was kept
let typed = 0; // grows with each change
let saved = 0; // how much of it the server has
let leaving = false;

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

/* Signing in again, on another page, changes the token that every form needs. */
function freshToken() {
  const token = cookie("csrftoken");
  if (token) form.elements.csrfmiddlewaretoken.value = token;
  return token;
}

function tell(text) {
  const line = document.getElementById("sketch-said");
  if (line && line.textContent !== text) line.textContent = text;
  const code = document.getElementById("sketch-code");
  if (code) code.value = "lost";
  document.getElementById("sketch-at")?.replaceChildren();
}

function tryAgain() {
  if (typed > saved && !leaving) form.dispatchEvent(new Event("change"));
}

/* What was typed in the last half second before the page goes away. */
function lastWords() {
  if (leaving || typed <= saved || !form.dataset.keep) return;
  freshToken();
  saved = typed;
  fetch(form.dataset.keep, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true });
}

if (form) {
  let sent = 0;
  const ours = (event) => form.contains(event.detail.elt);
  form.addEventListener("input", () => { typed += 1; });
  form.addEventListener("submit", () => { leaving = true; freshToken(); });
  document.addEventListener("htmx:configRequest", (event) => {
    if (!ours(event)) return;
    const token = freshToken();
    if (token) event.detail.parameters.csrfmiddlewaretoken = event.detail.headers["X-CSRFToken"] = token;
    sent = typed;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!ours(event) || !EXPLAINED.includes(event.detail.xhr.status)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!ours(event)) return;
    const status = event.detail.xhr?.status ?? 0;
    if (status >= 200 && status < 300) saved = Math.max(saved, sent);
    else if (!EXPLAINED.includes(status)) tell(form.dataset.lost);
  });
  window.addEventListener("pagehide", lastWords);
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("online", tryAgain);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") tryAgain(); });
  setInterval(tryAgain, 15000);
  if (matchMedia("(max-width: 64rem)").matches) form.querySelector("[data-fold]")?.removeAttribute("open");
}

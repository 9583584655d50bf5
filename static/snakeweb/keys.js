/* Keyboard, small conveniences, and times that stay true. No page needs any of it to work. */

const GO = { h: "/", i: "/inbox/", m: "/migrations/", r: "/runs/", t: "/targets/", e: "/environments/", a: "/audit/", s: "/settings/" };
let wentAt = 0;

const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

function find() {
  const box = document.querySelector('[data-key-target="find"]');
  if (box && box.offsetParent !== null) box.focus();
  else window.location.assign("/search/");
}

function showKeys() {
  document.getElementById("account-menu")?.hidePopover?.();
  document.getElementById("keys-dialog")?.showModal();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    find();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const followsGo = event.timeStamp - wentAt < 1500;
  wentAt = event.key === "g" ? event.timeStamp : 0;
  if (followsGo && GO[event.key]) window.location.assign(GO[event.key]);
  else if (event.key === "/") { event.preventDefault(); find(); }
  else if (event.key === "?") showKeys();
  else if (event.key === "n") document.querySelector('main [data-key-target="next"]')?.focus();
  else if (event.key === "f") document.getElementById("log-follow")?.click();
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-key-help]")) showKeys();
  if (event.target.closest("[data-print]")) window.print();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    copy.textContent = "Copied";
  }
});

/* A refused form post is sent back with its page (422): show it like any other answer. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
});

function relative(at, now) {
  const seconds = (now - at) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds >= 0 ? "just now" : "in a moment";
  const [unit, name] = size < 3570 ? [60, "min"] : size < 84600 ? [3600, "h"] : [86400, "d"];
  const count = Math.round(size / unit);
  return seconds >= 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

setInterval(() => {
  for (const element of document.querySelectorAll("[data-since]")) element.textContent = clock((Date.now() - Date.parse(element.dataset.since)) / 1000);
}, 1000);
setInterval(() => {
  for (const element of document.querySelectorAll("[data-until]")) element.textContent = clock((Date.parse(element.dataset.until) - Date.now() + 500) / 1000);
}, 1000);
setInterval(() => {
  for (const element of document.querySelectorAll("time[data-ago]")) element.textContent = relative(Date.parse(element.dateTime), Date.now());
}, 20000);

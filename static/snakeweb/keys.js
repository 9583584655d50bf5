/* Keys. None of them works while somebody types, and no page needs any of them. */

const GO = { h: "/", i: "/inbox/", m: "/migrations/", r: "/runs/", t: "/targets/", e: "/environments/", a: "/audit/", s: "/settings/" };
let wentAt = 0;

const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
const main = (selector) => document.querySelector(`main ${selector}`);

/* Rows of whatever list the page has: the link that leads to the thing takes the focus, so Enter opens it. */
function move(by) {
  const links = [...document.querySelectorAll("main [data-row], main .cover")].filter((link) => link.checkVisibility());
  if (links.length === 0) return;
  const row = document.activeElement.closest("tr, li");
  const here = links.findIndex((link) => link === document.activeElement || (row && link.closest("tr, li") === row));
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + by, 0), links.length - 1);
  links[next].focus({ focusVisible: true });
  links[next].scrollIntoView({ block: "nearest" });
}

/* What is done with the row that has the focus, where its list offers that. */
const inRow = (target) => document.activeElement.closest("tr, li")?.querySelector(`[data-key-target="${target}"]`)?.click();

const ACTIONS = {
  "/": () => document.querySelector("[data-palette]")?.click(),
  "?": () => document.querySelector("[data-key-help]")?.click(),
  j: () => move(1),
  k: () => move(-1),
  x: () => inRow("done"),
  e: () => main('[data-key-target="edit"]')?.click(),
  u: () => document.querySelector('#toasts [data-key-target="undo"]')?.click(),
  n: () => main('[data-key-target="next"]')?.focus({ focusVisible: true }),
  f: () => document.getElementById("log-follow")?.click(),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    ACTIONS["/"]();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || event.target.closest("dialog[open]")) return;
  const followsGo = event.timeStamp - wentAt < 1500;
  wentAt = event.key === "g" ? event.timeStamp : 0;
  if (followsGo && GO[event.key]) window.location.assign(GO[event.key]);
  else if (ACTIONS[event.key]) {
    event.preventDefault();
    ACTIONS[event.key]();
  }
});

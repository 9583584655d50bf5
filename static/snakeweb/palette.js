/* Ctrl-K: the server finds, this moves through what it found. */

const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const options = () => [...palette.querySelectorAll('[role="option"]')];
let at = 0;

function mark(index) {
  const all = options();
  at = all.length ? (index + all.length) % all.length : 0;
  all.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
  if (all[at]) {
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

const KEYS = {
  ArrowDown: () => mark(at + 1),
  ArrowUp: () => mark(at - 1),
  Enter: () => options()[at]?.click(),
};

if (palette) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || palette.open) return;
    event.preventDefault();
    event.target.closest("[popover]")?.hidePopover();
    palette.showModal();
    input.select();
    input.dispatchEvent(new Event("palette"));
  });
  palette.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.isComposing || (event.key === "Enter" && options().length === 0)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  palette.addEventListener("htmx:afterSwap", () => {
    mark(0);
    palette.querySelector("[role=status]").textContent = palette.querySelector("[data-count]").dataset.count;
  });
}

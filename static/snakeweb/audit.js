/* The drawer of the audit trail: which entry it shows is in the address, and keys go from entry to entry. */

const drawer = document.getElementById("entry-drawer");

function remember(seq) {
  const address = new URL(window.location.href);
  if (seq) address.searchParams.set("entry", seq);
  else address.searchParams.delete("entry");
  window.history.replaceState(window.history.state, "", address);
}

if (drawer) {
  document.addEventListener("htmx:afterSettle", () => {
    const shown = drawer.querySelector("[data-seq]");
    if (!shown) return;
    if (!drawer.open && drawer.dataset.closed !== shown.dataset.seq) drawer.showModal();
    if (!drawer.open) return;
    remember(shown.dataset.seq);
    if (document.activeElement === document.body) drawer.focus(); // what had the focus was replaced
  });
  drawer.addEventListener("close", () => {
    drawer.replaceChildren();
    remember("");
  });
  document.addEventListener("keydown", (event) => {
    if (!drawer.open || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, pre")) return;
    const wanted = { ArrowLeft: '[rel="prev"]', ArrowRight: '[rel="next"]', b: '[data-of-object="earlier"]', a: '[data-of-object="later"]' }[event.key]
      ?? (/^[1-4]$/.test(event.key) ? `[data-tab="${event.key}"]` : "");
    const link = wanted && drawer.querySelector(wanted);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

/* A day that is given stands against “the last day”: whichever was touched last counts. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("#audit-filters");
  if (!form) return;
  if (["since", "until"].includes(event.target.name) && event.target.value) form.elements.within.value = "";
  if (event.target.name === "within") for (const name of ["since", "until"]) form.elements[name].value = "";
}, true);

/* A form is sent once, however often its button is pressed. */

const PATIENCE = 10000; // milliseconds; a request that was stopped by hand can be sent again after that

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "";
  setTimeout(free, PATIENCE, form);
}, { capture: true });

function free(form) {
  delete form.dataset.sent;
}

document.addEventListener("htmx:afterRequest", (event) => event.detail.elt instanceof HTMLFormElement && free(event.detail.elt));
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    copy.textContent = "Copied";
  }
});

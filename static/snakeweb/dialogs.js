/* Dialogs: opened by the buttons that name them; a confirmation is fetched when it is asked for, so it is never old. */

const asked = document.getElementById("confirm");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    opener.closest("[popover]")?.hidePopover();
    document.getElementById(opener.dataset.dialog)?.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) closeOutside(event);
});

/* Menus that open without a script close without a second click where there is one. */
const openMenus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.firstElementChild.focus();
  }
});

function closeOutside(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && event.clientX + event.clientY > 0) event.target.close(); // Enter on a button clicks at 0, 0
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== asked) return;
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
  if (!asked.open) asked.showModal();
  asked.querySelector("[autofocus]")?.focus();
});

/* Done: what was asked is answered elsewhere on the page. A refusal (422) comes back into the dialog. */
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.closest("#confirm") && event.detail.xhr.status < 400) asked.close();
});

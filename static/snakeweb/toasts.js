/* Toasts go aside after a while, never away: the list keeps them, with what can be undone. */

const SHOWN_FOR = 9000; // milliseconds, and longer while the pointer or the focus is on them
const box = document.getElementById("toasts");
let aside = null;

function putAside(toast) {
  if (!aside) {
    aside = document.createElement("details");
    aside.className = "toasts-put-away";
    aside.innerHTML = '<summary class="button tiny">Messages</summary><div class="toast-list"></div>';
    box.append(aside);
  }
  aside.lastElementChild.prepend(toast);
  aside.firstElementChild.textContent = `Messages (${aside.lastElementChild.childElementCount})`;
}

function start(toast) {
  let left = SHOWN_FOR;
  const timer = setInterval(() => {
    if (!toast.isConnected || toast.closest(".toasts-put-away")) clearInterval(timer);
    else if (!box.matches(":hover, :focus-within") && !document.hidden && (left -= 250) <= 0) putAside(toast);
  }, 250);
}

function look() {
  for (const toast of box.querySelectorAll(":scope > .toast:not([data-timed])")) {
    toast.dataset.timed = "";
    start(toast);
  }
}

if (box) {
  look();
  new MutationObserver(look).observe(box, { childList: true });
  box.addEventListener("click", (event) => {
    const toast = event.target.closest(".toast-close")?.closest(".toast");
    if (!toast) return;
    if (toast.closest(".toasts-put-away")) toast.remove();
    else putAside(toast);
  });
}

/* Arrows on the page of the search: from the box into what was found, and Escape back. */

const box = document.getElementById("search-q");
const rows = () => [...document.querySelectorAll("#found .cover, #found .linklike")];

function move(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest("dialog[open]")) return;
  const all = rows();
  const at = all.indexOf(document.activeElement);
  if (document.activeElement !== box && at < 0) return;
  if (event.key === "Escape" && at >= 0) box.focus();
  else if (event.key === "ArrowDown" && all.length) all[Math.min(at + 1, all.length - 1)].focus({ focusVisible: true });
  else if (event.key === "ArrowUp" && at >= 0) (at ? all[at - 1] : box).focus({ focusVisible: true });
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", move);

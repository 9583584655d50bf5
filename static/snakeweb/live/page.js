/* What the page shows besides the log: parts that the server renders, the state in words, the dot of the connection. */

export function show(state, text) {
  const dot = document.getElementById("live-dot");
  dot.dataset.state = state;
  dot.querySelector("[data-live-text]").textContent = text;
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

export function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

/* Put a fresh element in the place of an old one; what was unfolded and focused stays so. */
export function replace(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open][id]")].map((element) => element.id));
  for (const element of fresh.querySelectorAll("details[id]")) if (open.has(element.id)) element.open = true;
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : "";
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.querySelector("summary").focus({ preventScroll: true });
}

export function swap(fragments) {
  for (const [id, html] of Object.entries(fragments)) {
    const old = document.getElementById(id);
    if (old) replace(old, parse(html).firstElementChild);
  }
}

/* The run's state as the header has it. A change is said once, politely, and the buttons are asked for anew. */
export class Standing {
  constructor(header) {
    this.#read(header);
  }

  #read(header) {
    this.state = header.dataset.state;
    this.waits = header.dataset.waits;
    this.over = header.dataset.final === "true";
    this.words = header.querySelector("[data-announce]").textContent;
  }

  look() {
    const before = { ...this };
    this.#read(document.getElementById("run-header"));
    if (this.state !== before.state) announce(`The run is ${this.words}.`);
    if (this.state === before.state && this.waits === before.waits) return;
    window.htmx.trigger("#run-actions", "refresh");
    document.title = `${this.words} · ${document.title.replace(/^.* · (?=Run )/, "")}`;
  }
}

/*
 * The log. While it follows, new lines are appended and the oldest leave; while it does not, nothing moves under the
 * reader's eyes, and the last line says how many newer ones there are. Lines are what the server rendered: nothing is
 * made into HTML here.
 */
import { parse } from "./page.js";

const MOST_LINES = 2000;
const NEAR = 40; // pixels from an edge that still count as being there

export class Log {
  #loading = false;

  constructor(card, announce) {
    this.card = card;
    this.announce = announce;
    this.follow = card.querySelector("#log-follow");
    this.newest = Number(this.list.dataset.newest);
    this.follow.addEventListener("change", () => this.follow.checked && this.#toTail());
    card.addEventListener("click", (event) => this.#clicked(event));
    window.addEventListener("popstate", () => this.#goToAddress());
    window.addEventListener("hashchange", () => this.#goToAddress());
    this.#attend();
    if (/^#e\d+$/.test(window.location.hash)) this.#goToAddress();
    else if (this.follow.checked) this.#toEnd();
  }

  get list() {
    return document.getElementById("run-log");
  }

  get #lines() {
    return this.list.querySelectorAll("li[data-seq]");
  }

  get #last() {
    return Number([...this.#lines].at(-1)?.dataset.seq ?? 0);
  }

  /* Events from the socket, in sequence; after an absence they may begin later than our last line. */
  take(events) {
    if (!events.length) return;
    const last = this.#last;
    this.newest = Math.max(this.newest, events.at(-1).seq);
    if (this.follow.checked) {
      if (events[0].seq > last + 1) for (const line of this.#lines) line.remove();
      const fresh = events.filter((event) => event.seq > last).map((event) => event.html);
      this.#more("newer")?.remove();
      this.list.append(parse(fresh.join("")));
      this.#trim();
      this.#toEnd();
    }
    this.#count();
  }

  #trim() {
    const lines = this.#lines;
    for (let place = 0; place < lines.length - MOST_LINES; place += 1) lines[place].remove();
  }

  #toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
  }

  #more(which) {
    return this.list.querySelector(`li[data-more="${which}"]`);
  }

  /* The first and the last entry say how much of the log is not here, and lead there. */
  #count() {
    const lines = this.#lines;
    if (!lines.length) return;
    const [first, last] = [Number(lines[0].dataset.seq), Number(lines[lines.length - 1].dataset.seq)];
    this.#say("older", first - 1, first, "prepend");
    this.#say("newer", this.newest - last, last, "append");
  }

  #say(which, count, seq, how) {
    let entry = this.#more(which);
    if (count <= 0) {
      entry?.remove();
      return;
    }
    if (!entry) {
      entry = document.createElement("li");
      entry.className = "log-more";
      entry.dataset.more = which;
      entry.append(document.createElement("a"));
      this.list[how](entry);
    }
    const link = entry.firstElementChild;
    link.href = `?at=${seq}#e${seq}`;
    const number = document.createElement("b");
    number.textContent = count.toLocaleString("en");
    link.replaceChildren(number, ` ${which} line${count === 1 ? "" : "s"}`);
  }

  #attend() {
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  #scrolled() {
    const list = this.list;
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    const whole = !this.#more("newer");
    if (below > NEAR) this.follow.checked = false;
    else if (whole && below < 2) this.follow.checked = true;
    if (list.scrollTop < NEAR && this.#more("older") && !this.follow.checked) this.#load("older");
    else if (below < NEAR && !whole) this.#load("newer");
  }

  #clicked(event) {
    const link = event.target.closest("a[href^='?']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const more = link.closest("[data-more]");
    const seq = Number(/#e(\d+)$/.exec(link.hash)?.[1]);
    if (!more && !seq) return;
    event.preventDefault();
    if (more) {
      this.#load(more.dataset.more).then(() => this.list.focus({ preventScroll: true }));
    } else {
      window.history.pushState(null, "", `?at=${seq}#e${seq}`);
      this.#goTo(seq);
    }
  }

  #goToAddress() {
    const seq = /^#e(\d+)$/.exec(window.location.hash)?.[1];
    if (seq) this.#goTo(Number(seq));
  }

  async #goTo(seq) {
    this.follow.checked = false;
    if (!document.getElementById(`e${seq}`)) {
      const fresh = await this.#fetched(`at=${seq}`);
      if (fresh) this.#replace(fresh);
    }
    const line = document.getElementById(`e${seq}`);
    for (const other of this.list.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "true");
    line?.scrollIntoView({ block: "center" });
    if (!line) this.announce(`There is no line ${seq}.`);
  }

  async #toTail() {
    if (this.#last < this.newest) {
      const fresh = await this.#fetched("");
      if (fresh) this.#replace(fresh);
    }
    this.#toEnd();
  }

  async #load(which) {
    if (this.#loading) return;
    this.#loading = true;
    const lines = this.#lines;
    const older = which === "older";
    const asked = older ? `before=${lines[0].dataset.seq}` : `after=${lines[lines.length - 1].dataset.seq}`;
    const fresh = await this.#fetched(asked);
    if (fresh) this.#join(older, [...fresh.querySelectorAll("li[data-seq]")]);
    this.#loading = false;
  }

  /* What was in view stays where it was. */
  #join(older, lines) {
    const { scrollHeight, scrollTop } = this.list;
    const entry = this.#more(older ? "older" : "newer");
    const missing = lines.filter((line) => !document.getElementById(line.id));
    if (older) entry.after(...missing);
    else entry.before(...missing);
    this.#count();
    if (older) this.list.scrollTop = scrollTop + this.list.scrollHeight - scrollHeight;
  }

  #replace(fresh) {
    this.newest = Math.max(this.newest, Number(fresh.dataset.newest));
    this.list.replaceWith(fresh);
    this.#attend();
    this.#count();
  }

  async #fetched(asked) {
    try {
      const answer = await fetch(`${this.card.dataset.lines}?${asked}`, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (answer.ok) return parse(await answer.text()).querySelector("#run-log");
    } catch {
      /* said below */
    }
    this.announce("The lines could not be loaded; what is shown stays. Try again.");
    return null;
  }
}

/* A part of the page that changes without an event of the run (leases, lag, gates, samples): asked for by itself. */
import { parse, replace } from "./page.js";

const PATIENCE = 15000;

export class Polled {
  constructor(element, announce) {
    this.element = element;
    this.announce = announce;
  }

  begin() {
    setTimeout(() => this.#look(), Number(this.element.dataset.every));
  }

  async #look() {
    if (!document.hidden) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), PATIENCE);
      const wanted = { headers: { "HX-Request": "true" }, redirect: "error", signal: controller.signal };
      try {
        const answer = await fetch(this.element.dataset.poll, wanted);
        if (answer.ok) this.#shown(await answer.text());
        else if (answer.status < 500) return;
      } catch {
        /* what is shown stays; the connection's own dot says that it may be old */
      } finally {
        clearTimeout(timer);
      }
    }
    if (this.element.dataset.live === "true") this.begin();
  }

  #shown(html) {
    const fresh = parse(html).querySelector(`#${this.element.id}`);
    if (!fresh) {
      this.element.dataset.live = "false";
      return;
    }
    const old = this.element;
    replace(old, fresh);
    this.element = fresh;
    if (fresh.dataset.said && fresh.dataset.said !== old.dataset.said) this.announce(fresh.dataset.said);
    if (fresh.dataset.orders !== old.dataset.orders) window.htmx.trigger("#run-actions", "refresh");
  }
}

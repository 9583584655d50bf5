/*
 * One socket for one run. `seq` is the newest event that the page holds: what is older is dropped, and whoever was away
 * (a cut, a hidden tab) asks once for what it lacks, at most the newest `MOST`, which is all that a page shows.
 */
const SILENCE = 25000; // ms without a message before the connection counts as lost; the server beats each 10 s
const LONGEST_WAIT = 15000;
const MOST = 500;

export class Connection {
  #socket = null;
  #failures = 0;
  #silence = 0;
  #retry = 0;
  #over = false;

  constructor({ run, seq, onEvents, onState, onNews, onBack }) {
    Object.assign(this, { run, seq, onEvents, onState, onNews, onBack });
  }

  begin() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.#wake()));
    window.addEventListener("online", () => this.#wake());
    if (!document.hidden) this.#connect();
  }

  get #open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect() {
    clearTimeout(this.#retry);
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(`${scheme}//${window.location.host}/ws/live/`);
    this.#socket.addEventListener("open", () => (document.hidden ? this.#rest() : this.#subscribe()));
    this.#socket.addEventListener("message", (message) => this.#heard(JSON.parse(message.data)));
    this.#socket.addEventListener("close", () => this.#lost());
    this.#listen();
  }

  #subscribe() {
    this.#socket.send(JSON.stringify({ op: "subscribe", run: this.run, after: this.seq, most: MOST }));
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket.close(), SILENCE);
  }

  /* Nobody looks: nothing is sent, parsed or drawn until somebody does. */
  #rest() {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    if (this.#open) this.#socket.send(JSON.stringify({ op: "unsubscribe", run: this.run }));
  }

  #wake() {
    if (this.#over || document.hidden) return;
    if (this.#open) this.#subscribe();
    else if (this.#socket?.readyState !== WebSocket.CONNECTING) this.#connect();
  }

  #lost() {
    clearTimeout(this.#silence);
    if (this.#over || document.hidden) return;
    this.#failures += 1;
    const wait = Math.min(LONGEST_WAIT, 250 * 2 ** Math.min(this.#failures, 6)) * (0.75 + Math.random() / 2);
    this.onState("waiting", "reconnecting");
    if (this.#failures === 3) this.onNews("The live connection is lost; what you see may be old. Trying again.");
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #heard(message) {
    if (message.kind === "closed") return this.#closed(message);
    if (message.run !== this.run || document.hidden) return undefined;
    this.#listen();
    if (this.#failures > 2) this.onNews("The live connection is back.");
    if (this.#failures > 0) this.onBack();
    this.#failures = 0;
    if (message.kind === "heartbeat") {
      if (message.seq > this.seq) this.#subscribe(); // something got lost
      this.#stands(message.seq);
    } else if (message.kind === "events") this.#take(message);
    return undefined;
  }

  #closed(message) {
    this.#over = true;
    clearTimeout(this.#silence);
    this.onState("closed", "closed");
    this.onNews(message.text || "You may not watch this run any more.");
  }

  #take(message) {
    const fresh = message.events.filter((event) => event.seq > this.seq);
    if (fresh.length) this.seq = fresh[fresh.length - 1].seq;
    this.onEvents(fresh, message.fragments || {});
    this.#stands(message.newest);
  }

  /* While more is on its way than one message holds, we say how much. */
  #stands(newest) {
    const behind = newest - this.seq;
    if (behind > 0) this.onState("waiting", `${behind.toLocaleString("en")} behind, catching up`);
    else this.onState("live", "live");
  }
}

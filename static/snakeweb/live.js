/*
 * The run page, live. The socket is a doorbell with data: events in sequence, their lines as the server renders them,
 * and fragments by element id. Buttons come by HTTP, so that permission is decided in one place. Without this file the
 * page is whole; it only does not move.
 */
import { Connection } from "./live/connection.js";
import { Log } from "./live/log.js";
import { announce, show, Standing, swap } from "./live/page.js";
import { Polled } from "./live/polled.js";

const place = document.getElementById("run");
const standing = new Standing(document.getElementById("run-header"));
const log = new Log(document.getElementById("log"), announce);

for (const id of ["run-route", "run-charts", "run-impact"]) {
  const part = document.getElementById(id);
  if (part?.dataset.live === "true") new Polled(part, announce).begin();
}

if (place.dataset.final !== "true") {
  new Connection({
    run: Number(place.dataset.run),
    seq: Number(place.dataset.seq),
    onEvents: (events, fragments) => {
      log.take(events);
      swap(fragments);
      standing.look();
    },
    onState: (state, text) => show(standing.over && state === "live" ? "ended" : state, standing.over ? "ended" : text),
    onNews: announce,
    onBack: () => window.htmx.trigger("#run-actions", "refresh"), // what was asked for meanwhile got no answer
  }).begin();
}

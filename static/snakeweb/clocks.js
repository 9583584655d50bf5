/* Times that stay true while a page is open; `web/wording.py` writes the first ones. */

function relative(at, now) {
  const seconds = (now - at) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds >= 0 ? "just now" : "in a moment";
  const [unit, name] = size < 3570 ? [60, "min"] : size < 84600 ? [3600, "h"] : [86400, "d"];
  const count = Math.round(size / unit);
  return seconds >= 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const each = (selector, text) => {
  for (const element of document.querySelectorAll(selector)) element.textContent = text(element);
};

setInterval(() => {
  each("[data-since]", (element) => clock((Date.now() - Date.parse(element.dataset.since)) / 1000));
  each("[data-until]", (element) => clock((Date.parse(element.dataset.until) - Date.now() + 500) / 1000));
}, 1000);
setInterval(() => each("time[data-ago]", (element) => relative(Date.parse(element.dateTime), Date.now())), 20000);

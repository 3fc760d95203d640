// What is in view stands in the address, #look?photo=face&layer=relu4_2&unit=59,10,9, so that a view
// can be sent, kept, and gone back to.

const listeners = [];

export function state() {
  const [view, query] = location.hash.slice(1).split("?");
  return { view: view || "look", ...Object.fromEntries(new URLSearchParams(query || "")) };
}

// Change some of it; null or "" removes a part. A step for "back", unless it replaces the last one.
export function go(changes, replace = false) {
  put({ ...state(), ...changes }, replace);
}

// Another view of the same photo and question; what only the last view knew is left behind.
export function open(view) {
  const { photo, layer, unit, channel, class: class_ } = state();
  put({ view, photo, layer, unit, channel, class: class_ });
}

function put({ view, ...rest }, replace = false) {
  const left = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null
    && value !== "");
  const query = new URLSearchParams(left).toString().replaceAll("%2C", ",");
  const hash = `#${view}${query ? "?" + query : ""}`;
  if (hash === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  tell();
}

export function onChange(listener) {
  listeners.push(listener);
}

export function tell() {
  for (const listener of listeners) listener(state());
}

addEventListener("popstate", tell);

export const numbers = (text) => (text ? text.split(",").map(Number) : null);

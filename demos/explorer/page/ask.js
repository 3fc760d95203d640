// Ask: any map of any objective, side by side with the controls.

import { $, COMMAND, PYTHON, bars, el, figure, recipe, rested, slider } from "./parts.js";
import { ask } from "./link.js";
import { mark, seePhoto, shareOf } from "./photo.js";
import { go, numbers, state } from "./state.js";

let net = null, asked = "", parts = null, from = null;
const FIRST = ["gradient", "Grad-CAM", "occlusion", "centred Gaussian"];

export function begin(hello) {
  net = hello;
  const option = (value) => el("option", { value }, value);
  const class_ = el("select", { id: "ask-class" }, el("option", { value: "" }, "the likeliest"),
    ...net.classes.map(option));
  const layer = el("select", { id: "ask-layer" }, ...net.layers.map(({ name }) => option(name)));
  const unit = el("input", { type: "text", id: "ask-unit", size: 9, placeholder: "C,Y,X" });
  const channel = el("input", { type: "text", id: "ask-channel", size: 4, placeholder: "C" });
  const region = el("input", { type: "text", id: "ask-region", size: 18,
    placeholder: "top,left,bottom,right" });
  const row = (text, node) => [el("label", { htmlFor: node.id }, text), node];
  const checks = net.maps.map((name) => el("label", {}, el("input",
    { type: "checkbox", value: name, onchange: chooseMaps }), " ", name));
  const edge = net.edge;
  parts = { class_, layer, unit, channel, region, checks,
    window: slider("occlusion's window", { min: Math.ceil(edge / 10), max: edge / 2, step: 2,
      value: edge / 4 }, rested((window) => go({ window }, true), 300)),
    epsilon: slider("ε of LRP-ε", { min: 0.05, max: 2, step: 0.05, value: 0.25 },
      rested((epsilon) => go({ epsilon }, true), 200)) };
  class_.onchange = () => go({ class: class_.value, unit: null, channel: null, region: null });
  layer.onchange = () => inside({ unit: null, channel: channel.value || "0" });
  unit.onchange = () => inside({ unit: unit.value, channel: null, region: null });
  channel.onchange = () => inside({ unit: null, channel: channel.value });
  region.onchange = () => inside({ unit: null, region: region.value });
  $("ask").append(
    el("fieldset", {}, el("legend", {}, "more of what?"),
      el("div", { className: "row" }, ...row("a class", class_)),
      el("div", { className: "row" }, ...row("or in layer", layer), ...row("one unit", unit),
        ...row("a channel", channel), ...row("a region", region))),
    el("fieldset", {}, el("legend", {}, "by which maps? (up to 8)"),
      el("div", { className: "checks" }, ...checks),
      el("div", { className: "row" }, parts.window.node, parts.epsilon.node)),
    el("h2", { id: "asked" }), el("div", { id: "maps", className: "pictures large" }));
  $("seen").addEventListener("pointerdown", startRegion);
  $("seen").addEventListener("pointermove", drawRegion);
  $("seen").addEventListener("pointerup", endRegion);
  $("seen").addEventListener("pointercancel", () => { from = null; });
}

const inside = (changes) => go({ layer: parts.layer.value, class: null, ...changes });

function chooseMaps() {
  const maps = parts.checks.map((label) => label.firstChild).filter(({ checked }) => checked);
  go({ maps: maps.map(({ value }) => value).slice(0, 8).join("|") || FIRST[0] }, true);
}

// ── A region, drawn with the mouse ──────────────────────────────────────────────────────────────

function startRegion(event) {
  if (state().view !== "ask") return;
  from = shareOf(event);
  $("seen").setPointerCapture(event.pointerId);
}

const between = (to) => [Math.min(from[0], to[0]), Math.min(from[1], to[1]),
  Math.max(from[0], to[0]), Math.max(from[1], to[1])];

function drawRegion(event) {
  if (from) mark(between(shareOf(event)));
}

function endRegion(event) {
  if (!from) return;
  const box = between(shareOf(event));
  from = null;
  if (box[2] - box[0] < 0.04 || box[3] - box[1] < 0.04) return;
  inside({ unit: null, region: box.map((share) => share.toFixed(2)).join(",") });
}

// ── The question, and the maps ──────────────────────────────────────────────────────────────────

export async function show(now) {
  const { photo = "face", layer = net.layer, unit, channel, region, window, epsilon } = now;
  const names = (now.maps || FIRST.join("|")).split("|");
  parts.class_.value = now.class || "";
  parts.layer.value = layer;
  parts.unit.value = unit || "";
  parts.channel.value = channel ?? "";
  parts.region.value = region || "";
  for (const label of parts.checks) label.firstChild.checked = names.includes(label.firstChild.value);
  parts.window.set(window || net.edge / 4);
  parts.epsilon.set(epsilon || 0.25);
  $("hint").textContent = "Draw a region on the photo to ask for what a layer does there.";
  seePhoto(photo);
  mark(...(region ? [numbers(region)] : []));
  const question = { photo, maps: names.join("|"), window: Number(window) || undefined,
    epsilon: Number(epsilon) || undefined, ...wanted(now, layer) };
  if (JSON.stringify(question) === asked) return;
  asked = JSON.stringify(question);
  $("maps").setAttribute("aria-busy", "true");
  const shown = [];
  await ask("maps", question, (answer) => {
    if (!answer.map) return void ($("asked").textContent = `which pixels speak for the ${answer.asked}?`);
    shown.push(card(answer));
    if (shown.length === 1) $("maps").replaceChildren();
    $("maps").append(shown.at(-1));
  }).catch((error) => { asked = ""; $("maps").replaceChildren(); throw error; });
  $("maps").removeAttribute("aria-busy");
}

function wanted({ class: class_, unit, channel, region }, layer) {
  if (unit) return { layer, unit: numbers(unit) };
  if (region) return { layer, region: numbers(region), ...(channel ? { channel: Number(channel) } : {}) };
  if (channel) return { layer, channel: Number(channel) };
  return class_ ? { class: class_ } : {};
}

function card(answer) {
  const title = `${answer.map}${answer.control ? " (control)" : ""}`;
  const note = `${answer.equation} · ${answer.source} · ${answer.seconds} s`;
  if (answer.none) {
    return el("div", {}, el("h3", {}, `${title}: no map`), el("p", { className: "small" }, answer.none));
  }
  return el("div", {}, figure(answer.picture, el("strong", {}, answer.flat
    ? `${title}: the same everywhere` : title), `map by ${title}`, true),
  el("p", { className: "small" }, note),
  recipe({ [COMMAND]: answer.command, [PYTHON]: answer.python }));
}

// Look: every channel of a layer, and of the unit that is clicked all that there is to see.

import { $, COMMAND, PYTHON, el, figure, progress, recipe, say } from "./parts.js";
import { ask } from "./link.js";
import { filming, freeze, mark, shareOf, showPhoto, showTop } from "./photo.js";
import { go, numbers, state } from "./state.js";

const RULES = ["backpropagation", "deconvnet", "guided backpropagation"];
let net = null, seen = null, asked = "", excitedBy = "", rules = null, clicked = 0;
const wanted = { patches: new Set(), maximised: false, tape: false };

export function begin(hello) {
  net = hello;
  $("layers").replaceChildren(...net.layers.map((layer) => {
    const button = el("button", { type: "button", onclick: () => toLayer(layer.name) }, layer.name);
    const size = layer.size === null ? "all" : `${layer.size}²`;
    return el("tr", { id: `row-${layer.name}` }, el("td", {}, button),
      el("td", {}, layer.output.join("×")), el("td", {}, size));
  }));
  $("grid").onclick = clickGrid;
}

const layerOf = (name) => net.layers.find((layer) => layer.name === name);
const toLayer = (layer) => go({ layer, unit: null, channel: null, class: null });

export async function show({ photo = "face", layer = net.layer }) {
  $("hint").textContent = "Click the photo: the unit that looks there.";
  for (const row of $("layers").children) row.removeAttribute("aria-current");
  const row = $(`row-${layer}`);
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
  if (!filming() && (seen?.key !== photo || seen?.layer !== layer)) {
    const answer = await ask("see", { photo, layer });
    seen = { ...answer, key: photo };
    showPhoto(answer, photo);
    showGrid(answer);
    $("grid-recipe").replaceChildren(recipe({ [COMMAND]: answer.command, [PYTHON]: answer.python }));
  }
  showTop(seen?.top || []);
  choose();
}

export function showFrame(answer) {
  seen = { ...seen, ...answer, key: null };
  showTop(answer.top);
  showGrid(answer);
}

function showGrid(answer) {
  const { output, size } = layerOf(answer.layer);
  const sees = size === null ? "all of the photo" : `${size} × ${size} pixels`;
  $("layer-title").textContent = `${answer.layer}: ${output.join(" × ")}, a unit sees ${sees}`;
  $("grid").src = answer.grid;
  $("grid").alt = `the ${answer.count} channels of ${answer.layer}; arrow keys choose one`;
  $("grid-hint").textContent = `${answer.count} channels, row by row. Click one.`;
  $("chosen").hidden = true;
}

// ── What is chosen: a unit, or a class ──────────────────────────────────────────────────────────

function tile() {
  const { rows, columns, scale, across, gap, count } = seen;
  const [height, width] = [rows * scale, columns * scale];
  return { height, width, down: height + gap, right: width + gap,
    all: [across * (width + gap) - gap, Math.ceil(count / across) * (height + gap) - gap] };
}

async function clickGrid(event) {
  clicked = performance.now();
  const { left, top, width, height } = $("grid").getBoundingClientRect();
  const t = tile();
  const x = ((event.clientX - left) / width) * t.all[0];
  const y = ((event.clientY - top) / height) * t.all[1];
  const c = Math.floor(y / t.down) * seen.across + Math.floor(x / t.right);
  if (!(c >= 0 && c < seen.count)) return;
  if (filming()) return toUnit(c, null, await freeze());
  const at = [Math.floor((y % t.down) / seen.scale), Math.floor((x % t.right) / seen.scale)];
  const inside = at[0] < seen.rows && at[1] < seen.columns;
  toUnit(c, event.shiftKey && inside ? at : seen.places[c]);
}

// The unit of a channel at a place; without one it is found once the photo is seen.
async function toUnit(c, place, photo = null) {
  const layer = seen.layer;
  if (photo) {
    const answer = await ask("see", { photo, layer });
    place = answer.places[c];
  }
  const unit = layerOf(layer).output.length === 3 ? [c, ...place] : [c];
  go({ view: "look", layer, unit: unit.join(","), class: null, ...(photo ? { photo } : {}) });
}

// A click on the photo: the unit of this channel, or of the one that fires most there, that looks.
export function clickPhoto(event) {
  clicked = performance.now();
  const { size, stride, start } = layerOf(seen.layer);
  if (size === null || filming()) return;
  const last = [seen.rows - 1, seen.columns - 1];
  const place = shareOf(event).map((share, axis) => {
    const i = Math.round((share * net.edge - start - size / 2) / stride);
    return Math.min(Math.max(i, 0), last[axis]);
  });
  const c = numbers(state().unit)?.[0] ?? seen.values.indexOf(Math.max(...seen.values));
  toUnit(c, place);
}

export function nextChannel(by) {
  if (!seen || filming()) return;
  clicked = performance.now();
  const c = numbers(state().unit)?.[0];
  const next = c === undefined ? seen.values.indexOf(Math.max(...seen.values))
    : (c + by + seen.count) % seen.count;
  toUnit(next, seen.places[next]);
}

export function nextLayer(by) {
  const names = net.layers.map(({ name }) => name);
  const i = names.indexOf(state().layer || net.layer) + by;
  if (names[i]) toLayer(names[i]);
}

export function nextRule() {
  const i = RULES.indexOf(state().rule || RULES[2]);
  go({ rule: RULES[(i + 1) % RULES.length] }, true);
}

async function choose() {
  const { photo = "face", layer = net.layer, unit, class: class_, rule = RULES[2] } = state();
  if (!unit && !class_) {
    asked = excitedBy = "";
    mark();
    $("chosen").hidden = true;
    $("excites").replaceChildren();
    return $("unit").replaceChildren(el("p", { className: "small" },
      "Click a channel, a point on the photo, or a class at the left: here comes what it sees."));
  }
  const question = class_ ? { photo, class: class_ } : { photo, layer, unit: numbers(unit) };
  if (JSON.stringify(question) !== asked) {
    asked = JSON.stringify(question);
    frameTile(unit);
    rules = await ask("rules", question).catch((error) => { asked = ""; throw error; });
    if (JSON.stringify(question) !== asked) return;
  }
  frameTile(unit);
  showRules(question, rule);
}

function frameTile(unit) {
  $("chosen").hidden = !unit || !seen;
  if (!unit || !seen) return;
  const t = tile(), c = numbers(unit)[0];
  const percent = (value, of) => `${(100 * value) / of}%`;
  Object.assign($("chosen").style, {
    left: percent((c % seen.across) * t.right, t.all[0]), width: percent(t.width, t.all[0]),
    top: percent(Math.floor(c / seen.across) * t.down, t.all[1]), height: percent(t.height, t.all[1]),
  });
}

function showRules(question, rule) {
  const names = Object.keys(rules.pictures);
  const picked = names.includes(rule) ? rule : names.at(-1);
  const box = rules.box;
  mark(...(box ? [box.map((edge) => edge / net.edge)] : []));
  const drawn = names.map((name) => {
    const { picture, zero } = rules.pictures[name];
    const label = zero ? `${name}: zero everywhere` : name;
    return el("button", { type: "button", className: "choice", ariaPressed: String(name === picked),
      onclick: () => go({ rule: name }, true) }, figure(picture, label, `gradient by ${label}`));
  });
  const closer = box && 5 * (box[2] - box[0]) <= 3 * net.edge
    ? [el("h3", {}, "what it sees, enlarged"), el("div", { className: "pictures four" },
      cut($("photo").src, box, "the photo"),
      ...names.map((name) => cut(rules.pictures[name].picture, box, name)))] : [];
  const value = `${rules.name} = ${rules.value}`;
  const head = el("h2", { id: "unit-title" }, value);
  const time = el("p", { className: "small", id: "took" }, rules.note);
  $("unit").replaceChildren(head, time, el("div", { className: "pictures", id: "rules" }, ...drawn),
    ...closer,
    recipe({ [COMMAND]: rules.command, [PYTHON]: rules.pictures[picked].python }),
    codeOf(question, picked));
  showExcites(question);
  if (clicked) tellTime(time, clicked);
  clicked = 0;
}

// From the click until the pictures can be seen.
async function tellTime(time, since) {
  await Promise.all([...document.querySelectorAll("#rules img")].map((image) => image.decode()));
  const ms = Math.round(performance.now() - since);
  time.textContent = `${rules.note} drawn in ${ms} ms`.trim();
  time.dataset.ms = ms;
}

// A part of a picture, pixel by pixel.
function cut(source, [top, left, bottom, right], name) {
  const canvas = el("canvas", { width: right - left, height: bottom - top, role: "img",
    ariaLabel: `${name}, enlarged` });
  const image = new Image();
  image.onload = () => canvas.getContext("2d").drawImage(image, -left, -top);
  image.src = source;
  return el("figure", {}, canvas, el("figcaption", {}, name));
}

function codeOf(question, rule) {
  const code = el("pre", { tabIndex: 0, id: "tape" }, "…");
  const details = el("details", { open: wanted.tape },
    el("summary", {}, `the code of this gradient, by ${rule}`), el("div", {}, code));
  const fill = async () => {
    const { tape } = await ask("tape", { ...question, rule: rule });
    code.textContent = tape;
    code.scrollTop = code.scrollHeight;     // where the walk back begins
  };
  details.ontoggle = () => { wanted.tape = details.open; if (details.open) fill(); };
  return details;
}

// ── What excites it ─────────────────────────────────────────────────────────────────────────────

function showExcites(question) {
  const c = question.unit?.[0];
  const what = question.class ? `"${question.class}"` : `channel ${c}`;
  const of = question.class ? { class: question.class } : { layer: question.layer, channel: c };
  if (JSON.stringify(of) === excitedBy) return;       // another unit of it, or another rule
  excitedBy = JSON.stringify(of);
  const parts = [maximisedPart(of, what)];
  if (!question.class) parts.unshift(patchesPart(of, what));
  $("excites").replaceChildren(...parts);
}

function onDemand(title, id, begun, run) {
  const place = el("div", { id });
  const begin = () => { place.replaceChildren(); run(place).catch((error) => say(error.message)); };
  const button = el("button", { type: "button", onclick: begin }, title);
  place.append(button);
  if (begun) begin();
  return place;
}

function patchesPart(of, what) {
  return onDemand(`strongest patches of ${what}`, "patches", wanted.patches.has(of.layer),
    async (place) => {
      const bar = progress("searching the photos that are here");
      place.append(el("h3", {}, `strongest patches of ${what}`), bar.node);
      const answer = await ask("patches", of, (part) => part.progress && bar.show(part));
      wanted.patches.add(of.layer);
      bar.node.replaceWith(el("div", { className: "patches" }, ...answer.patches.map((p) =>
        el("figure", {}, el("img", { src: p.picture, alt: `a patch of ${p.name}` }),
          el("img", { src: p.gradient, alt: answer.rule }),
          el("figcaption", {}, `${p.value} ${p.name.split("/")[0].replaceAll("_", " ")}`)))),
        el("p", { className: "small" }, `beside each: ${answer.rule}`),
        recipe({ [COMMAND]: answer.command, [PYTHON]: answer.python }));
    });
}

function maximisedPart(of, what) {
  return onDemand(`picture that most excites ${what}`, "maximised", wanted.maximised,
    async (place) => {
      const bar = progress("more of it, step by step");
      const image = el("img", { className: "smooth", alt: `what most excites ${what}` });
      const shown = el("figure", { hidden: true }, image);
      place.append(el("h3", {}, `what most excites ${what}`), shown, bar.node);
      const each = (part) => {
        if (part.progress) bar.show(part);
        if (part.picture) { image.src = part.picture; shown.hidden = false; }
      };
      const answer = await ask("maximised", of, each);
      wanted.maximised = true;
      bar.node.replaceWith(recipe({ [COMMAND]: answer.command, [PYTHON]: answer.python }));
    });
}

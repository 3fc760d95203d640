// Paint: the photo in view in the style of a painting, with its progress, stopped at will.

import { $, COMMAND, PYTHON, el, progress, recipe, say, slider } from "./parts.js";
import { ask, stop } from "./link.js";
import { mark, seePhoto } from "./photo.js";
import { go, state } from "./state.js";

let parts = null, running = false, done = "";

export function begin(hello) {
  const option = (value) => el("option", { value }, String(value).replaceAll("_", " "));
  const painting = el("select", { id: "painting" }, ...hello.paintings.map(option));
  const edge = el("select", { id: "edge" }, ...hello.edges.map(option));
  edge.value = 192;
  const button = el("button", { type: "button", className: "main", id: "paint-button" }, "paint");
  parts = { painting, edge, button,
    weight: slider("weight of the style", { min: 1, max: 100, step: 1, value: 20 },
      (weight) => go({ weight }, true)),
    steps: slider("steps", { min: 10, max: 200, step: 10, value: 60 },
      (steps) => go({ steps }, true)) };
  painting.onchange = () => go({ painting: painting.value }, true);
  edge.onchange = () => go({ edge: edge.value }, true);
  button.onclick = () => (running ? end() : paint());
  $("paint").append(el("div", { className: "row" },
    el("label", { htmlFor: "painting" }, "as"), painting,
    el("label", { htmlFor: "edge" }, "longer edge"), edge, parts.weight.node, parts.steps.node,
    button), el("div", { id: "painted" }));
}

export function show({ photo = "face", painting, edge = 192, weight = 20, steps = 60 }) {
  if (painting) parts.painting.value = painting;
  parts.edge.value = edge;
  parts.weight.set(weight);
  parts.steps.set(steps);
  $("hint").textContent = "The whole photo is painted, not only the square that the network sees.";
  mark();
  seePhoto(photo);
}

function end() {
  stop("paint");
  finished("stopped after");
}

function finished(why) {
  running = false;
  parts.button.textContent = "paint";
  const said = $("painted").querySelector(".small");
  if (said) said.textContent = `${why} ${done}`;
}

async function paint() {
  const question = { photo: state().photo || "face", painting: parts.painting.value,
    edge: Number(parts.edge.value), weight: Number(parts.weight.input.value),
    steps: Number(parts.steps.input.value) };
  const image = el("img", { className: "smooth", id: "canvas", alt: "the picture on its way" });
  const bar = progress("painting");
  const below = el("div");
  $("painted").replaceChildren(bar.node, el("figure", {}, image), below);
  running = true;
  parts.button.textContent = "stop";
  try {
    await ask("paint", question, (answer) => {
      if (!running) return;
      if (answer.command) {
        below.replaceChildren(recipe({ [COMMAND]: answer.command, [PYTHON]: answer.python }));
      }
      done = `step ${answer.step ?? 0} of ${answer.of.replace(" steps", "")}`;
      if (answer.picture) image.src = answer.picture;
      bar.show(answer);
    });
    finished("done:");
  } catch (error) {
    say(error.message);
    finished("ended after");
  }
}

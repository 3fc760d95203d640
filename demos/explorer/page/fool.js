// Fool: the photo in view, changed so little that nobody sees it.

import { $, COMMAND, PYTHON, bars, el, figure, recipe, rested, slider } from "./parts.js";
import { ask } from "./link.js";
import { mark, seePhoto } from "./photo.js";
import { go } from "./state.js";

let parts = null, asked = "";

export function begin(hello) {
  const option = (value) => el("option", { value }, value);
  const attack = el("select", { id: "attack" }, ...hello.attacks.map(option));
  const target = el("select", { id: "target" }, el("option", { value: "" }, "anything else"),
    ...hello.classes.map(option));
  parts = { attack, target, epsilon: slider("ε, grey levels of 255", { min: 0.5, max: 32, step: 0.5,
    value: 4 }, rested((epsilon) => go({ epsilon }, true), 200)) };
  parts.epsilon.input.id = "epsilon";
  attack.onchange = () => go({ attack: attack.value }, true);
  target.onchange = () => go({ target: target.value }, true);
  $("fool").append(el("div", { className: "row" }, el("label", { htmlFor: "attack" }, "attack"), attack,
    el("label", { htmlFor: "target" }, "it shall become"), target, parts.epsilon.node),
  el("h2", { id: "fooled", ariaLive: "polite" }), el("div", { id: "fooling" }));
}

export async function show({ photo = "face", attack = "pgd", target = "", epsilon = 4 }) {
  parts.attack.value = attack;
  parts.target.value = target;
  parts.epsilon.set(epsilon);
  $("hint").textContent = "";
  mark();
  seePhoto(photo);
  const question = { photo, attack, target, epsilon: Number(epsilon) };
  if (JSON.stringify(question) === asked) return;
  asked = JSON.stringify(question);
  const a = await ask("fool", question).catch((error) => { asked = ""; throw error; });
  const said = ({ name, p }) => `${name} ${Math.round(100 * p)} %`;
  $("fooled").textContent = a.success ? `${said(a.before[0])} → ${said(a.after[0])}`
    : `not fooled at ε = ${epsilon}: ${said(a.before[0])} → ${said(a.after[0])}`;
  const column = (source, title, alt, top) => {
    const list = el("ol");
    if (top) bars(list, top.slice(0, 3));
    return el("div", {}, figure(source, title, alt), list);
  };
  $("fooling").replaceChildren(
    el("div", { className: "pictures large" },
      column(a.photo, "the photo, x", "the photo", a.before),
      column(a.eta, `what is added, η, ${a.times} times enlarged around grey`, "the perturbation"),
      column(a.picture, "the result, x + η", "the photo as it was changed", a.after)),
    el("p", {}, `‖η‖∞ = ${a.linf} and ‖η‖₂ = ${a.l2} grey levels. By chance, with a random sign in ` +
      `place of the gradient's, the network says: ${said(a["by chance"][0])}.`),
    el("p", { className: "small" }, `${a.equation} · ${a.source}`),
    recipe({ [COMMAND]: a.command, [PYTHON]: a.python }));
}

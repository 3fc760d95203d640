// Human against network: five names for a photo that is hard to see. The score stays in this browser.

import { $, COMMAND, PYTHON, el, recipe } from "./parts.js";
import { ask } from "./link.js";
import { chart } from "./chart.js";
import { go } from "./state.js";

const BRIEF = 100;      // milliseconds
let net = null, question = null, began = "";

export function begin(hello) {
  net = hello;
  const conditions = ["any", ...net.conditions].map((value) => el("option", { value }, value));
  const condition = el("select", { id: "condition" }, ...conditions);
  condition.onchange = () => next(condition.value);
  const again = el("button", { type: "button", onclick: forget }, "forget the score");
  $("quiz").append(el("div", {},
    el("div", { className: "row" }, el("label", { htmlFor: "condition" }, "condition"), condition,
      el("button", { type: "button", className: "main", id: "next",
        onclick: () => next(condition.value) }, "next photo")),
    el("p", { id: "how" }), el("div", { className: "quiz-picture", id: "quiz-picture" }),
    el("div", { className: "choices", id: "choices", role: "group", ariaLabel: "what is it?" }),
    el("p", { id: "verdict", role: "status" }), el("div", { id: "quiz-recipe" })),
  el("div", {}, el("h2", {}, "the score so far"), el("div", { id: "score" }), again));
}

function next(condition) {
  const named = condition === "any"
    ? net.conditions[Math.floor(Math.random() * net.conditions.length)] : condition;
  go({ condition: named, any: condition === "any" ? "1" : null,
    number: Math.floor(Math.random() * 1e6) });
}

export async function show({ condition = "as it is", number = 0, any }) {
  $("condition").value = any ? "any" : condition;
  drawScore();
  if (began === `${condition} ${number}`) return;
  began = `${condition} ${number}`;
  question = { ...(await ask("quiz", { condition, number: Number(number) })), condition, number };
  $("verdict").textContent = "";
  $("quiz-recipe").replaceChildren();
  $("how").textContent = condition === "brief"
    ? "Press the button, and look: the photo is there for a tenth of a second."
    : `A photo, ${condition}. What is it?`;
  const image = el("img", { src: question.picture, alt: "the photo in question", id: "quiz-image" });
  $("quiz-picture").replaceChildren(condition === "brief" ? shutter(image) : image);
  $("choices").replaceChildren(...question.choices.map((name, i) =>
    el("button", { type: "button", onclick: () => answer(i) }, name)));
}

// The photo for a moment, then noise in its place, so that nothing of it is left to the eye.
function shutter(image) {
  const button = el("button", { type: "button", id: "look-now" }, "look");
  button.onclick = () => {
    button.replaceWith(image);
    setTimeout(() => image.isConnected && image.replaceWith(noise()), BRIEF);
  };
  return button;
}

function noise() {
  const canvas = el("canvas", { width: 64, height: 64, role: "img", ariaLabel: "noise" });
  const context = canvas.getContext("2d"), image = context.createImageData(64, 64);
  for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : 255 * Math.random();
  context.putImageData(image, 0, 0);
  canvas.style.width = "100%";
  return canvas;
}

function answer(mine) {
  if (!question || question.answered) return;
  question.answered = true;
  const { right, network, choices, condition, top } = question;
  const told = (i) => `${choices[i]} (${i === right ? "right" : "wrong"})`;
  const sure = `among all its classes it says ${top[0].name}, ${Math.round(100 * top[0].p)} %`;
  $("verdict").textContent = `It is ${choices[right]}. You: ${told(mine)}. ` +
    `The network: ${told(network)}; ${sure}.`;
  [...$("choices").children].forEach((button, i) => {
    button.disabled = true;
    if (i === right) button.textContent = `✓ ${choices[i]}`;
  });
  $("quiz-picture").replaceChildren(el("img", { src: question.picture, alt: choices[right] }));
  const title = condition === "attacked" ? COMMAND : "what the network says of the photo itself";
  $("quiz-recipe").replaceChildren(recipe({ [title]: question.command, [PYTHON]: question.python }));
  keep(condition, mine === right, network === right);
  drawScore();
  $("next").focus();
}

// ── The score ───────────────────────────────────────────────────────────────────────────────────

const key = () => `explorer quiz, ${net.network}`;

function score() {
  try {
    return JSON.parse(localStorage.getItem(key())) || {};
  } catch {
    return {};
  }
}

// By condition: [both right, only you, only the network, neither].
function keep(condition, you, network) {
  const all = score();
  all[condition] ??= [0, 0, 0, 0];
  all[condition][(you ? 0 : 2) + (network ? 0 : 1)] += 1;
  localStorage.setItem(key(), JSON.stringify(all));
}

function forget() {
  localStorage.removeItem(key());
  drawScore();
}

async function drawScore() {
  const all = score();
  const rows = net.conditions.filter((name) => all[name]).map((name) => {
    const [both, you, network, neither] = all[name];
    const n = both + you + network + neither;
    return { name, n, you: both + you, network: both + network, only: [you, network] };
  });
  if (!rows.length) {
    return $("score").replaceChildren(el("p", { className: "small" }, "No answer yet."));
  }
  const counts = rows.flatMap(({ n, you, network }) => [[you, n], [network, n]]);
  const { intervals } = await ask("intervals", { counts });
  $("score").replaceChildren(chart(rows, intervals), differences(rows));
}

function differences(rows) {
  const head = ["condition", "photos", "only you were right", "only the network"];
  return el("table", {}, el("caption", {}, "where you differ"),
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows.map(({ name, n, only }) =>
      el("tr", {}, ...[name, n, ...only].map((text) => el("td", {}, String(text)))))));
}

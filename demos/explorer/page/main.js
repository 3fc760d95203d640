// The page: which view is open, the keys, and what comes first.

import { $, el } from "./parts.js";
import { connect } from "./link.js";
import * as ask from "./ask.js";
import * as fool from "./fool.js";
import * as look from "./look.js";
import * as paint from "./paint.js";
import { beginPhotos, fillPhotos, stopCamera } from "./photo.js";
import * as quiz from "./quiz.js";
import { onChange, open, state, tell } from "./state.js";

const VIEWS = { look: "Look", ask: "Ask", fool: "Fool", paint: "Paint",
  quiz: "Human against network" };
const modules = { look, ask, fool, paint, quiz };
let begun = false;

function hello(answer) {
  $("network").textContent = answer.network;
  if (begun) return tell();
  begun = true;
  fillPhotos(answer.photos);
  beginPhotos(look.showFrame);
  $("views").replaceChildren(...Object.entries(VIEWS).map(([view, title]) =>
    el("a", { href: `#${view}`, id: `to-${view}`,
      onclick: (event) => { event.preventDefault(); open(view); } }, title)));
  for (const module of Object.values(modules)) module.begin(answer);
  onChange(show);
  tell();
}

function show(now) {
  const view = now.view in VIEWS ? now.view : "look";
  if (view !== "look") stopCamera();
  for (const name of Object.keys(VIEWS)) {
    $(name).hidden = name !== view;
    if (name === view) $(`to-${name}`).setAttribute("aria-current", "page");
    else $(`to-${name}`).removeAttribute("aria-current");
  }
  $("aside").hidden = view === "quiz";
  document.body.classList.toggle("alone", view === "quiz");
  $("seen").classList.toggle("aim", view === "look" || view === "ask");
  document.title = `${VIEWS[view]} · minigrad explorer`;
  modules[view].show(now);
}

$("seen").onclick = (event) => modules[state().view]?.clickPhoto?.(event);
$("help-button").onclick = () => $("help").showModal();

const KEYS = {
  ArrowUp: () => look.nextLayer(-1), ArrowDown: () => look.nextLayer(1),
  ArrowLeft: () => look.nextChannel(-1), ArrowRight: () => look.nextChannel(1),
  r: () => look.nextRule(),
};

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, pre");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const view = Object.keys(VIEWS)[Number(event.key) - 1];
  if (event.key === "h") $("help").showModal();
  else if (event.key === "b") history.back();
  else if (event.key === "c") $("camera").click();
  else if (view) open(view);
  else if (state().view === "look" && event.key in KEYS) KEYS[event.key]();
  else return;
  event.preventDefault();
});

// What the explorer answers with a sentence, the status has said already.
addEventListener("unhandledrejection", (event) => event.reason?.told && event.preventDefault());

connect(hello);

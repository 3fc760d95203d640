// The photo in view: chosen, dropped, or from the camera; and the boxes drawn on it.

import { $, bars, el, say } from "./parts.js";
import { ask } from "./link.js";
import { go, state } from "./state.js";

let stream = null, running = false, onFrame = null;

export function fillPhotos(photos) {
  const single = photos.slice(0, photos.findIndex((photo) => photo.key.includes("-")));
  const many = el("optgroup", { label: "Caltech-101, never trained on" });
  many.append(...photos.slice(single.length).map(option));
  $("photos").replaceChildren(...single.map(option), many);
}

const option = ({ key, title }) => el("option", { value: key }, title);

export function showPhoto(answer, key) {
  known = key;
  $("photo").src = answer.photo;
  $("photo").alt = `${answer.title}, as the network sees it`;
  if (![...$("photos").options].some(({ value }) => value === key)) {
    $("photos").prepend(option({ key, title: answer.title }));
  }
  $("photos").value = key;
}

export function showTop(top) {
  bars($("top"), top, (name) => go({ view: "look", class: name, unit: null, channel: null }),
    state().class);
}

let known = null;

// The photo for views that need no layer.
export async function seePhoto(key) {
  if (known === key && !$("photo").hidden && $("photo").src) return;
  known = key;
  const answer = await ask("see", { photo: key });
  showPhoto(answer, key);
  showTop(answer.top);
}

// Boxes as shares of the photo: [top, left, bottom, right].
export function mark(...boxes) {
  $("marks").replaceChildren(...boxes.flatMap((box) => ["under", ""].map((name) => {
    const [top, left, bottom, right] = box;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const at = { x: left, y: top, width: right - left, height: bottom - top, class: name };
    for (const [key, value] of Object.entries(at)) rect.setAttribute(key, value);
    return rect;
  })));
}

export const shareOf = (event) => {
  const { left, top, width, height } = $("seen").getBoundingClientRect();
  const within = (x) => Math.min(Math.max(x, 0), 1);
  return [within((event.clientY - top) / height), within((event.clientX - left) / width)];
};

export async function take(file) {
  const { key } = await ask("drop", { name: file.name.slice(-80) }, null, file);
  go({ photo: key });
}

export function beginPhotos(showFrame) {
  onFrame = showFrame;
  $("photos").onchange = () => { stopCamera(); go({ photo: $("photos").value }); };
  $("file").onchange = () => { stopCamera(); if ($("file").files[0]) take($("file").files[0]); };
  $("camera").onclick = () => (running ? stopCamera() : startCamera());
  document.ondragover = (event) => { event.preventDefault(); document.body.classList.add("over"); };
  document.ondragleave = () => document.body.classList.remove("over");
  document.ondrop = (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    stopCamera();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  };
}

// ── The camera ──────────────────────────────────────────────────────────────────────────────────

export const filming = () => running;

async function startCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  } catch {
    return say("There is no camera here, or the browser may not use it.");
  }
  running = true;
  $("video").srcObject = stream;
  await $("video").play();
  mark();
  go({ view: "look", unit: null, channel: null, class: null });
  shown();
  film();
}

export function stopCamera() {
  running = false;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  shown();
}

function shown() {
  $("video").hidden = !running;
  $("photo").hidden = running;
  $("camera").ariaPressed = String(running);
  if (!running) $("rate").textContent = "";
}

// One frame is under way at a time, and it is always the newest: frames that come meanwhile are
// never sent.
async function film() {
  const times = [];
  while (running) {
    const image = await picture();
    if (!running) return;
    const answer = await ask("frame", { layer: state().layer }, null, image).catch(() => null);
    if (!running || !answer) return stopCamera();
    onFrame(answer);
    times.push(performance.now());
    if (times.length > 20) times.shift();
    const rate = (1000 * (times.length - 1)) / (times.at(-1) - times[0] || 1);
    $("rate").textContent = times.length > 2 ? `${rate.toFixed(1)} frames a second` : "";
  }
}

function picture() {
  const { videoWidth, videoHeight } = $("video");
  const scale = 240 / Math.min(videoWidth, videoHeight);
  const canvas = el("canvas", { width: videoWidth * scale, height: videoHeight * scale });
  canvas.getContext("2d").drawImage($("video"), 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

// Stop at this frame, and look at it as at any photo.
export async function freeze() {
  const image = await picture();
  stopCamera();
  const { key } = await ask("drop", { name: "camera.jpg" }, null, image);
  return key;
}

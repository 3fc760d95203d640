// Pieces of pages. All text is set as text: a file's name cannot be markup.

export const $ = (id) => document.getElementById(id);

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function say(text) {
  if ($("status").textContent !== text) $("status").textContent = text;
}

export function figure(source, caption, alt, smooth = false) {
  return el("figure", {}, el("img", { src: source, alt, className: smooth ? "smooth" : "" }),
    el("figcaption", {}, caption));
}

// What one types to have a picture again: a command and some Python.
export function recipe(parts, open = false) {
  return el("div", { className: "recipe" }, ...Object.entries(parts).filter(([, text]) => text)
    .map(([title, text]) => el("details", { open }, el("summary", {}, title),
      el("div", {}, el("pre", { tabIndex: 0 }, text), copier(text)))));
}

function copier(text) {
  const button = el("button", { type: "button" }, "copy");
  button.onclick = async () => {
    if (!navigator.clipboard) return say("This browser copies by hand only: select the text.");
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  };
  return button;
}

export const COMMAND = "the command that makes this", PYTHON = "the Python that makes this";

// How far something is; show({ progress, of }).
export function progress(label) {
  const bar = el("progress", { max: 1, value: 0, ariaLabel: label });
  const text = el("p", { className: "small" }, label + " …");
  const node = el("div", {}, bar, text);
  return { node, show(answer) {
    bar.value = answer.progress;
    text.textContent = `${label}: ${Math.round(100 * answer.progress)} % of ${answer.of}`;
  } };
}

export function bars(list, top, onPick = null, picked = null) {
  list.classList.add("top");
  list.replaceChildren(...top.map(({ name, p }) => {
    const bar = el("span");
    bar.style.width = `${100 * p}%`;
    const inside = [el("span", {}, `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)} %`),
      el("span", {}, name), el("span", { className: "bar" }, bar)];
    const line = onPick
      ? el("button", { type: "button", onclick: () => onPick(name),
        ariaPressed: String(name === picked), title: `what speaks for ${name}?` }, ...inside)
      : el("div", { className: "line" }, ...inside);
    return el("li", {}, line);
  }));
}

export function slider(label, { min, max, step, value }, onInput) {
  const out = el("output", {}, String(value));
  const input = el("input", { type: "range", min, max, step, value });
  input.oninput = () => { out.textContent = input.value; onInput(Number(input.value)); };
  return { node: el("label", {}, `${label} `, input, " ", out), input,
    set(value) { input.value = value; out.textContent = String(value); } };
}

// Wait for the hand to rest before asking again.
export function rested(f, ms = 150) {
  let timer = 0;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => f(...args), ms); };
}

// Shares with their 95 % intervals by Wilson, a row for each condition: a dot for you, a square for
// the network, so that colour is not needed to tell them apart.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 560, LEFT = 110, RIGHT = 20, ROW = 46, TOP = 34;

function svg(tag, attributes, text = "") {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
}

const x = (share) => LEFT + share * (WIDTH - LEFT - RIGHT);

export function chart(rows, intervals) {
  const height = TOP + rows.length * ROW + 26;
  const told = rows.map(({ name, n, you, network }) =>
    `${name}: you ${you} of ${n}, the network ${network} of ${n}`).join("; ");
  const page = svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img",
    "aria-label": `Right answers. ${told}` });
  page.style.maxWidth = `${WIDTH}px`;
  page.append(...legend());
  for (const share of [0, 0.2, 0.5, 1]) {
    page.append(svg("line", { class: "axis", x1: x(share), x2: x(share), y1: TOP - 6, y2: height - 24 }),
      svg("text", { x: x(share), y: height - 8, "text-anchor": "middle" },
        share === 0.2 ? "chance" : `${100 * share} %`));
  }
  rows.forEach(({ name, n }, i) => {
    const y = TOP + i * ROW + 16;
    page.append(svg("text", { x: 0, y: y + 4 }, name), svg("text", { x: 0, y: y + 19, opacity: 0.8 }, `n = ${n}`),
      ...interval("you", intervals[2 * i], y - 7), ...interval("net", intervals[2 * i + 1], y + 10));
  });
  return page;
}

function interval(who, [share, low, high], y) {
  return [svg("line", { class: who, x1: x(low), x2: x(high), y1: y, y2: y, "stroke-width": 3 }),
    sign(who, x(share), y)];
}

function sign(who, at, y) {
  return who === "you" ? svg("circle", { class: who, cx: at, cy: y, r: 6 })
    : svg("rect", { class: who, x: at - 5, y: y - 5, width: 10, height: 10 });
}

function legend() {
  return [sign("you", LEFT + 6, 12), svg("text", { x: LEFT + 18, y: 16 }, "you"),
    sign("net", LEFT + 70, 12), svg("text", { x: LEFT + 82, y: 16 }, "the network"),
    svg("text", { x: LEFT + 180, y: 16, opacity: 0.8 }, "right, with 95 % intervals")];
}

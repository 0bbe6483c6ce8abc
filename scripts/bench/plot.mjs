// Horizontal bars as SVG: a figure, the reference it was compared with, and the goal as a line.

const WIDTH = 720;
const LEFT = 260;
const RIGHT = 90;
const BAR = 22;
const GAP = 10;
const TOP = 44;

/** @param {{ bench: string, value: number, unit: string, goal?: number, reference?: { name: string, value: number } }[]} figures */
export function plot(title, figures) {
  const bars = figures.flatMap(barsOf);
  const most = Math.max(...bars.map((bar) => Math.max(bar.value, bar.goal ?? 0)), Number.MIN_VALUE);
  const x = (value) => (value / most) * (WIDTH - LEFT - RIGHT);
  const height = TOP + bars.length * (BAR + GAP) + GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#faf9f7"/>`,
    `<text x="16" y="26" font-size="15" font-weight="600" fill="#1c1917">${escape(title)}</text>`,
    ...bars.map((bar, index) => draw(bar, TOP + index * (BAR + GAP), x)),
    "</svg>\n",
  ].join("\n");
}

function barsOf({ bench, value, unit, goal, reference }) {
  const own = { label: bench, value, unit, goal, colour: "#f4743b" };
  return reference ? [own, { label: reference.name, value: reference.value, unit, colour: "#9b958d" }] : [own];
}

function draw({ label, value, unit, goal, colour }, y, x) {
  const middle = y + BAR / 2 + 4.5;
  const goalLine =
    goal === undefined
      ? ""
      : `<line x1="${LEFT + x(goal)}" x2="${LEFT + x(goal)}" y1="${y - 4}" y2="${y + BAR + 4}" stroke="#1c1917" stroke-dasharray="3 2"><title>goal ${goal} ${unit}</title></line>`;
  return [
    `<text x="${LEFT - 12}" y="${middle}" text-anchor="end" fill="#635d56">${escape(label)}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${Math.max(1, x(value)).toFixed(1)}" height="${BAR}" rx="3" fill="${colour}"/>`,
    `<text x="${LEFT + x(value) + 8}" y="${middle}" fill="#1c1917">${value} ${escape(unit)}</text>`,
    goalLine,
  ].join("");
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);

// Horizontal bars as SVG: each figure with its worst run, the reference it was compared with, and its goal. What is of one unit
// is of one scale.

const WIDTH = 860;
const LEFT = 330;
const RIGHT = 190;
const MARGIN = 16;
const BAR = 18;
const REFERENCE = 8;
const GAP = 12;
const LINE = 17;
const CHARACTERS = { title: 80, label: 44 };
const COLOURS = { own: "#f4743b", peer: "#6b8fb5", reference: "#b9b3ab", text: "#1c1917", faint: "#635d56", ground: "#faf9f7" };

/**
 * @param {{ bench: string, value: number, unit: string, worst?: number, goal?: number, peer?: boolean,
 *   reference?: { name: string, value: number } }[]} figures
 */
export function plot(title, figures) {
  const heading = wrap(title, CHARACTERS.title);
  const scales = scalesOf(figures);
  let y = MARGIN + heading.length * LINE + LINE;
  const rows = figures.map((figure) => {
    const row = draw(figure, y, scales.get(figure.unit));
    y += row.height + GAP;
    return row.svg;
  });
  const height = y + LINE + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="${COLOURS.ground}"/>`,
    `<g font-size="15" font-weight="600">${lines(heading, MARGIN, MARGIN + 12)}</g>`,
    ...rows,
    legend(figures, y + 12),
    "</svg>\n",
  ].join("\n");
}

/** For each unit, what turns a value into a length. */
function scalesOf(figures) {
  const most = new Map();
  for (const { unit, value, worst = 0, goal = 0, reference } of figures) {
    most.set(unit, Math.max(most.get(unit) ?? Number.MIN_VALUE, value, worst, goal, reference?.value ?? 0));
  }
  return new Map([...most].map(([unit, top]) => [unit, (value) => (value / top) * (WIDTH - LEFT - RIGHT)]));
}

function draw({ bench, value, worst, unit, goal, peer, reference }, y, x) {
  const label = wrap(bench, CHARACTERS.label);
  const bars = BAR + (reference ? REFERENCE + 2 : 0);
  const height = Math.max(bars, label.length * LINE);
  const parts = [
    lines(label, LEFT - 12, y + 13, `text-anchor="end" fill="${COLOURS.faint}"`),
    bar(y, x(value), BAR, peer ? COLOURS.peer : COLOURS.own),
  ];
  let end = x(value);
  if (worst !== undefined && worst !== value) {
    const middle = y + BAR / 2;
    parts.push(stroke(LEFT + x(value), middle, LEFT + x(worst), middle), stroke(LEFT + x(worst), middle - 4, LEFT + x(worst), middle + 4));
    end = Math.max(end, x(worst));
  }
  if (goal !== undefined) {
    parts.push(stroke(LEFT + x(goal), y - 3, LEFT + x(goal), y + BAR + 3, 'stroke-dasharray="3 2"'));
    // A goal that stands where the figure's text would begin pushes it on.
    if (x(goal) > end - 2 && x(goal) < end + 80) end = x(goal);
  }
  parts.push(lines([`${value} ${unit}`], LEFT + end + 8, y + 13, `fill="${COLOURS.text}"`));
  if (reference) {
    const top = y + BAR + 2;
    parts.push(bar(top, x(reference.value), REFERENCE, COLOURS.reference));
    parts.push(lines([`${reference.value} ${unit} ${reference.name}`], LEFT + x(reference.value) + 8, top + 8, `font-size="10.5" fill="${COLOURS.faint}"`));
  }
  return { svg: parts.join(""), height };
}

/** What the colours and lines mean, of those that occur. */
function legend(figures, y) {
  const occurs = [
    [figures.some(({ peer }) => !peer), "Afterglow", (x) => swatch(x, y, COLOURS.own)],
    [figures.some(({ peer }) => peer), "others in the same job", (x) => swatch(x, y, COLOURS.peer)],
    [figures.some(({ reference }) => reference), "reference", (x) => swatch(x, y, COLOURS.reference)],
    [figures.some(({ goal }) => goal !== undefined), "goal", (x) => stroke(x + 6, y - 11, x + 6, y + 2, 'stroke-dasharray="3 2"')],
    [figures.some(({ worst, value }) => worst !== undefined && worst !== value), "worst run", (x) => stroke(x, y - 4, x + 10, y - 4) + stroke(x + 10, y - 8, x + 10, y)],
  ];
  let x = LEFT;
  const entries = occurs.filter(([is]) => is).map(([, text, sign]) => {
    const entry = sign(x) + lines([text], x + 16, y, `fill="${COLOURS.faint}"`);
    x += 34 + text.length * 6.6;
    return entry;
  });
  return `<g font-size="12">${entries.join("")}</g>`;
}

const bar = (y, length, height, colour) => `<rect x="${LEFT}" y="${y}" width="${Math.max(1, length).toFixed(1)}" height="${height}" rx="2" fill="${colour}"/>`;

const swatch = (x, y, colour) => `<rect x="${x}" y="${y - 10}" width="11" height="11" rx="2" fill="${colour}"/>`;

const stroke = (x1, y1, x2, y2, more = "") =>
  `<line x1="${x1.toFixed(1)}" y1="${y1}" x2="${x2.toFixed(1)}" y2="${y2}" stroke="${COLOURS.text}" ${more}/>`;

const lines = (texts, x, y, more = `fill="${COLOURS.text}"`) => texts.map((text, line) => `<text x="${x.toFixed(1)}" y="${y + line * LINE}" ${more}>${escape(text)}</text>`).join("");

/** Breaks a text between words. */
function wrap(text, characters) {
  const wrapped = [""];
  for (const word of text.split(" ")) {
    const line = wrapped.at(-1);
    if (line && line.length + 1 + word.length > characters) wrapped.push(word);
    else wrapped[wrapped.length - 1] = line ? `${line} ${word}` : word;
  }
  return wrapped;
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);

// What goes to the terminal: emphasis, tables, durations.

const colourful = process.stdout.isTTY && !process.env.NO_COLOR;

const paint = (code) => (text) => (colourful ? `\u001b[${code}m${text}\u001b[0m` : `${text}`);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);
export const magenta = paint(35);

export const say = (line = "") => console.log(line);

/** Ends the process with a sentence for the person, and no stack. */
export function fail(message) {
  console.error(red(message));
  process.exit(1);
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Lines of text columns; numbers (and the columns named in `right`) stand on the right. */
export function table(heads, rows, right = []) {
  const cells = [heads, ...rows].map((row) => row.map((cell) => String(cell ?? "")));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => plain(row[column]).length)));
  const line = (row) =>
    row
      .map((cell, column) => {
        const gap = " ".repeat(widths[column] - plain(cell).length);
        return right.includes(column) ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [bold(line(cells[0])), dim(widths.map((width) => "─".repeat(width)).join("  ")), ...cells.slice(1).map(line)];
}

/** The text without terminal colours. */
export function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}

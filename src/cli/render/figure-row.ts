import { count } from "./figures.ts";
import { wrap } from "./table.ts";

/** `what` is counted, in a few words; `note` is what there is to say of it, empty where there is nothing. */
export type FigureRow = readonly [label: string, figure: number, what: string, note: string];

const whatWidth = 23;
const leastNote = 20;

/**
 * `  proven       1,204    by hash                the bytes were read`: the figures right-aligned, the note in a column
 * of its own, broken at spaces there. On a narrow screen the note goes under what it is about.
 */
export function figureRows(rows: readonly FigureRow[], width: number): readonly string[] {
  return rows.flatMap((row) => figureRow(row, width));
}

function figureRow([label, figure, what, note]: FigureRow, width: number): readonly string[] {
  const numbers = `  ${label.padEnd(11)}${count(figure).padStart(7)}`;
  const wide = `${numbers}    `;
  const room = width - wide.length - whatWidth;
  const whatOnly = note === "" && width - wide.length >= what.length;
  if (whatOnly) return [`${wide}${what}`.trimEnd()];
  if (room >= leastNote && what.length < whatWidth) {
    return hang(`${wide}${what.padEnd(whatWidth)}`, wrap(note, room));
  }
  return stack(`${numbers}  `, [what, note], width);
}

/** The first line behind `lead`, the others in the same column. */
export function hang(lead: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${index === 0 ? lead : " ".repeat(lead.length)}${line}`);
}

/** Each text from a line of its own on; further left where a word is too long for its column. */
function stack(lead: string, texts: readonly string[], width: number): readonly string[] {
  const room = width - lead.length;
  const [first = "", ...more] = texts.filter((text) => text !== "");
  const others = more.flatMap((text) => {
    const indent = text.split(" ").some((word) => word.length > room) ? 4 : lead.length;
    return wrap(text, width - indent).map((line) => `${" ".repeat(indent)}${line}`);
  });
  const isBroad = first.split(" ").some((word) => word.length > room);
  const head = isBroad
    ? [lead.trimEnd(), ...wrap(first, width - 4).map((line) => `    ${line}`)]
    : hang(lead, wrap(first, room));
  return [...head, ...others];
}

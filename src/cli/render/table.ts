export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** A column that may be cut when the screen is too narrow; others never are. */
  readonly shrinks?: boolean;
}

const gap = 2;

/**
 * Lays rows out under their titles, two spaces apart, in at most `width` columns: what does not fit is taken from the
 * shrinking columns first, down to 6; if that is not enough each row becomes a block of `title value` lines.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const natural = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? "").length)),
  );
  const widths = shrink(natural, columns, width);
  if (widths === null) return blocks(columns, rows);
  const render = (cells: readonly string[]): string =>
    columns
      .map((column, index) => fit(cells[index] ?? "", widths[index] ?? 0, column.align ?? "left"))
      .join(" ".repeat(gap))
      .trimEnd();
  return [render(columns.map((column) => column.title)), ...rows.map(render)];
}

function shrink(natural: readonly number[], columns: readonly Column[], width: number): readonly number[] | null {
  const widths = [...natural];
  let over = widths.reduce((sum, each) => sum + each, 0) + gap * (columns.length - 1) - width;
  for (const [index, column] of columns.entries()) {
    if (over <= 0 || column.shrinks !== true) continue;
    const now = widths[index] ?? 0;
    const taken = Math.min(over, Math.max(0, now - 6));
    widths[index] = now - taken;
    over -= taken;
  }
  return over <= 0 ? widths : null;
}

function fit(text: string, width: number, align: "left" | "right"): string {
  const shown = text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
  return align === "right" ? shown.padStart(width) : shown.padEnd(width);
}

function blocks(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...columns.map((column, cell) => `${column.title}: ${row[cell] ?? ""}`),
  ]);
}

/** Breaks text at spaces so that no line is longer than `width`, where words allow; later lines are indented. */
export function wrap(text: string, width: number, indent = ""): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * `text` beside its `name` of at most `widest` letters, broken in a column of its own; under the name where a narrow
 * screen leaves that column less than 24.
 */
export function definition(name: string, text: string, { widest, width }: DefinitionSpace): readonly string[] {
  const room = width - widest - 4;
  if (text === "") return [`  ${name}`];
  if (room < 24) return [`  ${name}`, ...wrap(text, width - 6).map((line) => `      ${line}`)];
  return wrap(text, room).map((line, index) => `  ${(index === 0 ? name : "").padEnd(widest)}  ${line}`);
}

export interface DefinitionSpace {
  readonly widest: number;
  readonly width: number;
}

/** A command line to be copied: what is too long goes on in the next line, as the shell has it, behind a backslash. */
export function wrapCommand(line: string, width: number): readonly string[] {
  const lines = wrap(line, width - 2, "    ");
  return lines.map((part, index) => (index === lines.length - 1 ? part : `${part} \\`));
}

import { isAlias, isMap, isScalar, isSeq, type Document } from "yaml";
import type { ShownRow, ShowRow } from "./fault.ts";
import { isOpenMap, isOpenValue, isWordOfDefinition } from "./open-places.ts";

const hidden = "…";

/** A key or a value of the file. What is not open may be a secret, put where none belongs. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly isOpen: boolean;
}

/**
 * Rows of a file that is proper YAML. Only what is known to be harmless is shown: keys, the marks between them, and
 * values under keys where no secret belongs; every other value is `…`, and comments are left out.
 */
export function rowsOfDocument(document: Document, text: string): ShowRow {
  const pieces = piecesOf(document.contents, []);
  return ({ start, end }, offset) => {
    let shown = "";
    let at = start;
    let place: Omit<ShownRow, "text"> | null = null;
    for (const piece of pieces.filter((each) => each.start < end && each.end > start)) {
      shown += marksOf(text.slice(at, piece.start));
      const told = piece.isOpen ? text.slice(Math.max(start, piece.start), Math.min(end, piece.end)) : hidden;
      if (piece.start === offset) place = { column: shown.length, length: told.length };
      shown += told;
      at = Math.min(end, piece.end);
    }
    shown += marksOf(text.slice(at, end).replace(/#.*$/, ""));
    return { text: shown, ...(place ?? { column: shown.search(/\S|$/), length: 1 }) };
  };
}

function marksOf(gap: string): string {
  return gap.replace(/[^\s{}[\],:?-]+/g, "");
}

function piecesOf(node: unknown, path: readonly string[]): readonly Piece[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : "";
      return [...pieceOf(key, isOpenMap(path)), ...piecesOf(value, [...path, name])];
    });
  }
  // No list of a configuration holds maps: the keys of one are no words of ours.
  if (isSeq(node)) return node.items.flatMap((item) => piecesOf(item, isMap(item) ? ["-"] : path));
  return pieceOf(node, isOpenValue(path, isScalar(node) ? node.value : undefined));
}

function pieceOf(node: unknown, isOpen: boolean): readonly Piece[] {
  if ((!isScalar(node) && !isAlias(node)) || !node.range) return [];
  const [start, end] = node.range;
  return end > start ? [{ start, end, isOpen }] : [];
}

/** Rows of a file that is no proper YAML: of each no more than its first key, and that only where it is a known one. */
export function rowsOfBrokenText(text: string): ShowRow {
  return ({ start, end }, offset) => {
    const row = text.slice(start, end);
    const [, indent = "", key = "", , word = ""] = /^(\s*(?:- )?)((["']?)([\w-]+)\3:(?=\s|$))?/.exec(row) ?? [];
    const shown = isWordOfDefinition(word) ? `${indent}${key}` : indent;
    const rest = row.slice(shown.length).trim() === "" ? "" : hidden;
    const gap = shown.endsWith(":") ? " " : "";
    const column = Math.min(offset - start, shown.length + gap.length);
    return { text: `${shown}${rest === "" ? "" : gap}${rest}`, column, length: 1 };
  };
}

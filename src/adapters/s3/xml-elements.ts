/** What a reply's XML says that no such reply may say, in words for a message: cut, another document, no XML at all. */
export class DamagedXml extends Error {}

/** One repeated element of a reply, and the texts in it. */
export interface XmlRow {
  readonly name: string;
  readonly fields: Map<string, string>;
}

interface XmlShape {
  readonly root: string;
  /** Names of the elements under the root that may stand there many times. */
  readonly rows: ReadonlySet<string>;
  /** An element of a row whose own texts are taken for the row's. */
  readonly inner?: string;
}

export interface XmlElements {
  /** In the order of the document. */
  readonly rows: readonly XmlRow[];
  /** The texts that stand directly under the root. */
  readonly head: ReadonlyMap<string, string>;
}

const token = /<(\/?)([A-Za-z][\w.:-]*)(?:\s[^>]*?)?(\/?)>|<\?[^>]*\?>|<!--[\s\S]*?-->/g;

/** Takes a reply of S3 apart. Throws DamagedXml where it is cut, is another document, or its tags do not close in turn. */
export function readXml(xml: string, { root, rows: rowNames, inner }: XmlShape): XmlElements {
  const path: string[] = [];
  const rows: XmlRow[] = [];
  const head = new Map<string, string>();
  let textFrom = 0;
  for (const match of xml.matchAll(token)) {
    const [all, closing, name, empty] = match;
    if (name === undefined) continue;
    if (closing === "") {
      if (path.length === 0) checkRoot(name, { root, isFirst: textFrom === 0 });
      if (path.length === 1 && rowNames.has(name)) rows.push({ name, fields: new Map() });
      if (empty === "") path.push(name);
      textFrom = match.index + all.length;
      continue;
    }
    if (path.pop() !== name) throw new DamagedXml(`its XML closes ${name} where it was not open`);
    const text = unescapeXml(xml.slice(textFrom, match.index));
    if (path.length === 1 && !rowNames.has(name)) head.set(name, text);
    const isInner = path.length === 3 && path[2] === inner;
    if ((path.length === 2 || isInner) && rowNames.has(path[1] ?? "")) rows.at(-1)?.fields.set(name, text);
    textFrom = match.index + all.length;
  }
  if (path.length > 0) throw new DamagedXml("its XML is cut off");
  if (textFrom === 0) throw new DamagedXml("it is no XML");
  return { rows, head };
}

function checkRoot(name: string, { root, isFirst }: { readonly root: string; readonly isFirst: boolean }): void {
  if (!isFirst) throw new DamagedXml("more follows after its end");
  if (name !== root) throw new DamagedXml(`it is a ${name}, not a ${root}`);
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Throws DamagedXml on a number that is no character. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new DamagedXml(`it has the character ${all}`);
    return String.fromCodePoint(code);
  });
}

/** Line ends are written as numbers too: a reader of XML makes one of what stands as two. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\u0085\u2028]/g, (each) => `&#${each.charCodeAt(0)};`);
}

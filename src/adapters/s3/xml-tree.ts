import { DamagedXml, unescapeXml } from "./xml-elements.ts";

/** An element of a small document, such as a bucket's setting. */
export interface XmlNode {
  readonly name: string;
  /** What stands in it, where no element does. */
  readonly text: string;
  readonly children: readonly XmlNode[];
}

interface OpenNode {
  readonly name: string;
  readonly children: XmlNode[];
  readonly textFrom: number;
}

const token = /<(\/?)([A-Za-z][\w.:-]*)(?:\s[^>]*?)?(\/?)>|<\?[^>]*\?>|<!--[\s\S]*?-->/g;

/** Reads the root with all that stands in it. Throws DamagedXml where it is cut, its tags do not close in turn, or it is no XML. */
export function readXmlTree(xml: string): XmlNode {
  const top: OpenNode = { name: "", children: [], textFrom: 0 };
  const open: OpenNode[] = [top];
  for (const match of xml.matchAll(token)) {
    const [all, closing, name, empty] = match;
    if (name === undefined) continue;
    const last = open.at(-1) ?? top;
    if (closing === "") {
      if (empty === "") open.push({ name, children: [], textFrom: match.index + all.length });
      else last.children.push({ name, text: "", children: [] });
      continue;
    }
    if (last.name !== name) throw new DamagedXml(`its XML closes ${name} where it was not open`);
    open.pop();
    const text = last.children.length > 0 ? "" : unescapeXml(xml.slice(last.textFrom, match.index));
    (open.at(-1) ?? top).children.push({ name, text, children: last.children });
  }
  if (open.length > 1) throw new DamagedXml("its XML is cut off");
  const [root, more] = top.children;
  if (root === undefined) throw new DamagedXml("it is no XML");
  if (more !== undefined) throw new DamagedXml("more follows after its end");
  return root;
}

/** All elements at a path below a node: `childrenAt(rule, "Filter", "And", "Prefix")`. */
export function childrenAt(node: XmlNode, ...path: readonly string[]): readonly XmlNode[] {
  return path.reduce<readonly XmlNode[]>(
    (nodes, name) => nodes.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [node],
  );
}

/** The text of the first element at a path; null where there is none. */
export function textAt(node: XmlNode, ...path: readonly string[]): string | null {
  return childrenAt(node, ...path)[0]?.text ?? null;
}

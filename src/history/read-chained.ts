import { ChainReader } from "../base/chained-lines.ts";
import { LineSplitter } from "../base/line-splitter.ts";
import type { TextFile } from "../base/state-folder.ts";
import { damagedFile, Fields } from "./line-fields.ts";
import type { FileOfLines } from "./line-fields.ts";

/**
 * Hands each line of a chained file to `take`, counted from 1, and gives the hash of the last; null where it has no whole
 * line. `damaged-file`, naming the line, where the chain breaks. A last line without its newline was torn off by a crash
 * and is passed over.
 */
export async function readChained(
  file: TextFile | null,
  about: FileOfLines,
  take: (line: Fields, number: number) => void,
): Promise<string | null> {
  const chain = new ChainReader();
  const splitter = new LineSplitter();
  let number = 0;
  for await (const piece of file?.text() ?? []) {
    for (const text of splitter.take(piece)) {
      number++;
      const content = chain.take(text);
      if (content === null) throw damagedFile(about, `line ${number} is damaged: the chain of hashes breaks`);
      take(new Fields(content, about, number), number);
    }
  }
  return number === 0 ? null : chain.last;
}

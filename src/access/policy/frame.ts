/**
 * Fills a frame of templates/: `{{name}}` is replaced by the word of that name. A line that holds nothing but words which
 * are empty is left out. A name that is not among the words is a slip in the frame, and a RangeError.
 */
export function fillFrame(frame: string, words: Readonly<Record<string, string>>): string {
  const lines = frame.split("\n").flatMap((line) => {
    const filled = line.replace(/\{\{(\w+)\}\}/g, (_, name: string) => wordOf(words, name));
    return filled.trim() === "" && line.trim() !== "" ? [] : [filled];
  });
  return lines.join("\n");
}

function wordOf(words: Readonly<Record<string, string>>, name: string): string {
  const word = words[name];
  if (word === undefined) throw new RangeError(`a frame asks for {{${name}}}, which nothing fills`);
  return word;
}

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lines of a shell's comment, at most `width` columns wide. */
export function commentLines(text: string, width = 120): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines.join("\n");
}

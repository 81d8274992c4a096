import { readFileSync } from "node:fs";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../../templates/recipes");

/** A script of `templates/recipes/`, to be run. */
export function recipeScript(name: string): string {
  return path.join(folder, name);
}

/**
 * A template with what a user would fill in: `${NAME}` by its name, and whatever else stands in it by its own text. Throws
 * when one of them does not stand in it, or a `${NAME}` is left.
 */
export function filledTemplate(name: string, values: Readonly<Record<string, string>>): string {
  let text = readFileSync(recipeScript(name), "utf8");
  for (const [word, value] of Object.entries(values)) {
    const mark = /^[A-Z_]+$/.test(word) ? `\${${word}}` : word;
    if (!text.includes(mark)) throw new RangeError(`templates/recipes/${name} has no ${mark}`);
    text = text.replaceAll(mark, value);
  }
  const left = /\$\{[A-Z_]+\}/.exec(text)?.[0];
  if (left !== undefined) throw new RangeError(`templates/recipes/${name} still has ${left}`);
  return text;
}

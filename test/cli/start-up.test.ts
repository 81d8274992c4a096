import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const source = path.resolve(import.meta.dirname, "../../src");

/** The packages that are loaded as soon as a file is, by its imports and theirs; what is imported when asked for is not. */
function packagesLoadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, specifier = ""] of text.matchAll(/^(?:import|export) (?!type )(?:[^"']*? from )?"([^"]+)"/gm)) {
    if (specifier.endsWith(".ts")) {
      for (const name of packagesLoadedBy(path.resolve(path.dirname(file), specifier), seen)) packages.add(name);
    } else if (!specifier.startsWith(".") && !specifier.startsWith("node:")) packages.add(specifier);
  }
  return packages;
}

it.each([
  ["the program, for --version and --help", "cli/holdfast.ts", []],
  ["the command line", "cli/main.ts", ["commander"]],
  ["rollback, until a store is opened", "cli/commands/rollback-plan.ts", []],
])("%s loads no package before it is needed", (_, file, expected) => {
  expect([...packagesLoadedBy(path.join(source, file))].sort()).toEqual(expected);
});

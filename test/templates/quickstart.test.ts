import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.ts";
import type { RepositoryConfiguration } from "../../src/config/configuration.ts";
import { parseConfiguration } from "../../src/config/parse.ts";
import { spellSecretReference } from "../../src/config/secret-reference.ts";

const root = path.resolve(import.meta.dirname, "../..");
const pages = ["docs/quickstart.md", "docs/timers.md"];
const textOf = (file: string): string => readFileSync(path.join(root, file), "utf8");

function blocks(file: string, language: string): readonly string[] {
  return [...textOf(file).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);
}

function home(index: number): RepositoryConfiguration {
  const text = blocks("docs/quickstart.md", "yaml")[index] ?? "";
  const found = parseConfiguration(text, "config.yaml").repositories.get("home");
  if (found === undefined) throw new Error(`no repository home in:\n${text}`);
  return found;
}

/** `home.writer`, as a unit of `home` loads it or a configuration asks for it. */
function credentialsOf({ password, keys }: RepositoryConfiguration): readonly string[] {
  const references = [...keys.values()].flatMap(({ accessKey, secretKey }) => [accessKey, secretKey]);
  return [...(password === null ? [] : [password]), ...references].map(spellSecretReference).sort();
}

function loadedBy(unit: string): readonly string[] {
  const names = [...textOf(`templates/systemd/${unit}@.service`).matchAll(/^LoadCredential=%i\.([\w.]+):/gm)];
  return names.map(([, name = ""]) => `credential:home.${name}`).sort();
}

describe("the configurations of docs/quickstart.md", () => {
  it("are right, and each place has only its own key", () => {
    expect([0, 1, 2].map((index) => [...home(index).keys.keys()])).toEqual([["rescuer"], ["writer"], ["pruner"]]);
    expect(home(1).backup?.paths).toEqual(["/etc", "/home"]);
    expect(home(1).retention).toBeNull();
    expect(home(2).backup).toBeNull();
    expect(home(2).retention).not.toBeNull();
  });

  it.each<[string, readonly string[], number]>([
    ["a host", ["holdfast-backup", "holdfast-audit-writer"], 1],
    ["the trusted host", ["holdfast-prune", "holdfast-audit-pruner"], 2],
  ])("ask on %s for what its units load", (_, units, index) => {
    for (const unit of units) expect(loadedBy(unit)).toEqual(credentialsOf(home(index)));
  });
});

describe("the commands of docs/quickstart.md", () => {
  it("are command lines that Holdfast takes", () => {
    const lines = blocks("docs/quickstart.md", "sh").flatMap((text) => text.split(/\n|; |\(/));
    const calls = lines.flatMap((line) => /(?:^|\s)holdfast ([a-z][^|#>]*)/.exec(line)?.[1]?.trim() ?? []);
    expect(calls).toContain("backup home --dry-run");
    const refused = calls.filter(
      (call) => "text" in parseCommandLine(call.replace("$role", "writer").split(/\s+/), "0", 80),
    );
    expect(refused).toEqual([]);
  });
});

describe.each(pages)("%s", (page) => {
  it("names files of templates that are there", () => {
    const installed = blocks(page, "sh").flatMap((text) => [...text.matchAll(/^install -m \d+ (.*) \S+$/gm)]);
    const words = installed.flatMap(([, files = ""]) => files.split(" "));
    expect(words.length).toBeGreaterThan(0);
    const missing = words.filter((word) => globSync(`templates/{systemd,cron}/${word}`, { cwd: root }).length === 0);
    expect(missing).toEqual([]);
  });

  it("points to pages that are there", () => {
    const targets = [...textOf(page).matchAll(/\]\(([\w-]+\.md)?(?:#([\w-]+))?\)/g)];
    for (const [, file = path.basename(page), anchor] of targets) {
      expect(existsSync(path.join(root, "docs", file)), file).toBe(true);
      const heads = [...textOf(`docs/${file}`).matchAll(/^#+ (.*)$/gm)].map(([, head = ""]) =>
        head
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      if (anchor !== undefined) expect(heads).toContain(anchor);
    }
  });
});

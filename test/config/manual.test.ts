import { describe, expect, it } from "vitest";
import { configurationCandidates } from "../../src/config/discovery.ts";
import { configurationManual } from "../../src/config/manual.ts";

describe("configurationManual()", () => {
  it("is what docs/configuration.md says; `vitest -u` writes it anew", async () => {
    await expect(configurationManual()).toMatchFileSnapshot("../../docs/configuration.md");
  });

  it("names every place where the file is looked for", () => {
    const variables = { HOME: "/home/me" };
    const [user = "", machine = ""] = configurationCandidates({ flag: undefined, variables, isRoot: false });
    expect(configurationManual()).toContain(`\`${user.replace("/home/me", "~")}\``);
    expect(configurationManual()).toContain(`\`${machine}\``);
  });

  it("tells the type and the purpose of every key", () => {
    const rows = configurationManual().matchAll(/^\| `([\w-]+)` \|(.*)\|(.*)\|(.*)\|$/gm);
    const silent = [...rows].filter(([, , ...cells]) => cells.some((cell) => cell.trim() === ""));
    expect(silent.map(([, key]) => key)).toEqual([]);
  });
});

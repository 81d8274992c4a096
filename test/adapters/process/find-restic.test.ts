import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findRestic } from "../../../src/adapters/process/find-restic.ts";
import { FakeResticFolder } from "./fake-restic.ts";

const answering = (version: string): string => `#!/bin/sh\necho 'restic ${version} compiled with go1 on linux/amd64'\n`;
const nothing = { flag: undefined, variable: undefined, searchPath: undefined };

let folder = new FakeResticFolder();
beforeEach(() => {
  folder = new FakeResticFolder();
});
afterEach(() => folder.remove());

/** A folder of PATH below ours with a `restic` in it. */
function onPath(name: string, version: string, mode = 0o755): string {
  mkdirSync(path.join(folder.path, name));
  folder.program(`${name}/restic`, answering(version), mode);
  return path.join(folder.path, name);
}

describe("findRestic()", () => {
  it("takes the flag before the variable before PATH", async () => {
    const flag = folder.program("flag", answering("0.17.3"));
    const variable = folder.program("variable", answering("0.18.0"));
    const searchPath = onPath("bin", "0.19.1");
    const found = async (search: Partial<Parameters<typeof findRestic>[0]>): Promise<string> =>
      (await findRestic({ ...nothing, ...search })).program.path;
    expect(await found({ flag, variable, searchPath })).toBe(flag);
    expect(await found({ variable, searchPath })).toBe(variable);
    expect(await found({ variable: "", searchPath })).toBe(path.join(searchPath, "restic"));
    expect(await found({ searchPath })).toBe(path.join(searchPath, "restic"));
  });

  it("takes the first on PATH that is a program", async () => {
    const folderNamedRestic = path.join(folder.path, "odd");
    mkdirSync(path.join(folderNamedRestic, "restic"), { recursive: true });
    const parts = ["", "/nowhere", folderNamedRestic, onPath("data", "0.17.3", 0o644), onPath("good", "0.18.0")];
    const searchPath = [...parts, onPath("later", "0.19.1")].join(path.delimiter);
    expect((await findRestic({ ...nothing, searchPath })).program).toMatchObject({
      path: path.join(folder.path, "good", "restic"),
      version: { text: "0.18.0" },
    });
  });

  it.each([undefined, "", "/nowhere"])("fails with program-missing where PATH is %j", async (searchPath) => {
    await expect(findRestic({ ...nothing, searchPath })).rejects.toMatchObject({
      kind: "program-missing",
      subject: "restic",
      problem: "it is not on PATH",
      hint: expect.stringContaining("--restic FILE") as string,
    });
  });

  it("does not fall back to PATH where the named one is missing", async () => {
    const search = { ...nothing, flag: path.join(folder.path, "gone"), searchPath: onPath("bin", "0.19.1") };
    await expect(findRestic(search)).rejects.toMatchObject({ kind: "program-missing", subject: search.flag });
  });

  it("refuses a program that is no restic", async () => {
    const flag = folder.program("rustic", "#!/bin/sh\necho rustic 0.9.3\n");
    await expect(findRestic({ ...nothing, flag })).rejects.toMatchObject({
      kind: "program-missing",
      subject: flag,
      problem: "it does not answer as restic does",
    });
  });

  it.each(["0.9.6", "0.13.1"])("refuses restic %s, which is too old", async (version) => {
    const flag = folder.program("old", answering(version));
    await expect(findRestic({ ...nothing, flag })).rejects.toMatchObject({
      kind: "program-missing",
      subject: flag,
      problem: `it is restic ${version}, and Holdfast drives 0.14.0 or newer`,
    });
  });

  it.each(["0.14.0", "0.16.5", "0.17.2"])("warns of restic %s, which has known faults", async (version) => {
    const flag = folder.program("aged", answering(version));
    expect((await findRestic({ ...nothing, flag })).warnings).toEqual([
      `restic ${version} at ${flag} has known faults; 0.17.3 or newer is recommended`,
    ]);
  });

  it.each(["0.17.3", "0.18.0", "0.19.1", "1.0.0"])("warns of nothing in restic %s", async (version) => {
    const flag = folder.program("good", answering(version));
    expect((await findRestic({ ...nothing, flag })).warnings).toEqual([]);
  });
});

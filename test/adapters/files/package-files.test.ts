import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPackageFile } from "../../../src/adapters/files/package-files.ts";
import { NewFolder } from "./new-folder.ts";

const root = path.resolve(import.meta.dirname, "../../..");

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
});
afterEach(() => folder.remove());

/** What a copy of the reader in `place` (below a folder with `profiles/`, or without) makes of profiles/generic.yaml. */
function readFrom(place: string): string {
  mkdirSync(folder.of(place), { recursive: true });
  mkdirSync(folder.of(place, "../../base"), { recursive: true });
  cpSync(path.join(root, "src/adapters/files/package-files.ts"), folder.of(place, "package-files.ts"));
  cpSync(path.join(root, "src/base/failure.ts"), folder.of(place, "../../base/failure.ts"));
  const program = `
    import { readPackageFile } from ${JSON.stringify(folder.of(place, "package-files.ts"))};
    const tell = (failure) => failure.kind + ": " + failure.subject;
    console.log(await readPackageFile("profiles/generic.yaml").catch(tell));`;
  const told = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  return told.stdout.trim() || told.stderr;
}

describe("readPackageFile()", () => {
  it("reads a file that ships with Holdfast", async () => {
    const file = "profiles/generic.yaml";
    expect(await readPackageFile(file)).toBe(readFileSync(path.join(root, file), "utf8"));
  });

  it.each(["profiles/no-such-provider.yaml", "nowhere/generic.yaml"])("gives null for %s", async (name) =>
    expect(await readPackageFile(name)).toBeNull(),
  );

  it.each([
    ["beside dist/", "package/dist"],
    ["above src/", "package/src/adapters/files"],
  ])("finds the package's files %s", (_, place) => {
    mkdirSync(folder.of("package/profiles"), { recursive: true });
    writeFileSync(folder.of("package/profiles/generic.yaml"), "found");
    expect(readFrom(place)).toBe("found");
  });

  it("fails with defect where the package is incomplete", () =>
    expect(readFrom("package/dist")).toBe("defect: profiles/generic.yaml"));
});

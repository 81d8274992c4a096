import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownCommand, shellLine } from "../../../src/cli/demo/own-command.ts";
import { NewFolder } from "../../adapters/files/new-folder.ts";

let folder = new NewFolder();
beforeEach(() => {
  folder = new NewFolder();
  for (const name of ["bin", "own", "dist"]) mkdirSync(folder.of(name));
  for (const file of ["dist/holdfast.js", "bin/node", "own/node"]) {
    writeFileSync(folder.of(file), "");
    chmodSync(folder.of(file), 0o755);
  }
});
afterEach(() => folder.remove());

const command = async (node: string, variables: Readonly<Record<string, string>> = {}): Promise<readonly string[]> =>
  await ownCommand({
    node: folder.of(node),
    program: folder.of("dist/holdfast.js"),
    variables: { PATH: folder.of("bin"), ...variables },
  });

describe("ownCommand()", () => {
  it("is holdfast where PATH finds this very program", async () => {
    symlinkSync(folder.of("dist/holdfast.js"), folder.of("bin/holdfast"));
    expect(await command("own/node")).toEqual(["holdfast"]);
  });

  it("is Node and the file where PATH's holdfast is another", async () => {
    writeFileSync(folder.of("bin/holdfast"), "");
    chmodSync(folder.of("bin/holdfast"), 0o755);
    expect(await command("bin/node")).toEqual(["node", folder.of("dist/holdfast.js")]);
  });

  it("names a Node that PATH does not find by its file", async () =>
    expect(await command("own/node")).toEqual([folder.of("own/node"), folder.of("dist/holdfast.js")]));

  it("takes nothing from the PATH that npm makes", async () => {
    symlinkSync(folder.of("dist/holdfast.js"), folder.of("bin/holdfast"));
    const words = await command("bin/node", { npm_lifecycle_event: "demo" });
    expect(words).toEqual([folder.of("bin/node"), folder.of("dist/holdfast.js")]);
  });
});

describe("shellLine()", () => {
  it("quotes what a shell would take apart, and nothing else", () =>
    expect(shellLine(["rm", "-r", "/tmp/a b", "it's", "[/]x"])).toBe("rm -r '/tmp/a b' 'it'\\''s' '[/]x'"));
});

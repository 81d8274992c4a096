import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSecretSources, SecretUnreadable } from "../../src/adapters/secret-sources.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-secrets-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

async function troubleOf(secret: Promise<string>): Promise<SecretUnreadable> {
  const trouble: unknown = await secret.catch((error: unknown) => error);
  if (trouble instanceof SecretUnreadable) return trouble;
  throw new Error("the secret was read");
}

const sources = openSecretSources({ ID: "AKIA", EMPTY: "" });

describe("a variable", () => {
  it("is read as it stands", async () => {
    expect(await sources.variable("ID")).toBe("AKIA");
    expect(await sources.variable("EMPTY")).toBe("");
  });

  it("that is not set is refused by name", async () =>
    expect(await troubleOf(sources.variable("OTHER"))).toMatchObject({
      message: "the variable OTHER is not set",
      hint: "set OTHER",
    }));
});

describe("a file", () => {
  it.each([
    ["as it stands", "hunter2"],
    ["without the newline that an editor puts", "hunter2\n"],
    ["without the white space that restic drops from a password file", " hunter2\r\n\n"],
  ])("is read %s", async (_, text) => expect(await sources.file(await put("key", text))).toBe("hunter2"));

  it("keeps white space and lines within it", async () =>
    expect(await sources.file(await put("key", "two words\nand a line\n"))).toBe("two words\nand a line"));

  it.each([0o600, 0o400])("of mode %o is read", async (mode) =>
    expect(await sources.file(await put("key", "hunter2", mode))).toBe("hunter2"),
  );

  it.each([0o644, 0o640, 0o604, 0o620, 0o601])("of mode %o is refused, with the chmod to run", async (mode) => {
    const file = await put("key", "hunter2", mode);
    const trouble = await troubleOf(sources.file(file));
    expect(trouble).toMatchObject({ message: "others on this machine may read the file", hint: `chmod 600 ${file}` });
    expect(trouble.stack).not.toContain("hunter2");
  });

  it("is judged by what a link leads to", async () => {
    const link = path.join(folder, "link");
    await symlink(await put("key", "hunter2", 0o644), link);
    expect((await troubleOf(sources.file(link))).hint).toBe(`chmod 600 ${link}`);
  });

  it("with a space in its name is quoted in the chmod", async () => {
    const file = await put("it's my key", "hunter2", 0o644);
    expect((await troubleOf(sources.file(file))).hint).toBe(`chmod 600 '${file.replace("'", String.raw`'\''`)}'`);
  });

  it("that is not there is refused by name", async () => {
    const file = path.join(folder, "none");
    expect(await troubleOf(sources.file(file))).toMatchObject({
      message: `there is no file ${file}`,
      hint: `write the secret into ${file}, then chmod 600 ${file}`,
    });
  });

  it("that is a folder is refused without a chmod that would lock it", async () => {
    const inner = path.join(folder, "inner");
    await mkdir(inner, { mode: 0o755 });
    const trouble = await troubleOf(sources.file(inner));
    expect(trouble.message).toBe(`${inner} is a folder`);
    expect(trouble.hint).not.toContain("chmod");
  });
});

describe("a command", () => {
  const sh = (script: string): readonly string[] => ["sh", "-c", script];

  it.each([
    ["what it prints", "printf hunter2"],
    ["the first line alone", "printf 'hunter2\\nuser: me\\n'"],
    ["the first line without its carriage return", "printf 'hunter2\\r\\nuser: me\\r\\n'"],
    ["the line without white space around it", "printf '\\n hunter2 \\n'"],
  ])("gives %s", async (_, script) => expect(await sources.command(sh(script))).toBe("hunter2"));

  it("gives letters whole that come in two halves", async () =>
    expect(await sources.command(sh("printf '\\303'; sleep 0.2; printf '\\274'"))).toBe("ü"));

  it("gets its words as they are: no shell looks at them", async () =>
    expect(await sources.command(["printf", "%s", "$HOME;`id`"])).toBe("$HOME;`id`"));

  it("that fails is refused, by its program alone and without what it printed", async () => {
    const trouble = await troubleOf(sources.command(sh("echo hunter2; exit 3")));
    expect(trouble).toMatchObject({ message: "the command sh failed (exit code 3)" });
    expect(`${trouble.stack ?? ""}${trouble.hint}`).not.toContain("hunter2");
  });

  it("that is not there is refused by name", async () =>
    expect(await troubleOf(sources.command(["holdfast-no-such-program", "hunter2"]))).toMatchObject({
      message: "the command holdfast-no-such-program cannot be started",
      hint: "check that holdfast-no-such-program is on PATH",
    }));

  it("that takes too long is ended, and nothing that it started is waited for", async () => {
    const impatient = openSecretSources({}, 200);
    const began = performance.now();
    const trouble = await troubleOf(impatient.command(sh("sleep 5 & sleep 5")));
    expect(trouble.message).toBe("the command sh failed (SIGTERM, after 0.2 s at most)");
    expect(performance.now() - began).toBeLessThan(4000);
  });

  it("that prints nothing gives nothing, which is refused further up", async () =>
    expect(await sources.command(["true"])).toBe(""));
});

describe("a systemd credential", () => {
  it("is read from $CREDENTIALS_DIRECTORY, whatever its mode: systemd keeps the folder to the unit", async () => {
    await put("rescuer", "hunter2\n", 0o440);
    expect(await openSecretSources({ CREDENTIALS_DIRECTORY: folder }).credential("rescuer")).toBe("hunter2");
  });

  it.each([
    ["outside a unit", {}, "this process has no systemd credentials"],
    ["that the unit does not load", { CREDENTIALS_DIRECTORY: "/nonexistent" }, "there is no file /nonexistent/rescuer"],
  ])("%s is refused with the line to add", async (_, variables, message) =>
    expect(await troubleOf(openSecretSources(variables).credential("rescuer"))).toMatchObject({
      message,
      hint: "add LoadCredential=rescuer:FILE to the unit that runs it",
    }),
  );
});

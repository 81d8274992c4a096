import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = path.resolve(import.meta.dirname, "../../src/cli/holdfast.ts");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "holdfast-main-"));
  const key = "{ access-key: env:HF_ID, secret-key: env:HF_KEY }";
  const lines = [
    "location: s3:http://127.0.0.1:1/backups/home",
    "password: env:HF_PASSWORD",
    `keys: { writer: ${key} }`,
  ];
  const text = `repositories:\n  home:\n${lines.map((line) => `    ${line}\n`).join("")}`;
  writeFileSync(path.join(folder, "config.yaml"), text, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of shell in which `$HF` is the program. */
async function shell(line: string, variables: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn("sh", ["-c", line], {
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      HF: `${process.execPath} ${program}`,
      HOLDFAST_CONFIG: path.join(folder, "config.yaml"),
      ...variables,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (output.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output.stderr += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...output };
}

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");

describe("holdfast, when stdout cannot be written,", () => {
  it.each([
    "--help",
    "-h",
    "--version",
    "backup --help",
    "help backup",
    "config show",
    "config schema",
    "--json snapshots",
    "--json",
    "--json config validate",
  ])("says so in one line and ends with 73: %s", async (words) => {
    expect(await shell(`$HF ${words} >/dev/full`)).toEqual({
      code: 73,
      stdout: "",
      stderr: 'Cannot write to "stdout": the disk is full (ENOSPC)\n',
    });
  });
  it("keeps the exit code where only stderr is full", async () => {
    expect(await shell("$HF backup nobody 2>/dev/full")).toMatchObject({ code: 64 });
  });
});

describe("holdfast --json", () => {
  it.each(["--json", "--json rollback", "config --json"])(
    "ends with a failure where no command is named: %s",
    async (words) => {
      const { code, stdout } = await shell(`$HF ${words}`);
      expect(stdout.trimEnd().split("\n")).toHaveLength(1);
      expect(lastLine(stdout)).toMatchObject({
        type: "failure",
        kind: "usage",
        subject: `holdfast ${words}`,
        exit: 64,
      });
      expect(code).toBe(64);
    },
  );
  it("has the help that was asked for in a result", async () => {
    const { code, stdout } = await shell("$HF --json help backup");
    expect(lastLine(stdout)).toMatchObject({ type: "result", command: "help", ok: true });
    expect(lastLine(stdout)).toHaveProperty("text", (await shell("$HF help backup")).stdout);
    expect(code).toBe(0);
  });
});

describe("holdfast config validate", () => {
  it("tells each bad secret with what to do about it, and a next step for all", async () => {
    const { code, stderr } = await shell("$HF config validate", { HF_ID: "id" });
    expect(code).toBe(78);
    for (const [key, variable] of [
      ["password", "HF_PASSWORD"],
      ["keys.writer.secret-key", "HF_KEY"],
    ] as const) {
      const fault = `Cannot read the secret "repositories.home.${key}": the variable ${variable} is not set set ${variable}`;
      expect(stderr.replaceAll(/\s+/g, " ")).toContain(fault);
    }
    expect(stderr).toMatch(/2 secrets cannot be read/);
    expect(stderr).toMatch(/\n {2}next {2}mend each as it says above, then: holdfast config validate\n$/);
  });
  it("gives the one fix as the next step of one bad secret", async () => {
    const { stderr } = await shell("$HF config validate", { HF_ID: "id", HF_KEY: "key" });
    expect(stderr).toMatch(/\n {2}next {2}set HF_PASSWORD\n$/);
  });
});

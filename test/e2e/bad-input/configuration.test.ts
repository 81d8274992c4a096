import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { openLonelyHost, type Host } from "../host.ts";
import { runHoldfast } from "../run-holdfast.ts";
import { expectFailure, expectJsonFailure, expectPlainFailure } from "./expect-failure.ts";

const key = { accessKey: "HFKEYHFKEYHFKEY", secretKey: new Secret("hf-secret-hf-secret"), sessionToken: null };

describe("a configuration that is wrong", () => {
  let host: Host;
  beforeAll(() => {
    host = openLonelyHost({ keys: { writer: key } });
  });
  afterAll(async () => await host.remove());

  /** The host's configuration with `from` replaced, in a file of its own. */
  const rewritten = (name: string, from: string | RegExp, to: string): string => {
    const text = readFileSync(host.configFile, "utf8");
    expect(text).toMatch(from);
    const file = path.join(host.folder, `${name}.yaml`);
    writeFileSync(file, text.replace(from, to), { mode: 0o600 });
    return file;
  };

  it("names file, line and column of a slip, and the key that was meant", async () => {
    const file = rewritten("slip", "keep-last: 1", "keep-lsat: 1");
    await expectFailure(
      host,
      { words: ["--config", file, "snapshots"] },
      {
        kind: "config",
        exit: 78,
        subject: file,
        problem: /slip\.yaml:9:18 .*keep-lsat[\s\S]*did you mean "keep-last"\?/,
        hint: "mend the file, then: holdfast config validate",
      },
    );
  });

  it("refuses a secret that stands in the file itself, and does not show it", async () => {
    const literal = "hunter2-and-a-half";
    const file = rewritten("literal", /password: .*/, `password: ${literal}`);
    const quiet = { ...host, secrets: [...host.secrets, literal] };
    await expectFailure(
      quiet,
      { words: ["--config", file, "backup"] },
      {
        kind: "config",
        exit: 78,
        subject: file,
        problem: /literal\.yaml:5:5 .*password: must be a reference to a secret.*never the secret itself/,
        hint: "mend the file",
      },
    );
  });

  it("refuses a secret's file that others may read, with the chmod to run", async () => {
    const file = path.join(path.dirname(host.configFile), "password");
    chmodSync(file, 0o644);
    for (const words of [["backup"], ["snapshots"], ["config", "validate"]]) {
      await expectFailure(
        host,
        { words },
        {
          kind: "config",
          exit: 78,
          subject: words[0] === "config" ? host.configFile : /password|file:/,
          problem: /others on this machine may read the file/,
          hint: `chmod 600 ${file}`,
        },
      );
    }
    chmodSync(file, 0o600);
    expect((await host.run(["config", "validate"])).code).toBe(0);
  });

  it("names the secret that is not there", async () => {
    const file = rewritten("unset", /password: .*/, "password: env:HF_NOT_SET");
    await expectFailure(
      host,
      { words: ["--config", file, "backup"] },
      {
        kind: "config",
        exit: 78,
        subject: "repositories.home.password",
        problem: /HF_NOT_SET is not set/,
        hint: "set HF_NOT_SET",
      },
    );
  });

  it("says where it looked when there is none", async () => {
    const home = path.join(host.folder, "nobody");
    mkdirSync(home);
    const expected = {
      kind: "config",
      exit: 78,
      subject: `${home}/.config/holdfast/config.yaml, /etc/holdfast/config.yaml`,
      problem: "none of these files is there",
      hint: /--config FILE/,
    } as const;
    expectPlainFailure(await runHoldfast(["snapshots"], { environment: { HOME: home } }), host, expected);
    expectJsonFailure(await runHoldfast(["--json", "snapshots"], { environment: { HOME: home } }), host, expected);
    await expectFailure(
      host,
      { words: ["--config", "/nowhere/config.yaml", "snapshots"] },
      {
        ...expected,
        subject: "/nowhere/config.yaml",
        problem: "there is no such file",
      },
    );
  });
});

describe("a command line that is wrong", () => {
  let host: Host;
  beforeAll(() => {
    host = openLonelyHost({ keys: { writer: key } });
  });
  afterAll(async () => await host.remove());

  it.each([
    [
      "an unknown command",
      ["snapshotz"],
      /snapshotz/,
      /unknown command .*snapshotz.*did you mean snapshots/i,
      /--help/,
    ],
    [
      "an unknown flag",
      ["backup", "--dry-rum"],
      /--dry-rum/,
      /unknown option .*--dry-rum.*did you mean --dry-run/i,
      /--help/,
    ],
    ["a flag without its value", ["rollback", "plan", "--to"], /--to/, /argument missing/, /--help/],
    ["a word too many", ["backup", "home", "again"], /again/, /too many arguments/, /--help/],
    [
      "words after -- where none belong",
      ["backup", "--", "x"],
      "holdfast backup",
      "it takes no words after --",
      /--help/,
    ],
    ["an unknown repository", ["backup", "hoem"], "hoem", "none of that name", /did you mean home\?/],
    ["an unknown role", ["backup", "--role", "wirter"], "wirter", "there is no such role", /one of .*writer/],
    ["a T that is none", ["rollback", "plan", "--to", "yesterday"], "yesterday", /./, /2026-|-ago/],
    ["no T at all", ["rollback", "plan"], "holdfast rollback plan", "no instant is given", /--to/],
    ["a plan that is not there", ["rollback", "apply", "none"], "none", "there is no such file", /rollback plan/],
    ["no target to restore to", ["restore", "latest"], "latest", "no folder is given", /--target DIR/],
    ["a length of time that is none", ["backup", "--retry-lock", "soon"], "--retry-lock soon", /./, /90s, 15m or 2h/],
  ])("is told for %s, with 64", async (_, words, subject, problem, hint) => {
    const holder = host.with({ keys: { writer: key, rescuer: key } });
    await expectFailure(holder, { words }, { kind: "usage", exit: 64, subject, problem, hint });
  });

  it("names the roles that this host does have a key for, with 78", async () => {
    await expectFailure(
      host,
      { words: ["backup", "--role", "pruner"] },
      {
        kind: "config",
        exit: 78,
        subject: "pruner",
        problem: /no such key for home \(it has: writer\)/,
        hint: /repositories\.home\.keys\.pruner/,
      },
    );
  });
});

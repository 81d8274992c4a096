import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.ts";
import { openUnitMachine, type UnitMachine } from "./systemd-analyze.ts";

const folder = path.resolve(import.meta.dirname, "../../templates/systemd");
const files = readdirSync(folder).sort();
const ofKind = (kind: string): readonly string[] => files.filter((name) => name.endsWith(kind));
const services = ofKind("@.service").filter((name) => !name.startsWith("holdfast-failed"));
const textOf = (name: string): string => readFileSync(path.join(folder, name), "utf8");
const named = (file: string): string => file.replace("@.", "@home.");

/** The values of a directive, in their order. */
function values(file: string, directive: string): readonly string[] {
  const lines = textOf(file).split("\n");
  return lines.filter((line) => line.startsWith(`${directive}=`)).map((line) => line.slice(directive.length + 1));
}

describe("systemd-analyze on templates/systemd", () => {
  let machine: UnitMachine | null;
  beforeAll(async () => {
    machine = await openUnitMachine(folder);
  });
  afterAll(async () => await machine?.remove());
  const here = (): UnitMachine => {
    if (machine === null) throw new Error("this machine has no systemd-analyze and no packages");
    return machine;
  };

  it.each(files)("verifies %s without a word", (file) =>
    expect(here().verify(named(file))).toEqual({ code: 0, text: "" }),
  );

  it("would tell a wrong line, a program that is not there and a unit that is not there", () => {
    const broken = textOf("holdfast-backup@.service")
      .replace("KillSignal=SIGINT", "KilSignal=SIGINT")
      .replace("ExecStart=holdfast", "ExecStart=holdfest");
    here().write("broken@.service", broken);
    const { code, text } = here().verify("broken@home.service");
    expect(code).not.toBe(0);
    expect(text).toContain("'KilSignal'");
    expect(text).toContain("holdfest is not executable");
    expect(here().verify("holdfast-nothing@home.service").code).not.toBe(0);
  });

  it.each(services)("finds %s exposed at 2.2 of 10 or less", (file) => {
    const { code, text } = here().security(file, 22);
    expect(text).toMatch(/Overall exposure level .*: [12]\.\d/);
    expect(code).toBe(0);
  });

  it("finds even the unit that notifies less exposed than one that nobody hardened", () => {
    here().write("bare.service", "[Service]\nExecStart=/bin/sh\n");
    expect(here().security("bare.service", 64).code).not.toBe(0);
    expect(here().security("holdfast-failed@.service", 64).code).toBe(0);
  });
});

describe("templates/systemd", () => {
  it("has a timer for each service and a service for each timer", () => {
    expect(services.map((name) => name.replace(".service", ".timer"))).toEqual(ofKind("@.timer"));
    expect(services).toHaveLength(4);
  });

  it.each<[string, readonly string[]]>([
    ["holdfast-backup@.service", ["password", "writer.id", "writer"]],
    ["holdfast-prune@.service", ["password", "pruner.id", "pruner"]],
    ["holdfast-audit-writer@.service", ["password", "writer.id", "writer"]],
    ["holdfast-audit-pruner@.service", ["password", "pruner.id", "pruner"]],
  ])("gives %s the credentials of its own role and no other secret", (file, names) => {
    expect(values(file, "LoadCredential")).toEqual(names.map((name) => `%i.${name}:/etc/holdfast/%i.${name}`));
    expect(values(file, "Environment")).toEqual(["XDG_CACHE_HOME=%C/holdfast"]);
    expect(textOf(file)).not.toMatch(/^(?:SetCredential|EnvironmentFile|PassEnvironment)/m);
  });

  it.each<[string, readonly [command: string, role: string | undefined]]>([
    ["holdfast-backup@.service", ["backup", undefined]],
    ["holdfast-prune@.service", ["prune", undefined]],
    ["holdfast-audit-writer@.service", ["audit", "writer"]],
    ["holdfast-audit-pruner@.service", ["audit", "pruner"]],
  ])("starts in %s a command line that Holdfast takes", (file, [command, role]) => {
    const [line = "", ...more] = values(file, "ExecStart");
    expect(more).toEqual([]);
    const [program, ...words] = line.replaceAll("%i", "home").split(" ");
    expect(program).toBe("holdfast");
    const parsed = parseCommandLine(words, "0", 80);
    if ("text" in parsed) throw new Error(parsed.text);
    expect(parsed.spec.name).toBe(command);
    expect(parsed.input.words["repository"]).toBe("home");
    expect(parsed.input.text("role")).toBe(role);
  });

  it.each(services)("stops %s by an interrupt, runs it at low priority, and tells when it fails", (file) => {
    expect(values(file, "KillSignal")).toEqual(["SIGINT"]);
    // restic gets a minute to take its lock away.
    expect(values(file, "TimeoutStopSec")).toEqual(["2min"]);
    expect(values(file, "Nice")).toEqual(["10"]);
    expect(values(file, "IOSchedulingPriority")).toEqual(["7"]);
    expect(values(file, "OnFailure")).toEqual(["holdfast-failed@%N.service"]);
  });

  it.each(services)("leaves %s what Node and Holdfast's locks need", (file) => {
    expect(values(file, "MemoryDenyWriteExecute")).toEqual([]);
    expect(values(file, "ProtectProc")).toEqual([]);
    expect(values(file, "ProcSubset")).toEqual([]);
  });

  it("lets only the backup read what is not root's, and nothing write", () => {
    const capabilities = services.map((file) => [file, values(file, "CapabilityBoundingSet")]);
    expect(Object.fromEntries(capabilities)).toEqual({
      "holdfast-backup@.service": ["CAP_DAC_READ_SEARCH"],
      "holdfast-prune@.service": [""],
      "holdfast-audit-writer@.service": [""],
      "holdfast-audit-pruner@.service": [""],
    });
    for (const file of services) expect(values(file, "ProtectSystem")).toEqual(["strict"]);
  });

  it.each(ofKind("@.timer"))(
    "makes up in %s for what a machine that was off has missed, and not all hosts at once",
    (file) => {
      expect(values(file, "Persistent")).toEqual(["true"]);
      expect(values(file, "RandomizedDelaySec")).toHaveLength(1);
    },
  );
});

describe("holdfast-failed@.service", () => {
  let place: string;
  const notified = (): string => path.join(place, "notified");
  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), "hf-failed-"));
    mkdirSync(path.join(place, "bin"));
    program("bin/wall", "sed 's/^/wall: /'");
    program("bin/journalctl", `echo "journal of $2"`);
  });
  afterEach(() => rmSync(place, { recursive: true }));

  function program(name: string, line: string): void {
    writeFileSync(path.join(place, name), `#!/bin/sh\n${line}\n`);
    chmodSync(path.join(place, name), 0o755);
  }

  /** Runs the unit's commands as systemd does: its specifiers filled in, each stopped by a failure but for those with a dash. */
  function run(): { readonly output: string; readonly codes: readonly (number | null)[] } {
    const done = values("holdfast-failed@.service", "ExecStart").map((line) => {
      const script = /^-?\/bin\/sh -c '(.*)'$/.exec(line)?.[1];
      if (script === undefined) throw new Error(`not a shell's line: ${line}`);
      const filled = script
        .replaceAll("%i", "holdfast-backup@home")
        .replaceAll("%H", "nas")
        .replaceAll("/etc/holdfast", place);
      return spawnSync("/bin/sh", ["-c", filled], {
        encoding: "utf8",
        env: { PATH: `${path.join(place, "bin")}:/usr/bin:/bin` },
      });
    });
    return {
      output: done.map(({ stdout, stderr }) => stdout + stderr).join(""),
      codes: done.map(({ status }) => status),
    };
  }

  it("works as it ships: a line of priority err for the journal, and one for each terminal", () => {
    expect(run()).toEqual({
      output:
        "<3>holdfast-backup@home failed on nas; see: journalctl -u holdfast-backup@home\n" +
        "wall: holdfast-backup@home failed on nas; see: journalctl -u holdfast-backup@home\n",
      codes: [0, 0, 0],
    });
    expect(existsSync(notified())).toBe(false);
  });

  it("gives /etc/holdfast/notify the title and the unit's last lines, and fails where it fails", () => {
    program("notify", `{ echo "$1"; cat; } > ${notified()}`);
    expect(run().codes).toEqual([0, 0, 0]);
    expect(readFileSync(notified(), "utf8")).toBe(
      "holdfast-backup@home failed on nas\njournal of holdfast-backup@home\n",
    );
    program("notify", "cat > /dev/null; exit 7");
    expect(run().codes).toEqual([0, 0, 7]);
  });
});

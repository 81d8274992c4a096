import { createHash, randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareFolders } from "../../../src/cli/demo/sample-files.ts";
import { fetchRecipePackages, layPrograms, type RecipePrograms } from "./recipe-programs.ts";
import { filledTemplate, recipeScript } from "./recipe-template.ts";
import { runProgram, type ProgramRun } from "./run-program.ts";
import { canServeSsh, makeSshKey, sshCommand, startSshServer, type SshServer } from "./ssh-server.ts";

const root = await fetchRecipePackages();
const isMissing = root === null || !canServeSsh;

describe.skipIf(isMissing)("borg serve --append-only (needs Debian packages, and unshare as root)", () => {
  let programs: RecipePrograms;
  let server: SshServer;
  let folder = "";
  let before = new Map<string, string>();
  let lastGood = "";
  const at = (name: string): string => path.join(folder, name);
  const { overSsh, onServer } = borgs({ programs: () => programs, server: () => server, at });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "hf-borg-"));
    programs = layPrograms(root ?? "", folder);
    const key = await makeSshKey(programs, at("host-key"));
    const values = { REPOSITORY: at("repository"), QUOTA: "100M", HOST_KEY: key };
    const keys = filledTemplate("authorized-keys-borg", { "borg serve": `${programs.bin}/borg serve`, ...values });
    writeFileSync(at("keys"), keys);
    const settings = `PermitRootLogin forced-commands-only\nAuthorizedKeysFile ${at("keys")}`;
    server = await startSshServer(programs, { folder: at("sshd"), settings });
    mkdirSync(at("files"));
    for (const name of ["one", "two"]) writeFileSync(path.join(at("files"), name), randomBytes(30_000));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("takes backups", async () => {
    await well(overSsh("init", "--encryption", "repokey-blake2", "::"));
    await well(overSsh("create", "::first", "."));
    writeFileSync(path.join(at("files"), "three"), "the third");
    await well(overSsh("create", "::second", "."));
    await well(onServer("key", "export", "::", at("exported-key")));
    before = bytesOf(path.join(at("repository"), "data"));
    lastGood = /^transaction (\d+), UTC time \S+$/.exec(transactions(at("repository")).at(-1) ?? "")?.[1] ?? "";
    expect(lastGood).not.toBe("");
  });

  it("gives the thief no shell, no other repository, and no end to this one", async () => {
    const [ssh, ...words] = sshCommand(programs, server, at("host-key"));
    const shell = await runProgram([ssh, ...words, `touch ${at("touched")}`], programs.environment);
    expect(shell.stdout).not.toContain("touched");
    expect(readdirSync(folder)).not.toContain("touched");
    const elsewhere = await overSsh("init", "--encryption", "none", at("elsewhere"));
    expect(elsewhere.stderr).toMatch(/path not allowed/i);
    expect((await overSsh("delete", "--force", "::")).stderr).toContain("is in append-only mode");
    expect((await overSsh("check", "--repair", "::")).stderr).toContain("is in append-only mode");
    expect(bytesOf(path.join(at("repository"), "data"))).toEqual(before);
  });

  it("lets the thief delete every archive, but frees nothing", async () => {
    await well(overSsh("delete", "::", "first", "second"));
    await well(overSsh("compact", "--threshold", "0", "::"));
    expect(await well(overSsh("list", "--short", "::"))).toBe("");
    const after = bytesOf(path.join(at("repository"), "data"));
    expect(new Map([...after].filter(([name]) => before.has(name)))).toEqual(before);
  });

  it("lets the thief replace the key that lies in the repository", async () => {
    await well(overSsh("key", "change-passphrase", "::"));
    expect((await onServer("list", "::")).stderr).toMatch(/passphrase supplied .* is incorrect/);
  });

  it("loses the archives for good to a compaction without append-only", async () => {
    cpSync(at("repository"), at("compacted"), { recursive: true });
    const borg = borgs({ programs: () => programs, server: () => server, at, repository: () => at("compacted") });
    await well(borg.onServer("key", "import", "::", at("exported-key")));
    await well(borg.onServer("compact", "--threshold", "0", "::"));
    const left = bytesOf(path.join(at("compacted"), "data"));
    expect([...before.keys()].filter((name) => !left.has(name)).length).toBeGreaterThan(0);
    await runProgram(
      [recipeScript("borg-roll-back.sh"), at("compacted"), lastGood, at("aside-2")],
      programs.environment,
    );
    expect((await borg.onServer("extract", "::second")).code).not.toBe(0);
  });

  it("is set back by its transaction log, and gives back every byte with the exported key", async () => {
    const command = [recipeScript("borg-roll-back.sh"), at("repository")] as const;
    const unknown = await runProgram([...command, "99999", at("aside")], programs.environment);
    expect(unknown.code).toBe(81);
    await well(runProgram([...command, lastGood, at("aside")], programs.environment));
    expect(bytesOf(path.join(at("repository"), "data"))).toEqual(before);
    expect(transactions(at("repository")).at(-1)).toMatch(new RegExp(`^transaction ${lastGood},`));
    await well(onServer("key", "import", "::", at("exported-key")));
    expect((await well(onServer("list", "--short", "::"))).split("\n")).toEqual(["first", "second"]);
    await well(onServer("check", "--verify-data", "::"));
    await well(onServer("extract", "::second"));
    expect(await compareFolders(at("files"), at("files-restored"))).toMatchObject({ differing: [] });
  });

  it("wants to be told on the host that the repository went back in time", async () => {
    const doubted = await overSsh("list", "::");
    expect(doubted.code).not.toBe(0);
    expect(doubted.stderr).toMatch(/newer than repository/);
    await rm(at("host-base"), { recursive: true });
    expect((await well(overSsh("list", "--short", "::"))).split("\n")).toEqual(["first", "second"]);
    await well(overSsh("create", "::third", "."));
  });
});

type Borg = (...words: readonly string[]) => Promise<ProgramRun>;

interface BorgPlace {
  readonly programs: () => RecipePrograms;
  readonly server: () => SshServer;
  readonly at: (name: string) => string;
  /** Else the one that the host's key opens. */
  readonly repository?: () => string;
}

/** borg on the host, through the forced command, and on the server, over the local path; `::` stands for the repository. */
function borgs({ programs, server, at, repository = () => at("repository") }: BorgPlace): {
  readonly overSsh: Borg;
  readonly onServer: Borg;
} {
  const run = async (words: readonly string[], own: Readonly<Record<string, string>>): Promise<ProgramRun> =>
    await runProgram([`${programs().bin}/borg`, ...words], {
      ...programs().environment,
      BORG_PASSPHRASE: "the passphrase of home",
      ...(words[0] === "key" ? { BORG_NEW_PASSPHRASE: "the passphrase of a thief" } : {}),
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      BORG_RELOCATED_REPO_ACCESS_IS_OK: "yes",
      BORG_DELETE_I_KNOW_WHAT_I_AM_DOING: "YES",
      BORG_CHECK_I_KNOW_WHAT_I_AM_DOING: "YES",
      ...own,
    });
  return {
    overSsh: async (...words) => {
      const command = sshCommand(programs(), server(), at("host-key"));
      const address = command.at(-1) ?? "";
      const away = (word: string): string => (word.startsWith("/") ? `ssh://${address}${word}` : word);
      return await run(words.map(away), {
        HOME: at("files"),
        BORG_RSH: command.slice(0, -1).join(" "),
        BORG_REPO: `ssh://${address}${repository()}`,
        BORG_BASE_DIR: at("host-base"),
      });
    },
    onServer: async (...words) => {
      mkdirSync(at("files-restored"), { recursive: true });
      const base = `${repository()}-base`;
      return await run(words, { HOME: at("files-restored"), BORG_REPO: repository(), BORG_BASE_DIR: base });
    },
  };
}

async function well(running: Promise<ProgramRun>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`ended with ${String(code)}\n${stdout}\n${stderr}`);
  return stdout;
}

function transactions(repository: string): readonly string[] {
  return readFileSync(path.join(repository, "transactions"), "utf8").trim().split("\n");
}

/** Of every file below. */
function bytesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
  return new Map(
    named.map((file) => [path.relative(folder, file), createHash("sha256").update(readFileSync(file)).digest("hex")]),
  );
}

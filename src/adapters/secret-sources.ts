import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";

/** What a secret could not be read for, in words that go into a message; never the secret. */
export class SecretUnreadable extends Error {
  readonly hint: string;

  constructor(problem: string, hint: string) {
    super(problem);
    this.name = "SecretUnreadable";
    this.hint = hint;
  }
}

const commandLimit = 30_000;

/** Where secrets come from on this machine. Each throws SecretUnreadable. */
export interface SecretSources {
  variable(name: string): Promise<string>;
  file(file: string): Promise<string>;
  command(words: readonly string[]): Promise<string>;
  credential(name: string): Promise<string>;
}

export function openSecretSources(variables: Readonly<Record<string, string | undefined>>): SecretSources {
  return {
    variable: (name) =>
      Promise.resolve(variables[name] ?? unreadable(`the variable ${name} is not set`, `set ${name}`)),
    file: readPrivateFile,
    command: runCommand,
    credential: async (name) => {
      const folder = variables["CREDENTIALS_DIRECTORY"];
      if (folder === undefined) {
        return unreadable(
          "this process has no systemd credentials",
          `add LoadCredential=${name}:FILE to the unit that runs it`,
        );
      }
      return await readText(path.join(folder, name), `add LoadCredential=${name}:FILE to the unit that runs it`);
    },
  };
}

function unreadable(problem: string, hint: string): never {
  throw new SecretUnreadable(problem, hint);
}

async function readPrivateFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (found !== null && (found.mode & 0o077) !== 0)
    unreadable("others on this machine may read the file", `chmod 600 ${file}`);
  return await readText(file, `write the secret into ${file}, then chmod 600 ${file}`);
}

async function readText(file: string, hint: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return unreadable(code === "ENOENT" ? `there is no file ${file}` : `${file} cannot be read (${code})`, hint);
  }
}

/** The first line of what the command prints. Its stderr passes to ours, so that it may ask for a touch or a pin. */
function runCommand(words: readonly string[]): Promise<string> {
  const [program = "", ...rest] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"], timeout: commandLimit });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.on("error", () =>
      reject(new SecretUnreadable(`the command ${program} cannot be started`, `check that ${program} is on PATH`)),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(output.split(/\r?\n/)[0] ?? "");
      else
        reject(
          new SecretUnreadable(
            `the command ${program} failed (${code ?? "killed"})`,
            `run ${program} by hand and see what it says`,
          ),
        );
    });
  });
}

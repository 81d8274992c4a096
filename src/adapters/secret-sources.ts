import { spawn } from "node:child_process";
import { open, readFile, type FileHandle } from "node:fs/promises";
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

/**
 * Where secrets come from on this machine. Each rejects with SecretUnreadable. White space around a secret is dropped, as
 * restic drops it from a password file: editors and `echo` add a newline that was never part of it.
 */
interface SecretSources {
  variable(name: string): Promise<string>;
  file(file: string): Promise<string>;
  command(words: readonly string[]): Promise<string>;
  credential(name: string): Promise<string>;
}

/** `commandLimit`: how many milliseconds a command may take. */
export function openSecretSources(
  variables: Readonly<Record<string, string | undefined>>,
  commandLimit = 30_000,
): SecretSources {
  return {
    variable: (name) => {
      const value = variables[name];
      return value === undefined
        ? Promise.reject(new SecretUnreadable(`the variable ${name} is not set`, `set ${name}`))
        : Promise.resolve(value);
    },
    file: readPrivateFile,
    command: async (words) => await runCommand(words, commandLimit),
    credential: async (name) => {
      const folder = variables["CREDENTIALS_DIRECTORY"];
      const hint = `add LoadCredential=${name}:FILE to the unit that runs it`;
      if (folder === undefined) return unreadable("this process has no systemd credentials", hint);
      const file = path.join(folder, name);
      return await readFile(file, "utf8").then(
        (text) => text.trim(),
        (error: unknown) => cannotRead(file, error, hint),
      );
    },
  };
}

function unreadable(problem: string, hint: string): never {
  throw new SecretUnreadable(problem, hint);
}

async function readPrivateFile(file: string): Promise<string> {
  const hint = `write the secret into ${file}, then ${closing(file)}`;
  const handle = await open(file).catch((error: unknown) => cannotRead(file, error, hint));
  try {
    await refuseUnlessPrivate(handle, file);
    const text = await handle.readFile("utf8").catch((error: unknown) => cannotRead(file, error, hint));
    return text.trim();
  } finally {
    await handle.close();
  }
}

/** Looks at the open file, not at the name once more: between the two somebody could put another in its place. */
async function refuseUnlessPrivate(handle: FileHandle, file: string): Promise<void> {
  const found = await handle.stat();
  if (found.isDirectory()) unreadable(`${file} is a folder`, "name the file in it that holds the secret");
  if ((found.mode & 0o077) !== 0) unreadable("others on this machine may read the file", closing(file));
}

function closing(file: string): string {
  return `chmod 600 ${/^[\w./@:+-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`}`;
}

function cannotRead(file: string, error: unknown, hint: string): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return unreadable(code === "ENOENT" ? `there is no file ${file}` : `${file} cannot be read (${code})`, hint);
}

/** The first line of what the command prints. Its stderr passes to ours, so that it may ask for a touch or a pin. */
async function runCommand([program = "", ...rest]: readonly string[], limit: number): Promise<string> {
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"], timeout: limit });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const { code, signal } = await new Promise<Ending>((resolve, reject) => {
    child.on("error", () =>
      reject(new SecretUnreadable(`the command ${program} cannot be started`, `check that ${program} is on PATH`)),
    );
    child.on("exit", (_, exitSignal) => {
      // What it started may live on with our end of the pipe in hand, and "close" would wait for that.
      if (exitSignal !== null) child.stdout.destroy();
    });
    child.on("close", (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
  });
  if (code === 0) return output.trim().split(/\s*\r?\n/)[0] ?? "";
  const ending = signal === null ? `exit code ${code ?? "unknown"}` : `${signal}, after ${limit / 1000} s at most`;
  return unreadable(`the command ${program} failed (${ending})`, `run ${program} by hand and see what it says`);
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

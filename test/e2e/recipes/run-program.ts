import { execa } from "execa";
import { tmpdir } from "node:os";

export interface ProgramRun {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the environment given and no other, in its HOME, and gives what it printed. */
export async function runProgram(
  command: readonly [program: string, ...words: string[]],
  environment: Readonly<Record<string, string>>,
): Promise<ProgramRun> {
  const [program, ...words] = command;
  const { exitCode, stdout, stderr } = await execa(program, words, {
    env: environment,
    cwd: environment["HOME"] ?? tmpdir(),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    timeout: 50_000,
  });
  return { code: exitCode, stdout, stderr };
}

/** As `runProgram`, for what has to go well. */
export async function succeed(
  command: readonly [program: string, ...words: string[]],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, environment);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${String(code)}\n${stdout}\n${stderr}`);
  return stdout;
}

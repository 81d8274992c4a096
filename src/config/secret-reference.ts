import { Failure } from "../base/failure.ts";
import { Secret } from "../base/secret.ts";

const secretKinds = ["env", "file", "command", "credential"] as const;
export type SecretKind = (typeof secretKinds)[number];

/** Where a secret is found, and which key of the configuration says so. Holds no secret. */
export interface SecretReference {
  readonly kind: SecretKind;
  /** A variable's name, a file's path, a command line or a credential's name. */
  readonly target: string;
  /** `repositories.home.password`. */
  readonly keyPath: string;
}

/**
 * The places where secrets lie. Each gives the text found there, or throws an Error whose message tells, without the
 * secret, why it cannot be had; its `hint`, where it has one, what to do about it.
 */
export interface SecretSources {
  variable(name: string): Promise<string>;
  file(path: string): Promise<string>;
  command(words: readonly string[]): Promise<string>;
  credential(name: string): Promise<string>;
}

/** Reads `env:NAME`, `file:/PATH`, `command:LINE` or `credential:NAME`. Null for anything else, a literal above all. */
export function parseSecretReference(text: string, keyPath: string): SecretReference | null {
  const colon = text.indexOf(":");
  const kind = secretKinds.find((each) => each === text.slice(0, Math.max(0, colon)));
  const target = text.slice(colon + 1).trim();
  return kind === undefined || target === "" ? null : { kind, target, keyPath };
}

/** As the file spells it, but of a command the first word only: people put tokens on command lines. */
export function spellSecretReference({ kind, target }: SecretReference): string {
  const [word, ...more] = target.split(/\s+/);
  return kind === "command" && more.length > 0 ? `command:${word ?? ""} …` : `${kind}:${target}`;
}

/**
 * Fetches the secret. Fails with `config` where it is not there, cannot be read, may be read by others, or is empty; the
 * failure names the key of the configuration and the reference.
 */
export async function resolveSecret(reference: SecretReference, sources: SecretSources): Promise<Secret> {
  const secret = await fetchSecret(reference, sources);
  if (secret === "") throw unusable(reference, "it is empty", "put the secret there, then: holdfast config validate");
  return new Secret(secret);
}

async function fetchSecret(reference: SecretReference, sources: SecretSources): Promise<string> {
  const { kind, target } = reference;
  try {
    if (kind === "env") return await sources.variable(target);
    if (kind === "file") return await sources.file(target);
    if (kind === "credential") return await sources.credential(target);
    return await sources.command(commandWords(target) ?? unbalanced(reference));
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    const hint = "hint" in error ? String(error.hint) : "put the secret there, then: holdfast config validate";
    throw unusable(reference, error.message, hint);
  }
}

/** Splits a command line into words as a shell does, with its quotes and backslashes but with no shell: null where a quote stays open. */
export function commandWords(line: string): readonly string[] | null {
  const words: string[] = [];
  const token = /\s*((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)\s*/gy;
  while (token.lastIndex < line.length) {
    const word = token.exec(line)?.[1];
    if (word === undefined) return null;
    words.push(word.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, unquoted));
  }
  return words.length === 0 ? null : words;
}

function unquoted(
  _: string,
  escaped: string | undefined,
  double: string | undefined,
  single: string | undefined,
): string {
  return escaped ?? double?.replace(/\\(["\\$`])/g, "$1") ?? single ?? "";
}

function unbalanced(reference: SecretReference): never {
  throw unusable(
    reference,
    "the command's quotes are not balanced",
    "close each quote of the command in the configuration",
  );
}

function unusable(reference: SecretReference, problem: string, hint: string): Failure {
  return new Failure({
    kind: "config",
    action: "read the secret",
    subject: reference.keyPath,
    problem,
    hint,
    details: { from: spellSecretReference(reference) },
  });
}

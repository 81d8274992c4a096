import { Failure } from "../base/failure.ts";
import { Secret } from "../base/secret.ts";

export const secretKinds = ["env", "file", "command", "credential"] as const;
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
 * The places where secrets lie. Each gives the secret, or fails with `config`, naming the place and what to do about it
 * but not the secret. They need not name the key of the configuration: `resolveSecret` does.
 */
export type SecretSources = Readonly<Record<SecretKind, (target: string) => Promise<Secret>>>;

/** Reads `env:NAME`, `file:/PATH`, `command:LINE` or `credential:NAME`. Null for anything else, a literal above all. */
export function parseSecretReference(text: string, keyPath: string): SecretReference | null {
  const colon = text.indexOf(":");
  const kind = secretKinds.find((each) => each === text.slice(0, Math.max(0, colon)));
  const target = text.slice(colon + 1).trim();
  return kind === undefined || target === "" ? null : { kind, target, keyPath };
}

/** As the file spells it, but of a command the first word only: people put tokens on command lines. */
export function displayReference({ kind, target }: SecretReference): string {
  const [word, ...more] = target.split(/\s+/);
  return kind === "command" && more.length > 0 ? `command:${word ?? ""} …` : `${kind}:${target}`;
}

/**
 * Fetches the secret. Fails with `config` where it is not there, cannot be read, may be read by others, or is empty; the
 * failure names the key of the configuration and the reference.
 */
export async function resolveSecret(reference: SecretReference, sources: SecretSources): Promise<Secret> {
  const secret = await fetchSecret(reference, sources);
  if (secret.reveal() !== "") return secret;
  throw new Failure({
    kind: "config",
    action: "use the secret",
    subject: reference.keyPath,
    problem: `${displayReference(reference)} is empty`,
    hint: "put the secret there, then: holdfast config validate",
  });
}

async function fetchSecret(reference: SecretReference, sources: SecretSources): Promise<Secret> {
  try {
    return await sources[reference.kind](reference.target);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw error.with({ key: reference.keyPath, from: displayReference(reference) });
  }
}

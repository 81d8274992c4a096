import { Failure } from "../base/failure.ts";
import type { Configuration } from "../config/configuration.ts";
import { resolveSecret, type SecretReference, type SecretSources } from "../config/secret-reference.ts";

/** Every reference of the configuration, in the order of the file. */
export function secretReferencesOf(configuration: Configuration): readonly SecretReference[] {
  return [...configuration.repositories.values()].flatMap((repository) => [
    ...(repository.password === null ? [] : [repository.password]),
    ...[...repository.keys.values()].flatMap((key) =>
      [key.accessKey, key.secretKey, key.sessionToken].filter((reference) => reference !== null),
    ),
  ]);
}

/** Why a secret cannot be had, or null where it can. The secret itself is let go of at once. */
export async function tryReference(reference: SecretReference, sources: SecretSources): Promise<Failure | null> {
  try {
    await resolveSecret(reference, sources);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

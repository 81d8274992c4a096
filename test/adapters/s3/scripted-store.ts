import { openS3Store, type S3StoreOptions } from "../../../src/adapters/s3/s3-store.ts";
import { openClock } from "../../../src/adapters/system-clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { Failure } from "../../../src/base/failure.ts";
import type { ProfileFact, ProviderProfile } from "../../../src/store/provider-profile.ts";
import type { PurgingStore } from "../../../src/store/versioned-store.ts";
import { locationAt, profileOf } from "../../stores/real-stores.ts";
import { startScriptedS3, type Script, type TlsOptions, type WireRequest } from "../../stores/scripted-s3.ts";

type FactName = Exclude<keyof ProviderProfile, "name" | "title">;
export type Facts = { readonly [Name in FactName]?: NonNullable<ProviderProfile[Name]["value"]> };

/** A store of which nothing is known but these facts. */
export function profileWith(facts: Facts): ProviderProfile {
  const known = Object.entries(facts).map(([name, value]): [string, ProfileFact<unknown>] => [
    name,
    { value, evidence: "tried" },
  ]);
  return { ...profileOf("generic"), ...(Object.fromEntries(known) as Partial<ProviderProfile>) };
}

export interface ScriptedStore {
  readonly store: PurgingStore;
  readonly requests: readonly WireRequest[];
}

export interface ScriptedOptions extends Partial<Omit<S3StoreOptions, "location" | "profile">> {
  readonly facts?: Facts;
  readonly tls?: TlsOptions;
  /** Another name for the server's address. */
  readonly host?: string;
}

export const secretKey = "the-secret-key-of-a-test";
export const sessionToken = "the-session-token-of-a-test";

/** Our store, its bucket `backups` behind a server that answers as the script says. */
export async function scriptedStore(script: Script, options: ScriptedOptions = {}): Promise<ScriptedStore> {
  const { facts = {}, tls, host = "127.0.0.1", ...rest } = options;
  const { port, requests } = await startScriptedS3(script, tls);
  const endpoint = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  const store = openS3Store({
    location: locationAt(endpoint, "backups/home"),
    region: null,
    bucketLookup: "auto",
    caFile: null,
    profile: profileWith(facts),
    credentials: {
      role: "rescuer",
      accessKey: "AKIAHOLDFASTTEST0001",
      secretKey: new Secret(secretKey),
      sessionToken: new Secret(sessionToken),
    },
    clock: openClock(),
    ...rest,
  });
  return { store, requests };
}

/** The Failure with which it ends. */
export async function failureOf(attempt: Promise<unknown>): Promise<Failure> {
  const error: unknown = await attempt.then(
    () => new Error("nothing failed"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw error;
}

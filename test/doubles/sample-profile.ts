import type { ProviderProfile } from "../../src/store/provider-profile.ts";

const unknown = { value: null, evidence: "unknown" } as const;

/** A provider of which nothing is known but what a test says. */
export function sampleProfile(facts: Partial<ProviderProfile> = {}): ProviderProfile {
  return {
    name: "sample",
    title: "Sample Store",
    versioning: unknown,
    markers: unknown,
    batchDeleteLimit: unknown,
    batchDeleteChecksum: unknown,
    checksums: unknown,
    addressing: unknown,
    listOrder: unknown,
    dateResolution: unknown,
    versionIdTime: unknown,
    historyForgeable: unknown,
    recordedSha256: unknown,
    uploadListing: unknown,
    uploadDate: unknown,
    urlEncoding: unknown,
    copyLimit: unknown,
    lifecycle: unknown,
    objectLock: unknown,
    policyVocabulary: unknown,
    ...facts,
  };
}

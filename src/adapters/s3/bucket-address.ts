import { isIP } from "node:net";
import type { RepositoryLocation } from "../../base/repository-location.ts";
import type { ProviderProfile } from "../../store/provider-profile.ts";

interface AddressedBucket {
  readonly location: RepositoryLocation;
  readonly region: string | null;
  readonly bucketLookup: "auto" | "dns" | "path";
  readonly profile: ProviderProfile;
}

/** Where requests for a bucket go, and what they are signed for. */
export interface BucketAddress {
  readonly protocol: "http:" | "https:";
  readonly hostname: string;
  /** Null for the protocol's own. */
  readonly port: number | null;
  /** What the Host header says. */
  readonly host: string;
  /** What stands before an encoded key: `/` or `/bucket/`. */
  readonly path: string;
  readonly region: string;
}

export function addressOf(bucket: AddressedBucket): BucketAddress {
  const { location } = bucket;
  const url = new URL(location.endpoint);
  const isPath = isPathStyle(bucket);
  return {
    protocol: url.protocol === "http:" ? "http:" : "https:",
    hostname: `${isPath ? "" : `${location.bucket}.`}${url.hostname}`.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? null : Number(url.port),
    host: `${isPath ? "" : `${location.bucket}.`}${url.host}`,
    path: isPath ? `/${encodeText(location.bucket)}/` : "/",
    region: regionOf(bucket),
  };
}

/** `auto`: as the profile says, else as restic does, which uses bucket.host for AWS alone. */
export function isPathStyle({ bucketLookup, profile, location }: AddressedBucket): boolean {
  const { hostname, protocol } = new URL(location.endpoint);
  // A certificate for *.host covers no name with a further dot, and an upper-case name is no host at all.
  const canBeHost = protocol === "http:" ? /^[a-z0-9][a-z0-9.-]*$/ : /^[a-z0-9][a-z0-9-]*$/;
  if (!canBeHost.test(location.bucket)) return true;
  if (bucketLookup !== "auto") return bucketLookup === "path";
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || hostname === "localhost") return true;
  return profile.addressing.value === null ? !hostname.endsWith(".amazonaws.com") : profile.addressing.value === "path";
}

/** `s3.eu-west-1.amazonaws.com`, `s3.us-west-004.backblazeb2.com`; everything else is us-east-1, as in restic. */
function regionOf({ region, location }: AddressedBucket): string {
  if (region !== null) return region;
  return /^s3[.-]([a-z0-9-]+)\.[a-z0-9-]+\.[a-z]+$/.exec(new URL(location.endpoint).hostname)?.[1] ?? "us-east-1";
}

/** As RFC 3986 has it: what encodeURIComponent leaves and signatures do not. */
export function encodeText(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A key in a path: its slashes stay. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodeText).join("/");
}

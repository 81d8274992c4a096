import { mkdirSync } from "node:fs";
import path from "node:path";
import { firstOnPath } from "../../adapters/process/search-path.ts";
import { hasDebianPackages } from "../../adapters/debian-packages.ts";
import { cephPrograms, startCephRgw } from "../../adapters/local-store/ceph-rgw.ts";
import type { LocalStore, LocalStoreOptions } from "../../adapters/local-store/local-store.ts";
import { startMinio } from "../../adapters/local-store/minio.ts";
import { downloadRgw, unpackedRgw } from "../../adapters/local-store/rgw-packages.ts";
import { Failure } from "../../base/failure.ts";
import { outsideStore } from "./outside-store.ts";

/** A store that a demo can have: what has to be fetched for it, and how to start it. */
export interface StoreChoice {
  /** What will be downloaded, in words, or null. */
  readonly fetches: string | null;
  start(options: LocalStoreOptions): Promise<LocalStore>;
}

export interface StoreSearch {
  /** `auto`, `rgw`, `minio` or a URL. */
  readonly wanted: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cacheFolder: string;
}

/**
 * The store for a demo. `auto` takes the first of: a MinIO on PATH, a Ceph RGW on PATH, Ceph's packages from the
 * distribution. Fails with `program-missing` where there is none to be had and with `usage` for another word.
 */
export async function chooseStore(search: StoreSearch): Promise<StoreChoice> {
  const { wanted, variables } = search;
  if (/^https?:/i.test(wanted)) {
    if (!URL.canParse(wanted)) throw noUrl(wanted);
    return { fetches: null, start: async () => await outsideStore(wanted, variables) };
  }
  if (!["auto", "rgw", "minio"].includes(wanted)) throw unknownStore(wanted);
  const searchPath = variables["PATH"] ?? "";
  const minio = wanted === "rgw" ? null : await firstOnPath("minio", searchPath);
  if (minio !== null) return { fetches: null, start: async (options) => await startMinio(minio, options) };
  if (wanted === "minio") throw noMinio();
  return await chooseRgw(search, searchPath);
}

async function chooseRgw({ cacheFolder }: StoreSearch, searchPath: string): Promise<StoreChoice> {
  const found = await Promise.all(cephPrograms.map((program) => firstOnPath(program, searchPath)));
  if (found.every((program) => program !== null)) {
    return { fetches: null, start: async (options) => await startCephRgw("", options) };
  }
  if (!hasDebianPackages()) throw noStore();
  return {
    fetches:
      unpackedRgw(cacheFolder) === null ? "Ceph RGW from this distribution (about 70 MB, 260 MB unpacked)" : null,
    start: async (options) => {
      mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
      return await startCephRgw(await downloadRgw(cacheFolder, options.signal), options);
    },
  };
}

/** Where downloads are kept: `$XDG_CACHE_HOME/holdfast`, else `~/.cache/holdfast`. */
export function cacheFolderOf(variables: Readonly<Record<string, string | undefined>>): string {
  return path.join(variables["XDG_CACHE_HOME"] ?? path.join(variables["HOME"] ?? "/tmp", ".cache"), "holdfast");
}

function unknownStore(wanted: string): Failure {
  return new Failure({
    kind: "usage",
    action: "use the store",
    subject: wanted,
    problem: "it is none that the demo knows",
    hint: "--store auto, rgw, minio, or the URL of a store: --store http://127.0.0.1:9000",
  });
}

function noUrl(wanted: string): Failure {
  return new Failure({
    kind: "usage",
    action: "use the store",
    subject: wanted,
    problem: "it is no URL that names a host",
    hint: "--store http://127.0.0.1:9000, or --store auto, rgw, minio",
  });
}

function noMinio(): Failure {
  return new Failure({
    kind: "program-missing",
    action: "start",
    subject: "minio",
    problem: "it is not on PATH",
    hint: "build it with Go 1.24 or newer (go install github.com/minio/minio@latest), or take --store rgw",
  });
}

function noStore(): Failure {
  return new Failure({
    kind: "program-missing",
    action: "start",
    subject: "a versioned store",
    problem: "neither minio nor radosgw is on PATH, and this is no Debian or Ubuntu to fetch one from",
    hint: "put minio on PATH, or name a store that is there: --store URL, its key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  });
}

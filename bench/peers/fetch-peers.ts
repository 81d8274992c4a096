/**
 * Fetches the programs that the rollback bench measures against into the cache, for `npm run bench -- rollback`:
 *
 *     node bench/peers/fetch-peers.ts
 *
 * rclone comes from Debian's unstable suite (the first with `--s3-version-at` at its best, 1.75), unpacked and not
 * installed; s3-pit-restore from Python's package index, in a virtual environment of its own. Peers that are on PATH
 * already need no fetching. What is in the cache stays as it is: delete the folder to fetch anew.
 */
import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { unpackPackages } from "../../src/adapters/debian-packages.ts";
import { findPeer, peersFolder, pitRestoreRelease } from "./find-peer.ts";

const folder = peersFolder(process.env);
await mkdir(folder, { recursive: true, mode: 0o700 });
await unpackPackages({
  packages: ["rclone"],
  suite: "sid",
  withDependencies: false,
  folder: path.join(folder, "rclone"),
});
await fetchPitRestore(path.join(folder, "s3-pit-restore"));
for (const name of ["rclone", "s3-pit-restore"] as const) {
  process.stderr.write(`${name}: ${(await findPeer(name, process.env)) ?? "could not be fetched"}\n`);
}

/** A virtual environment names its own place in its scripts, so it is made where it stays and marked when it is whole. */
async function fetchPitRestore(place: string): Promise<void> {
  if (existsSync(path.join(place, "bin/s3-pit-restore"))) return;
  const aside = `${place}.${process.pid}.old`;
  if (existsSync(place)) await rename(place, aside);
  await rm(aside, { recursive: true, force: true });
  await execa("python3", ["-m", "venv", place]);
  await execa(path.join(place, "bin/pip"), [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    `s3-pit-restore==${pitRestoreRelease}`,
    "boto3",
  ]);
}

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectKey } from "../../../src/base/object-key.ts";
import type { PurgingStore } from "../../../src/store/versioned-store.ts";
import { scriptedStore, type ScriptedOptions } from "./scripted-store.ts";

const names = Array.from({ length: 6 }, (_, n) => `data/${n}`);
const contents = new Map(names.map((name, n) => [name, randomBytes(2_000_000 + n)]));

/** As one who has something else to do between two parts. */
async function readSlowly(store: PurgingStore, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of (await store.read(objectKey(name), null))?.bytes ?? []) {
    parts.push(part);
    await setImmediate();
  }
  return Buffer.concat(parts);
}

describe("connections that share a buffer", () => {
  let folder = "";
  const file = (name: string): string => path.join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hf-"));
    const words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const name = ["-subj", "/CN=holdfast test", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", ["req", "-x509", ...words, ...name, "-keyout", file("key.pem"), "-out", file("ca.pem")], {
      stdio: "ignore",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[string, () => ScriptedOptions]>([
    ["http", () => ({})],
    [
      "https",
      () => ({
        caFile: file("ca.pem"),
        tls: { key: readFileSync(file("key.pem"), "utf8"), cert: readFileSync(file("ca.pem"), "utf8") },
      }),
    ],
  ])("give each reader its own bytes and keep them, over %s, used again and again", async (_, options) => {
    const { store, requests } = await scriptedStore(
      ({ path: asked }) => ({ body: contents.get(asked.split("/backups/")[1] ?? "") ?? "" }),
      { ...options(), connections: 3 },
    );
    for (let turn = 0; turn < 2; turn++) {
      const read = await Promise.all(names.map(async (name) => await readSlowly(store, name)));
      expect(read.map((bytes, n) => bytes.equals(contents.get(names[n] ?? "") ?? Buffer.of()))).toEqual(
        names.map(() => true),
      );
    }
    expect(requests).toHaveLength(2 * names.length);
  });
});

import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { imitatedAccess } from "./imitated-s3.ts";

interface Started {
  readonly store: PurgingStore;
  readonly inPagesOf: (rows: number) => PurgingStore;
  readonly rows: number;
  readonly markedAt: number;
}

async function start(...words: readonly string[]): Promise<Started> {
  const program = path.resolve(import.meta.dirname, "../../bench/synthetic-store.ts");
  const child = spawn(process.execPath, [program, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.stdin.end());
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  const ready = JSON.parse(line) as { readonly port: number; readonly rows: number; readonly markedAt: string };
  const access = imitatedAccess({ endpoint: `http://127.0.0.1:${ready.port}` }, "synthetic");
  return {
    store: openS3Store(access),
    inPagesOf: (pageSize) => openS3Store({ ...access, pageSize }),
    rows: ready.rows,
    markedAt: Date.parse(ready.markedAt),
  };
}

async function rowsOf(store: PurgingStore, prefix = "", from = ""): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions(prefix, from)) rows.push(...page);
  return rows;
}

describe("the synthetic store of the benchmarks", () => {
  it("serves a repository with everything hidden, the same whatever the page, prefix and beginning", async () => {
    const { store, inPagesOf, rows: count, markedAt } = await start("--versions", "3000", "--prefix", "home/");
    const rows = await rowsOf(store, "home/");
    expect(rows).toHaveLength(count);
    expect(rows.filter((row) => row.isLatest && row.kind === "marker")).toHaveLength(3000);
    expect(rows.every((row) => row.lastModified >= markedAt === (row.kind === "marker"))).toBe(true);
    expect(await rowsOf(inPagesOf(97), "home/")).toEqual(rows);
    const some = rows.filter((row) => row.key.startsWith("home/data/a"));
    expect(some.length).toBeGreaterThan(100);
    expect(await rowsOf(store, "home/data/a")).toEqual(some);
    const later = rows.filter((row) => row.key >= "home/data/a8");
    expect(await rowsOf(store, "home/", "home/data/a8")).toEqual(later);
  });

  it("serves contents whose names are their hashes below what was written over them", async () => {
    const { store } = await start("--versions", "400", "--kind", "overwritten", "--contents", "64");
    const rows = (await rowsOf(store)).filter((row) => row.key !== "config");
    const hashes = await Promise.all(
      rows.map(async (row) => {
        const content = await store.read(row.key, row.versionId);
        const hash = createHash("sha256");
        if (content !== null) for await (const part of content.bytes) hash.update(part);
        return hash.digest("hex") === row.key.split("/").at(-1);
      }),
    );
    expect(hashes).toEqual(rows.map((row) => !row.isLatest));
    expect(new Set(rows.map((row) => row.key.split("/")[0]))).toEqual(new Set(["data", "index", "keys", "snapshots"]));
  });

  it("answers for its settings, and takes no write", async () => {
    const { store } = await start("--versions", "100");
    expect(await store.versioning()).toBe("enabled");
    const [marker] = await rowsOf(store);
    await expect(store.destroyVersions(marker === undefined ? [] : [marker])).rejects.toMatchObject({
      kind: "store-misbehaves",
    });
  });
});

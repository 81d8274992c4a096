import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { TextFile } from "../../src/base/state-folder.ts";
import { versionId } from "../../src/base/version-id.ts";
import { EvidenceWriter } from "../../src/history/evidence.ts";
import type { EvidenceSeal } from "../../src/history/evidence.ts";
import type { EvidenceHeader } from "../../src/history/evidence-header.ts";
import { checkEvidence, readEvidence } from "../../src/history/read-evidence.ts";
import type { BucketSettings } from "../../src/store/bucket-settings.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { MemoryState } from "../rollback/memory-state.ts";

const settings: BucketSettings = {
  lifecycle: {
    kind: "set",
    value: {
      text: "<LifecycleConfiguration/>",
      rules: [
        {
          id: "expire",
          isEnabled: true,
          prefix: "",
          noncurrentDays: 30,
          newerNoncurrentVersions: null,
          currentDays: null,
          abortUploadsDays: 7,
        },
      ],
    },
  },
  policy: { kind: "set", value: '{"Statement":[]}' },
  objectLock: { kind: "set", value: { text: "<ObjectLockConfiguration/>", mode: "GOVERNANCE", days: 30 } },
  replication: { kind: "unsupported" },
  encryption: { kind: "unreadable", problem: "Access Denied" },
  versioning: { kind: "set", value: { text: "<VersioningConfiguration/>", excludedPrefixes: ["tmp/"] } },
};
const header: EvidenceHeader = {
  bucket: "backups",
  prefix: "home/",
  versioning: "enabled",
  takenAt: instantFromMilliseconds(Date.parse("2026-11-20T03:00:00Z")),
  order: "interleaved",
  settings,
  openUploads: [
    { key: objectKey("home/data/3f/3f"), uploadId: "u 1", initiated: instantFromMilliseconds(1_700_000_000_123) },
  ],
};

function version(key: string, id: string, more: Partial<Extract<HistoryRow, { kind: "version" }>> = {}): HistoryRow {
  const common = {
    key: objectKey(key),
    versionId: versionId(id),
    lastModified: instantFromMilliseconds(1_763_600_000_120),
  };
  const rest = { isLatest: false, owner: "owner", size: 6, etag: "e1", storageClass: "STANDARD", checksums: null };
  return { kind: "version", ...common, ...rest, ...more };
}

function marker(key: string, id: string): HistoryRow {
  const common = {
    key: objectKey(key),
    versionId: versionId(id),
    lastModified: instantFromMilliseconds(1_763_600_001_000),
  };
  return { kind: "marker", ...common, isLatest: true, owner: null };
}

const manyRows = (count: number): readonly HistoryRow[] =>
  Array.from({ length: count }, (_, index) => version(`home/${index.toString().padStart(6, "0")}`, `v${index}`));

interface Written {
  readonly state: MemoryState;
  readonly text: string;
  readonly seal: EvidenceSeal;
}

async function written(pages: readonly (readonly HistoryRow[])[], about = header): Promise<Written> {
  const state = new MemoryState();
  const writer = await EvidenceWriter.begin(await state.createSealed("evidence/e"), "evidence/e", about);
  for (const page of pages) await writer.add(page);
  const seal = await writer.finish();
  return { state, seal, text: state.files.get("evidence/e") ?? "" };
}

/** The text in pieces of that length, as a disk would give it. */
function fileOf(text: string, pieceLength = 1000): TextFile {
  async function* pieces(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += pieceLength) yield await Promise.resolve(text.slice(at, at + pieceLength));
  }
  return { path: "/state/evidence/e", text: pieces, sha256: () => Promise.reject(new Error("not asked for")) };
}

async function read(file: TextFile): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of (await readEvidence(file)).pages()) rows.push(...page);
  return rows;
}

describe("EvidenceWriter", () => {
  it("writes the file that it is known to write", async () => {
    const rows = [
      version("home/config", "v1", { isLatest: true, storageClass: null }),
      marker("home/data/3f/3f", "m1"),
      version("home/data/3f/3f", "v2", { checksums: "SHA256", owner: null }),
      version('home/odd "\\\n é😀\u{e000}', "null", { etag: "" }),
    ];
    const { text } = await written([rows]);
    await expect(text).toMatchFileSnapshot("../histories/rows.evidence.jsonl");
    expect(await read(fileOf(text))).toEqual(rows);
  });

  it("writes what JSON.stringify would, one row a line", async () => {
    const rows = [version('a "quoted" \u0007 \ud83d\ude00', "v1"), marker("b", "m1")];
    const { text } = await written([rows]);
    const line = JSON.parse(text.split("\n")[1] ?? "") as unknown;
    const { kind, ...fields } = rows[0] ?? marker("none", "none");
    expect(line).toEqual({ type: kind, ...fields, lastModified: "2025-11-20T00:53:20.120Z" });
  });

  it("is never written over", async () => {
    const { state } = await written([]);
    await expect(state.createSealed("evidence/e")).rejects.toMatchObject({ kind: "state-unwritable" });
  });

  it("leaves a file that is given up without its end", async () => {
    const state = new MemoryState();
    const writer = await EvidenceWriter.begin(await state.createSealed("e"), "e", header);
    await writer.add(manyRows(1500));
    await writer.abandon();
    await expect(read(fileOf(state.files.get("e") ?? ""))).rejects.toMatchObject({
      kind: "damaged-file",
      problem: "its end is missing",
    });
  });
});

describe("readEvidence()", () => {
  it("gives back the header, settings and open uploads included", async () => {
    const { text } = await written([]);
    expect((await readEvidence(fileOf(text))).header).toEqual(header);
    const { order, ...unordered } = header;
    expect(order).toBe("interleaved");
    const bare = { ...unordered, idTime: "ulid", openUploads: null } as const;
    expect((await readEvidence(fileOf((await written([], bare)).text))).header).toEqual(bare);
  });

  it.each([0, 1, 999, 1000, 1001, 2500])("gives back %d rows, in blocks of at most 1000, twice", async (count) => {
    const rows = manyRows(count);
    const { text } = await written([rows.slice(0, 300), rows.slice(300)]);
    const reading = await readEvidence(fileOf(text, 70_000));
    for (let turn = 0; turn < 2; turn++) {
      const pages: (readonly HistoryRow[])[] = [];
      for await (const page of reading.pages()) pages.push(page);
      expect(pages.flat()).toEqual(rows);
      expect(Math.max(0, ...pages.map((page) => page.length))).toBeLessThanOrEqual(1000);
    }
  });

  it("gives back any rows, however the text comes in pieces", async () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
    const row = fc
      .record({ key: text, id: text, etag: fc.string(), owner: fc.option(fc.string()), isMarker: fc.boolean() })
      .map(({ key, id, etag, owner, isMarker }) => (isMarker ? marker(key, id) : version(key, id, { etag, owner })));
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.integer({ min: 1, max: 400 }), async (rows, length) => {
        const { text: whole } = await written([rows]);
        expect(await read(fileOf(whole, length))).toEqual(rows);
      }),
    );
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["empty", () => "", /^it is empty$/],
    ["cut in a row", (text) => text.slice(0, 300_000), /^line 1003 is damaged: the text is cut off/],
    ["cut after a row", (text) => upTo(text, '{"type":"block"', 1), /the text is cut off/],
    ["cut after a block", (text) => upTo(text, '{"type":"totals"'), /^its end is missing$/],
    ["cut in its last line", (text) => text.slice(0, -5), /the text is cut off/],
    ["missing a row", (text) => text.split("\n").toSpliced(700, 1).join("\n"), /^line 1001 is damaged: the chain/],
    ["with two rows swapped", (text) => swapped(text, 1, 2), /^line 1002 is damaged: the chain/],
    ["edited in its header", (text) => text.replace("backups", "backupz"), /^line 1 is damaged/],
    ["edited in a row", (text) => text.replace('"size":6', '"size":7'), /^line 1002 is damaged: the chain/],
    ["edited in a later block", (text) => text.replace('"versionId":"v1200"', '"versionId":"v1201"'), /^line 2003 is/],
    ["edited in its totals", (text) => text.replace('"versions":2500', '"versions":2499'), /^line 2505 is damaged/],
    [
      "no JSON in one line",
      (text) => text.replace('{"type":"version","key":"home/000004"', "?"),
      /^line 6 is damaged: it is no/,
    ],
    ["missing a whole block", (text) => without(text, 1003, 1001), /the chain of hashes breaks/],
    ["followed by more", (text) => `${text}more\n`, /something follows the totals/],
    ["of another kind", () => '{"type":"plan","version":2,"chain":"00"}\n', /^line 1 is damaged/],
  ])("does not take a file that is %s", async (_, spoil, problem) => {
    const { text } = await written([manyRows(2500)]);
    const failure = await read(fileOf(spoil(text), 9999)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ kind: "damaged-file", problem: expect.stringMatching(problem) as string });
  });

  it("does not take a forged chain with a row that is none", async () => {
    const row = { ...version("k", "v"), size: -1 };
    const { text } = await written([[row]]);
    await expect(read(fileOf(text))).rejects.toMatchObject({ problem: 'line 2: "size" is not a count' });
  });

  it("does not take evidence of another version of the program", async () => {
    const { text } = await written([]);
    expect(text).toContain('"version":2');
    const { parseChainedLines, ChainWriter } = await import("../../src/base/chained-lines.ts");
    const { lines } = parseChainedLines(text);
    const newer = new ChainWriter().line({ ...lines[0], version: 3, chain: undefined });
    await expect(read(fileOf(`${newer}\n`))).rejects.toMatchObject({ kind: "damaged-file" });
  });
});

describe("checkEvidence()", () => {
  it("counts what is in a file that is whole", async () => {
    const { state, seal } = await written([[marker("a", "m"), version("a", "v"), version("b", "v")]]);
    const file = (await state.open(seal.name)) ?? fileOf("");
    expect(await checkEvidence(file, seal)).toEqual({ kind: "whole", versions: 2, markers: 1, keys: 2 });
  });

  it.each<[string, (text: string) => string, Partial<EvidenceSeal>, string]>([
    [
      "is another one than was sealed",
      (text) => text,
      { sha256: "00" },
      "its SHA-256 is not the one it was sealed with",
    ],
    ["was changed since", (text) => text.replace("v1", "v2"), {}, "its SHA-256 is not the one it was sealed with"],
  ])("tells a file that %s", async (_, spoil, other, problem) => {
    const { state, seal, text } = await written([manyRows(3)]);
    state.files.set("evidence/e", spoil(text));
    const file = (await state.open(seal.name)) ?? fileOf("");
    expect(await checkEvidence(file, { ...seal, ...other })).toEqual({ kind: "damaged", problem });
  });

  it("tells a file that was sealed without being whole", async () => {
    const { text } = await written([manyRows(3)]);
    const cut = upTo(text, '{"type":"totals"');
    const state = new MemoryState();
    const file = await state.createSealed("evidence/e");
    await file.write(cut);
    const seal = { name: "evidence/e", path: file.path, sha256: await file.seal() };
    const found = (await state.open("evidence/e")) ?? fileOf("");
    expect(await checkEvidence(found, seal)).toEqual({ kind: "damaged", problem: "its end is missing" });
  });
});

function upTo(text: string, word: string, occurrence = 0): string {
  let at = text.indexOf(word);
  for (let count = 0; count < occurrence; count++) at = text.indexOf(word, at + 1);
  return text.slice(0, at);
}

function swapped(text: string, one: number, other: number): string {
  const lines = text.split("\n");
  const [first = "", second = ""] = [lines[one], lines[other]];
  return lines.with(one, second).with(other, first).join("\n");
}

function without(text: string, from: number, count: number): string {
  return text
    .split("\n")
    .toSpliced(from - 1, count)
    .join("\n");
}

import { describe, expect, it } from "vitest";
import { objectKey } from "../../src/base/object-key.ts";
import { parseInstant } from "../../src/base/instant.ts";
import { versionId } from "../../src/base/version-id.ts";
import { afterwards } from "../../src/rollback/afterwards.ts";
import { rowRef } from "../../src/rollback/step.ts";
import type { ObjectVersion } from "../../src/store/object-version.ts";

function version(id: string, etag: string): ObjectVersion {
  const common = { kind: "version", key: objectKey("home/data/aa"), versionId: versionId(id), owner: null } as const;
  const lastModified = parseInstant("2026-11-20T00:00:00Z");
  if (lastModified === null) throw new RangeError("instant");
  return { ...common, lastModified, isLatest: id === "copy", size: 6, etag, storageClass: null, checksums: null };
}

describe("afterwards()", () => {
  it.each([
    ["takes a version of the same size and ETag for the copy without reading it", "e", {}, "own"],
    ["reads both where the ETags differ", "e-2", { copy: "same", good: "same" }, "own"],
    ["reads both where the store tells no ETags", "", { copy: "same", good: "same" }, "own"],
    ["sees other bytes where the store tells no ETags", "", { copy: "other", good: "same" }, "changed"],
  ] as const)("%s", async (_, etag, hashes: Readonly<Record<string, string>>, kind) => {
    const good = version("good", etag === "" ? "" : "e");
    const seen = await afterwards(rowRef(good), [version("copy", etag), good], async (read) => {
      const sha256 = hashes[read.versionId];
      return await (sha256 === undefined
        ? Promise.reject(new Error("read"))
        : Promise.resolve({ kind: "hashed", sha256 }));
    });
    expect(seen.kind).toBe(kind);
  });
});

import { describe, expect, it } from "vitest";
import { attempts } from "../../src/access/attempts.ts";
import type { Attempt } from "../../src/access/attempt.ts";
import { tarOf } from "../../src/access/attempts/tar.ts";
import { combined, type Got, type Outcome } from "../../src/access/outcome.ts";
import { Failure } from "../../src/base/failure.ts";
import type { TrialReply, TrialRequest } from "../../src/store/trial-door.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";
import { denied, errorReply, scriptedDoor, thiefAt } from "./scripted-door.ts";

function attempt(name: string): Attempt {
  const found = attempts.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`no attempt ${name}`);
  return found;
}

const isPut = ({ method, target }: TrialRequest): boolean => method === "PUT" && target.kind === "object";
const keyOf = ({ target }: TrialRequest): string => (target.kind === "object" ? target.key : "");
const headerOf = ({ headers = {} }: TrialRequest, name: string): string | undefined => headers[name];
const stored = (id: string): Partial<TrialReply> => ({ headers: { "x-amz-version-id": id } });

async function gotOf(name: string, door: Parameters<typeof thiefAt>[0], wanted = {}): Promise<readonly Got[]> {
  return (await attempt(name).tryIt(thiefAt(door, wanted))).map(({ got }) => got);
}

describe("every attempt", () => {
  it.each(attempts.map(({ name }) => name))(
    "takes a store that fails for an error, never for a refusal: %s",
    async (name) => {
      const door = scriptedDoor(() => errorReply(500, "InternalError"));
      const gots = await gotOf(name, door);
      expect(new Set(gots)).toEqual(new Set(["error"]));
    },
  );

  it.each(attempts.map(({ name }) => name))("takes a store that does not answer for an error: %s", async (name) => {
    const silent = new Failure({
      kind: "store-unreachable",
      action: "try",
      subject: "x",
      problem: "the store does not answer",
      hint: "",
    });
    const door = scriptedDoor(() => {
      throw silent;
    });
    const outcomes = await attempt(name).tryIt(thiefAt(door));
    expect(new Set(outcomes.map(({ got }) => got))).toEqual(new Set(["error"]));
  });

  it.each(attempts.map(({ name }) => name))("lets a fault of our own through: %s", async (name) => {
    const door = scriptedDoor(() => {
      throw new TypeError("a fault");
    });
    await expect(attempt(name).tryIt(thiefAt(door))).rejects.toThrow("a fault");
  });

  it.each(attempts.map(({ name }) => name))("puts no canary where none may be put: %s", async (name) => {
    const door = scriptedDoor(() => ({}));
    const profile = sampleProfile();
    const thief = thiefAt(door, { noCanaries: "all is locked in COMPLIANCE mode", profile });
    await attempt(name).tryIt(thief);
    const puts = door.requests.filter((request) => isPut(request) && headerOf(request, "content-md5") === undefined);
    expect(puts).toEqual([]);
  });

  it("has a name of its own, a cost and a way to mend it", () => {
    expect(new Set(attempts.map(({ name }) => name)).size).toBe(attempts.length);
    for (const { name, cost, needs, actions } of attempts) {
      expect(cost, name).not.toBe("");
      expect(actions.length > 0 || typeof needs === "string", name).toBe(true);
    }
  });

  it("touches nothing of the repository but config, and that only by a PUT that never writes", async () => {
    const door = scriptedDoor((request) => {
      if (isPut(request) && headerOf(request, "content-md5") !== undefined) return errorReply(400, "BadDigest");
      return isPut(request) ? stored("v") : {};
    });
    const thief = thiefAt(door);
    for (const each of attempts) await each.tryIt(thief);
    const others = door.requests.filter(
      (request) => request.target.kind === "object" && !keyOf(request).includes("holdfast-canary"),
    );
    expect(others.map(({ method, target }) => [method, target])).toEqual([
      ["PUT", { kind: "object", key: "home/config" }],
    ]);
    expect(others[0]?.headers?.["content-md5"]).toBe("AAAAAAAAAAAAAAAAAAAAAA==");
  });
});

describe("plant a key or config", () => {
  it("leaves config alone where the store takes a body of another MD5", async () => {
    const door = scriptedDoor((request) => (isPut(request) ? stored("v") : {}));
    const outcomes = await attempt("plant a key or config").tryIt(thiefAt(door));
    expect(outcomes.map(({ got }) => got)).toEqual(["not tried", "not tried", "not tried"]);
    expect(door.sent).not.toContain("PUT home/config");
    expect(door.sent.filter((each) => each.includes("keys/"))).toEqual([]);
  });

  it("leaves config alone where this key may put no canary", async () => {
    const door = scriptedDoor((request) => (isPut(request) ? denied : {}));
    expect(await gotOf("plant a key or config", door)).toEqual(["refused", "not tried", "refused"]);
    expect(door.sent).not.toContain("PUT home/config");
  });
});

describe("forced delete", () => {
  const name = /^home\/(?:locks|data\/00)\/holdfast-canary-audit-[0-9a-f]{32}$/;
  const emptyListing = { body: "<ListBucketResult></ListBucketResult>" };

  it("is sent for names of 128 random bits alone, each after a listing of it", async () => {
    const door = scriptedDoor((request) => (request.query?.["list-type"] === "2" ? emptyListing : stored("v")));
    await attempt("forced delete").tryIt(thiefAt(door));
    const forced = door.requests.filter((request) => headerOf(request, "x-minio-force-delete") !== undefined);
    const listed = door.requests.flatMap(({ query }) => (query?.["prefix"] === undefined ? [] : [query["prefix"]]));
    expect(forced.length).toBeGreaterThan(0);
    for (const request of forced) {
      expect(keyOf(request)).toMatch(name);
      expect(listed).toContain(keyOf(request));
    }
  });

  it.each<[string, Partial<TrialReply>, Got?]>([
    [
      "shows something of that name",
      { body: "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>" },
    ],
    ["is refused", denied],
    ["is something else", { body: "<html>" }],
    ["fails", errorReply(500, "InternalError"), "error"],
  ])("is not sent where the listing %s", async (_, listing, got = "not tried") => {
    const door = scriptedDoor((request) => (request.query?.["list-type"] === "2" ? listing : stored("v")));
    expect(await gotOf("forced delete", door)).toEqual([got]);
    expect(door.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
  });
});

describe("delete the bucket", () => {
  const full = { body: "<ListBucketResult><Contents><Key>home/config</Key></Contents></ListBucketResult>" };
  const byAnswer = (answer: Partial<TrialReply>) => scriptedDoor(({ method }) => (method === "DELETE" ? answer : full));

  it.each<[string, Partial<TrialReply>, Got]>([
    ["says that it is not empty", errorReply(409, "BucketNotEmpty"), "allowed"],
    ["says that it holds versions", errorReply(409, "VersionedBucketNotEmpty"), "allowed"],
    ["refuses", denied, "refused"],
    ["says something else", errorReply(409, "OperationAborted"), "error"],
    ["does not have it", errorReply(501, "NotImplemented"), "not tried"],
  ])("tells a store that %s", async (_, answer, got) => {
    expect(await gotOf("delete the bucket", byAnswer(answer))).toEqual([got]);
  });

  it.each(["seaweedfs", "generic", "sample"])(
    "is never sent to a store that may delete a full one: %s",
    async (name) => {
      const door = byAnswer({ status: 204 });
      expect(await gotOf("delete the bucket", door, { profile: sampleProfile({ name }) })).toEqual(["not tried"]);
      expect(door.sent).toEqual([]);
    },
  );

  it("is never sent to a bucket that may be empty, nor with a header or a parameter", async () => {
    const empty = scriptedDoor(() => ({ body: "<ListBucketResult></ListBucketResult>" }));
    expect(await gotOf("delete the bucket", empty)).toEqual(["not tried"]);
    expect(empty.requests.some(({ method }) => method === "DELETE")).toBe(false);
    const door = byAnswer(errorReply(409, "BucketNotEmpty"));
    await gotOf("delete the bucket", door);
    expect(door.requests.filter(({ method }) => method === "DELETE")).toEqual([
      { operation: "DeleteBucket", method: "DELETE", target: { kind: "bucket" } },
    ]);
  });
});

describe("a setting", () => {
  const asked = (reading: Partial<TrialReply>, ...answers: readonly Partial<TrialReply>[]) => {
    const left = [...answers];
    return scriptedDoor(({ method }) => (method === "GET" ? reading : (left.shift() ?? errorReply(500, "Unexpected"))));
  };

  it("is asked for first, and left alone where the store takes the parameter for nothing", async () => {
    const door = asked({ body: "<ListBucketResult></ListBucketResult>" });
    expect(await gotOf("change encryption", door)).toEqual(["not tried"]);
    expect(door.requests.some(({ method }) => method === "PUT")).toBe(false);
  });

  it("is put back as it was read where the document that is none settles nothing", async () => {
    const value = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    const door = asked({ body: value }, errorReply(500, "InternalError"), {});
    expect(await gotOf("suspend versioning", door)).toEqual(["allowed"]);
    const bodies = door.requests.flatMap(({ body }) => (body === undefined ? [] : [new TextDecoder().decode(body)]));
    expect(bodies).toEqual(["this is no document", value]);
  });

  it.each<[string, Partial<TrialReply>, Got]>([
    ["finds fault with the document", errorReply(400, "MalformedXML"), "allowed"],
    ["refuses", denied, "refused"],
    ["has no such setting", errorReply(405, "MethodNotAllowed"), "not tried"],
  ])("tells a store that %s", async (_, answer, got) => {
    expect(await gotOf("change lifecycle rules", asked(denied, answer))).toEqual([got]);
  });
});

describe("an answer", () => {
  it.each<[string, Partial<TrialReply>, Got]>([
    ["by the key's rights", denied, "refused"],
    ["by a proxy without a code", errorReply(403, ""), "refused"],
    ["by a full account", errorReply(403, "QuotaExceeded"), "error"],
    ["by an unpaid account", errorReply(403, "AccountProblem"), "error"],
  ])("of 403 is a refusal only %s or not", async (_, answer, got) => {
    expect(
      await gotOf(
        "list versions",
        scriptedDoor(() => answer),
      ),
    ).toEqual([got]);
    expect(
      await gotOf(
        "overwrite for good",
        scriptedDoor(() => answer),
      ),
    ).toEqual([got]);
  });
});

describe("overwrite for good", () => {
  it.each<[string, Partial<TrialReply>, Got]>([
    ["may not be read", denied, "not tried"],
    ["is gone", errorReply(404, "NoSuchVersion"), "allowed"],
    ["cannot be read for an error", errorReply(503, "SlowDown"), "error"],
  ])("tells an old version that %s", async (_, reading, got) => {
    const door = scriptedDoor((request) => (isPut(request) ? stored("v") : reading));
    expect(await gotOf("overwrite for good", door)).toEqual([got]);
  });
});

describe("an old version that stands", () => {
  const text = (request: TrialRequest): string => new TextDecoder().decode(request.body);
  it.each<[string, Partial<TrialReply>, Got]>([
    ["was refused", denied, "refused"],
    ["was taken for an ordinary one", stored("another"), "refused"],
    ["has a version id for a fault", errorReply(400, "InvalidArgument"), "refused"],
    ["met a store that fails", errorReply(503, "SlowDown"), "error"],
  ])("is no refusal by itself: a put onto its id that %s", async (_, answer, got) => {
    let first = "";
    const door = scriptedDoor((request) => {
      if (!isPut(request)) return { body: first };
      if (request.query?.["versionId"] !== undefined) return answer;
      if (first === "") first = text(request);
      return stored("v");
    });
    expect(await gotOf("put onto a version id", door)).toEqual([got]);
  });
});

describe("destroy a version", () => {
  it.each<[string, string, Got]>([
    ["that it deleted", "<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>", "allowed"],
    ["that it refused", "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>", "refused"],
    ["of another fault", "<DeleteResult><Error><Code>InternalError</Code></Error></DeleteResult>", "error"],
    ["nothing", "<DeleteResult></DeleteResult>", "error"],
  ])("reads what a batch under status 200 says %s", async (_, body, got) => {
    const door = scriptedDoor((request) => {
      if (isPut(request)) return stored("v");
      return request.method === "POST" ? { body } : denied;
    });
    const outcomes = await attempt("destroy a version").tryIt(thiefAt(door));
    expect(outcomes.find(({ form }) => form === "batch")?.got).toBe(got);
  });

  it("is not tried where the store finds fault with every made-up version id", async () => {
    const door = scriptedDoor((request) => (isPut(request) ? denied : errorReply(400, "InvalidArgument")));
    expect(new Set(await gotOf("destroy a version", door))).toEqual(new Set(["not tried"]));
  });
});

describe("combined()", () => {
  const of = (...gots: readonly Got[]): readonly Outcome[] =>
    gots.map((got, n) => ({ form: `way ${n}`, got, detail: "" }));
  it.each<[string, readonly Outcome[], "allowed" | "refused" | "either", Got]>([
    ["one way that should not be open", of("refused", "allowed", "error"), "refused", "allowed"],
    ["one way that should be open and is not", of("allowed", "refused", "error"), "allowed", "refused"],
    ["an error among refusals", of("refused", "error"), "refused", "error"],
    ["an error among what is allowed", of("allowed", "error"), "allowed", "error"],
    ["what was not tried beside a refusal", of("not tried", "refused"), "refused", "refused"],
    ["nothing that could be tried", of("not tried", "not tried"), "refused", "not tried"],
    ["no way at all", [], "refused", "not tried"],
  ])("lets %s decide", (_, outcomes, expected, got) => {
    expect(combined(outcomes, expected).got).toBe(got);
  });

  it("names the ways that decided, where others did otherwise", () => {
    expect(combined(of("refused", "allowed", "allowed"), "refused").detail).toBe("way 1, way 2");
    expect(combined(of("refused", "refused"), "refused").detail).toBe("");
  });
});

describe("tarOf()", () => {
  it("has a header that counts its own length, and checksums", () => {
    const records = { "minio.versionId": "e9c45a59-c13d-405c-b70f-299ac0a4882d" };
    const text = new TextDecoder().decode(tarOf({ name: "a", text: "bytes", records }));
    expect(text.length % 512).toBe(0);
    expect(text.slice(512, 512 + 56)).toBe("56 minio.versionId=e9c45a59-c13d-405c-b70f-299ac0a4882d\n");
    expect(text.slice(1024, 1025)).toBe("a");
    expect(text.slice(1536, 1541)).toBe("bytes");
  });
});

import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { attempts, quickAttempts } from "../../src/access/attempts.ts";
import { auditKeys, type AuditedKey, type AuditRequest } from "../../src/access/audit.ts";
import { expectedOf } from "../../src/access/expected.ts";
import { roles, type Role } from "../../src/base/role.ts";
import type { TrialReply, TrialRequest } from "../../src/store/trial-door.ts";
import type { Versioning } from "../../src/store/versioned-store.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";
import { ScriptedClock } from "../doubles/scripted-clock.ts";
import { denying, storeFailure } from "../doubles/store-doubles.ts";
import { locationAt, profileOf } from "../stores/real-stores.ts";
import { denied, scriptedDoor, type ScriptedDoor } from "./scripted-door.ts";

type Script = (request: TrialRequest) => Partial<TrialReply>;

interface Key extends AuditedKey {
  readonly door: ScriptedDoor;
  readonly store: MemoryStore;
}

function keyOf(role: Role, script: Script, versioning: Versioning = "enabled"): Key {
  const store = new MemoryStore(new ScriptedClock(), versioning);
  return { role, accessKey: `key of the ${role}`, door: scriptedDoor(script), store };
}

function requestFor(keys: readonly AuditedKey[], more: Partial<AuditRequest> = {}): AuditRequest {
  return {
    keys,
    roles: keys.map(({ role }) => role),
    location: locationAt("http://127.0.0.1:1", "backups/home"),
    profile: sampleProfile(),
    quick: false,
    clock: new ScriptedClock(),
    random: () => "0".repeat(32),
    signal: new AbortController().signal,
    onAttempt: () => undefined,
    onCheck: () => undefined,
    ...more,
  };
}

describe("auditKeys()", () => {
  it("tries every attempt with each key in turn, and tells each before and after", async () => {
    const keys = [keyOf("writer", () => denied), keyOf("monitor", () => denied)];
    const told: string[] = [];
    const checks = await auditKeys(
      requestFor(keys, {
        onAttempt: ({ role, name, n, of }) => told.push(`${role} ${name} ${n}/${of}`),
        onCheck: ({ role, attempt, got }) => told.push(`${role} ${attempt} ${got}`),
      }),
    );
    expect(checks.map(({ role, attempt }) => `${role} ${attempt}`)).toEqual(
      ["writer", "monitor"].flatMap((role) => attempts.map(({ name }) => `${role} ${name}`)),
    );
    expect(told).toHaveLength(2 * checks.length);
    expect(told[0]).toBe(`writer ${attempts[0]?.name ?? ""} 1/${attempts.length}`);
  });

  it("tries only the roles that are asked for", async () => {
    const [writer, rescuer] = [keyOf("writer", () => denied), keyOf("rescuer", () => denied)];
    const checks = await auditKeys(requestFor([writer, rescuer], { roles: ["writer"], quick: true }));
    expect(checks.map(({ role, attempt }) => `${role} ${attempt}`)).toEqual(
      quickAttempts.map(({ name }) => `writer ${name}`),
    );
  });

  it("says of what a role needs and is refused that this is a surprise, and what to grant", async () => {
    const checks = await auditKeys(requestFor([keyOf("writer", () => denied)]));
    const put = checks.find(({ attempt }) => attempt === "overwrite an object");
    expect(put).toMatchObject({ expected: "allowed", got: "refused", ok: false });
    expect(put?.fix).toBe("grant the writer s3:PutObject on arn:aws:s3:::backups/home/*");
  });

  it("takes an error for a failed check: it proves nothing", async () => {
    const key = keyOf("writer", ({ query }) =>
      query?.["versions"] === undefined ? denied : { status: 500, code: "InternalError" },
    );
    const checks = await auditKeys(requestFor([key]));
    const listed = checks.find(({ attempt }) => attempt === "list versions");
    expect(listed).toMatchObject({ got: "error", ok: false, detail: "the store answers 500 InternalError" });
  });

  it.each<[string, Versioning, string]>([
    ["never had any", "off", "turn the bucket's versioning on"],
    ["cannot have any", "unsupported", "a store that keeps versions"],
  ])("refuses a bucket that %s, before anything is put", async (_, versioning, hint) => {
    const key = keyOf("writer", () => ({}), versioning);
    await expect(auditKeys(requestFor([key]))).rejects.toMatchObject({
      kind: "refused",
      problem: expect.stringContaining("no versions here") as string,
      hint: expect.stringContaining(hint) as string,
    });
    expect(key.door.sent).toEqual(["GET ?list-type"]);
  });

  it.each(["garage", "r2"])(
    "names other ways to the same promise on %s, whatever it says of its versioning",
    async (name) => {
      const key = keyOf("writer", () => ({}), "enabled");
      await expect(auditKeys(requestFor([key], { profile: profileOf(name) }))).rejects.toMatchObject({
        kind: "refused",
        hint: expect.stringContaining("rest-server --append-only") as string,
      });
    },
  );

  it("tries on where no key may ask for versioning", async () => {
    const key = keyOf("writer", () => denied);
    const refuse = async (): Promise<never> =>
      await Promise.reject(storeFailure("store-denied", "the store refused the key"));
    const store = { ...denying(key.store), versioning: refuse, settings: refuse };
    expect(await auditKeys(requestFor([{ ...key, store }]))).toHaveLength(attempts.length);
  });

  it("ends at once where the store does not know the key", async () => {
    const unknown = storeFailure("store-denied", "the store does not know this access key (InvalidAccessKeyId)");
    const key = keyOf("writer", () => {
      throw unknown;
    });
    await expect(auditKeys(requestFor([key]))).rejects.toBe(unknown);
    expect(key.door.sent).toHaveLength(1);
  });

  it("puts no canary into a bucket that locks every object in COMPLIANCE mode, and says why", async () => {
    const key = keyOf("writer", () => ({}));
    key.store.setSettings({ objectLock: { kind: "set", value: { text: "", mode: "COMPLIANCE", days: 30 } } });
    const checks = await auditKeys(requestFor([key]));
    const told = checks.find(({ attempt }) => attempt === "overwrite for good");
    expect(told).toMatchObject({
      got: "not tried",
      ok: true,
      detail: expect.stringContaining("COMPLIANCE mode for 30 days") as string,
    });
    expect(
      key.door.requests.filter(({ method, headers }) => method === "PUT" && headers?.["content-md5"] === undefined),
    ).toEqual([]);
  });

  const unreadable = { kind: "unreadable", problem: "the store refused the key" } as const;
  it.each<[string, Partial<TrialReply>, boolean]>([
    ["finds fault with a lock, having none", { status: 400, code: "InvalidRequest" }, true],
    ["would lock, and does not say by which default", { status: 400, code: "BadDigest" }, false],
    ["refuses the lock before it looks, as AWS does", denied, false],
    ["knows no locks", { status: 501, code: "NotImplemented" }, true],
  ])("puts canaries where the lock is not to be read and the store %s, or not", async (_, locking, isPut) => {
    const key = keyOf("writer", ({ method, headers }) => {
      if (method !== "PUT") return {};
      if (headers?.["x-amz-object-lock-mode"] !== undefined) return locking;
      return headers?.["content-md5"] === undefined
        ? { headers: { "x-amz-version-id": "v" } }
        : { status: 400, code: "BadDigest" };
    });
    key.store.setSettings({ objectLock: unreadable });
    await auditKeys(requestFor([key], { quick: true }));
    const puts = key.door.requests.filter(({ method, headers }) => method === "PUT" && headers === undefined);
    expect(puts.length > 0).toBe(isPut);
  });

  it("hides a canary that another key of this host lent, by that key's hand", async () => {
    const monitor = keyOf("monitor", () => denied);
    const writer = keyOf("writer", ({ method }) => (method === "GET" ? { body: "a lent canary" } : {}));
    await auditKeys(requestFor([monitor, writer], { roles: ["monitor"] }));
    const lent = writer.door.sent.filter((each) => each.includes("-lent"));
    expect(lent.map((each) => each.split(" ")[0])).toEqual(["PUT", "GET", "DELETE"]);
  });

  it("takes away what a store writes beside the repository against every precondition", async () => {
    const rescuer = keyOf("rescuer", () => denied);
    const written = new Set<string>();
    const monitor = keyOf("monitor", ({ method, target, headers }) => {
      if (method !== "PUT" || target.kind !== "object" || headers?.["content-md5"] === undefined) return denied;
      written.add(target.key);
      void rescuer.store.put(target.key, new Uint8Array(1));
      return {};
    });
    await auditKeys(requestFor([monitor, rescuer], { roles: ["monitor"] }));
    await auditKeys(requestFor([monitor, rescuer], { roles: ["monitor"] }));
    expect([...written].filter((key) => key.startsWith("home-holdfast"))).toHaveLength(1);
    expect(await rowsOf(rescuer.store)).toBe(0);
  });

  it("clears its canaries away when it is interrupted, by the rescuer's hand", async () => {
    const controller = new AbortController();
    const rescuer = keyOf("rescuer", () => ({}));
    const written: Promise<unknown>[] = [];
    const writer = keyOf("writer", ({ method, target }) => {
      if (method === "PUT" && target.kind === "object") written.push(rescuer.store.put(target.key, new Uint8Array(1)));
      return { headers: { "x-amz-version-id": "v" } };
    });
    const { signal } = controller;
    const onCheck = (): void => controller.abort(new Error("interrupted"));
    const audited = auditKeys(requestFor([writer, rescuer], { roles: ["writer"], signal, onCheck }));
    await expect(audited).rejects.toThrow("interrupted");
    await Promise.all(written);
    expect(written.length).toBeGreaterThan(0);
    expect(await rowsOf(rescuer.store)).toBe(0);
  });
});

async function rowsOf(store: MemoryStore): Promise<number> {
  let rows = 0;
  for await (const page of store.listVersions("")) rows += page.length;
  return rows;
}

describe("expectedOf()", () => {
  const letters = { allowed: "A", refused: "-", either: "?" } as const;
  const row = (name: string, provider: string): string => {
    const attempt = attempts.find((each) => each.name === name);
    if (attempt === undefined) throw new RangeError(name);
    return roles.map((role) => letters[expectedOf(attempt, role, profileOf(provider))]).join("");
  };
  // In the order of `roles`: monitor, writer, pruner, purger, rescuer.
  it.each([
    ["read what was backed up", "-AA-A", "-AA-A", "-AA-A", "-AA-A"],
    ["list versions", "A--AA", "A--AA", "A??AA", "A??AA"],
    ["overwrite an object", "-AA-A", "-AA-A", "-AA-A", "-AA-A"],
    ["overwrite for good", "-----", "-----", "-----", "-----"],
    ["copy over an object", "-??-A", "-??-A", "-??-A", "-??-A"],
    ["plant a key or config", "----A", "----A", "----A", "-??-A"],
    ["remove its locks", "-AA-A", "-AA-A", "-AA?A", "-AA-A"],
    ["delete an object", "--A-A", "--A-A", "--A?A", "-?A-A"],
    ["destroy a version", "---A?", "---A?", "---A?", "---A?"],
    ["snowball upload", "---??", "---??", "---??", "---??"],
    ["suspend versioning", "----A", "----A", "----A", "----?"],
    ["change encryption", "----A", "----?", "----A", "----?"],
    ["change the bucket's ACL", "-----", "-----", "----?", "-----"],
    ["change notifications", "----A", "----?", "----A", "----?"],
    ["lock a version", "-----", "-??-?", "-----", "-----"],
    ["bypass retention", "-----", "-----", "-----", "-----"],
    ["delete the bucket", "-----", "-----", "-----", "-----"],
    ["read another prefix", "-----", "-----", "-----", "-----"],
    ["make keys", "-----", "-----", "-----", "-----"],
  ])("expects of %s what the rights say: on AWS %s, Ceph %s, MinIO %s, B2 %s", (name, ...providers) => {
    expect(["aws", "ceph", "minio", "b2"].map((provider) => row(name, provider))).toEqual(providers);
  });
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Failure } from "../../../src/base/failure.ts";
import { objectKey } from "../../../src/base/object-key.ts";
import { openS3Store } from "../../../src/adapters/s3/s3-store.ts";
import { openClock } from "../../../src/adapters/system-clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { locationAt } from "../../stores/real-stores.ts";
import { errorReply, pageXml, type Script, type TlsOptions } from "../../stores/scripted-s3.ts";
import {
  failureOf,
  profileWith,
  scriptedStore,
  secretKey,
  sessionToken,
  type ScriptedOptions,
} from "./scripted-store.ts";

const key = objectKey("data/a");

async function refusedWith(script: Script, options: ScriptedOptions = {}): Promise<Failure> {
  const { store } = await scriptedStore(script, options);
  return await failureOf(store.put(key, Buffer.from("a")));
}

describe("a failure", () => {
  it.each<[string, number, string, Failure["kind"], RegExp, RegExp]>([
    ["", 403, "AccessDenied", "store-denied", /refused the key/, /docs\/keys\.md/],
    ["", 403, "", "store-denied", /refused the key/, /docs\/keys\.md/],
    ["", 401, "Unauthorized", "store-denied", /refused the key/, /docs\/keys\.md/],
    ["", 403, "InvalidAccessKeyId", "store-denied", /does not know this access key/, /keys\.rescuer\.access-key/],
    ["", 403, "SignatureDoesNotMatch", "store-denied", /secret key is not the one/, /keys\.rescuer\.secret-key/],
    ["", 400, "ExpiredToken", "store-denied", /token has expired/, /new credentials/],
    ["", 403, "InvalidTokenId", "store-denied", /session token/, /keys\.rescuer\.session-token/],
    ["", 403, "RequestTimeTooSkewed", "clock-skewed", /too far apart/, /timedatectl/],
    ["", 404, "NoSuchBucket", "no-repository", /bucket does not exist/, /make the bucket backups/],
    ["", 301, "PermanentRedirect", "store-misbehaves", /another region/, /set region/],
    ["", 400, "AuthorizationHeaderMalformed", "store-misbehaves", /another region/, /set region/],
    ["", 501, "NotImplemented", "store-misbehaves", /does not have this/, /docs\/keys\.md/],
    ["", 503, "SlowDown", "store-unreachable", /come back later/, /in a while/],
    ["", 500, "Whatever", "store-unreachable", /come back later/, /in a while/],
    ["", 429, "TooManyRequests", "store-unreachable", /come back later/, /in a while/],
    ["", 400, "KeyTooLongError", "store-misbehaves", /the store says: in the store's words \(KeyTooLong/, /manual/],
    ["", 418, "", "store-misbehaves", /no S3 answer.* 418/, /is an S3 store/],
  ])("says what %s%i %s means and what to do", async (_, status, code, kind, problem, hint) => {
    const failure = await refusedWith(() => (code === "" ? { status } : errorReply(status, code)));
    expect(failure).toMatchObject({ kind, action: "write", subject: "data/a" });
    expect(failure.problem).toMatch(problem);
    if (code !== "") expect(failure.problem).toContain(`(${code})`);
    expect(failure.hint).toMatch(hint);
    expect(failure.details["key"]).toBe("rescuer, AK…0001");
  });

  it("names the right that a refused key lacks, and who has it", async () => {
    const { store } = await scriptedStore(() => errorReply(403, "AccessDenied"));
    const failure = await failureOf(Array.fromAsync(store.listVersions("")));
    expect(failure.details["needs"]).toBe("s3:ListBucketVersions, which the monitor, the purger and the rescuer have");
    expect(failure.hint).toBe("give this key what the rescuer needs: holdfast policy rescuer, and docs/keys.md");
  });

  it.each<[string, Script]>([
    ["a proxy's HTML under 200", () => ({ body: "<html><body>Log in</body></html>" })],
    ["a proxy's HTML under 403", () => ({ status: 403, body: "<html><body>Log in</body></html>" })],
    ["a proxy's HTML under 502", () => ({ status: 502, body: "<html><body>Bad gateway</body></html>" })],
  ])("is told by its status where the answer is %s", async (_, script) => {
    const { store } = await scriptedStore(script, { facts: { versioning: "on-request" } });
    const failure = await failureOf(
      (async () => {
        for await (const page of store.listVersions("")) expect(page).toBeUndefined();
      })(),
    );
    expect(["store-misbehaves", "store-denied", "store-unreachable"]).toContain(failure.kind);
    expect(failure.problem).not.toContain("Log in");
  });

  it("never shows a secret, whatever the store repeats", async () => {
    const words = `you sent ${secretKey} and ${sessionToken}`;
    const body = `<Error><Code>Strange</Code><Message>${words}</Message><Token>${sessionToken}</Token></Error>`;
    for (const status of [400, 403, 500]) {
      const failure = await refusedWith(() => ({ status, body }));
      const shown = JSON.stringify([failure.message, failure.problem, failure.hint, failure.details]);
      expect(shown).not.toContain(secretKey);
      expect(shown).not.toContain(sessionToken);
    }
    const { store } = await scriptedStore(() => ({}));
    expect(inspect(store, { depth: 10, showHidden: true })).not.toContain(sessionToken);
  });
});

describe("what passes by itself", () => {
  it("is tried again for a request that only reads", async () => {
    const { store, requests } = await scriptedStore((_, n) => (n < 2 ? errorReply(503, "SlowDown") : { body: "abc" }));
    expect((await store.read(key, null))?.size).toBe(3);
    expect(requests).toHaveLength(3);
  });

  it("is given up after some tries", async () => {
    const { store, requests } = await scriptedStore(() => errorReply(503, "SlowDown"));
    expect(await failureOf(store.read(key, null))).toMatchObject({ kind: "store-unreachable" });
    expect(requests).toHaveLength(4);
  });

  it("is a connection that nobody takes, or that is cut before the answer", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const store = storeAt(`http://127.0.0.1:${port.toString()}`);
    expect(await failureOf(store.put(key, Buffer.from("a")))).toMatchObject({
      kind: "store-unreachable",
      problem: "the store does not answer (ECONNRESET)",
    });
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureOf(store.put(key, Buffer.from("a")));
    expect(failure).toMatchObject({ kind: "store-unreachable", problem: "the store does not answer (ECONNREFUSED)" });
    expect(failure.details["store"]).toBe(`http://127.0.0.1:${port.toString()}`);
  });

  it("is a name that nobody knows", async () => {
    const failure = await failureOf(storeAt("http://holdfast.invalid").put(key, Buffer.from("a")));
    expect(failure).toMatchObject({ kind: "store-unreachable" });
    expect(failure.problem).toMatch(/its name is not known \((?:ENOTFOUND|EAI_AGAIN)\)/);
  });
});

function storeAt(endpoint: string): ReturnType<typeof openS3Store> {
  return openS3Store({
    location: locationAt(endpoint, "backups"),
    region: null,
    bucketLookup: "path",
    caFile: null,
    profile: profileWith({}),
    credentials: { role: "writer", accessKey: "AKIAHOLDFASTTEST0001", secretKey: new Secret("s"), sessionToken: null },
    clock: openClock(),
  });
}

describe("a store whose clock is another", () => {
  it("is not corrected in silence: every request is signed with our own time", async () => {
    const theirs = new Date(Date.now() - 3_600_000).toUTCString();
    const script: Script = (_, n) =>
      n < 1
        ? errorReply(403, "RequestTimeTooSkewed", { date: theirs })
        : { headers: { date: theirs }, body: pageXml({ rows: [] }) };
    const { store, requests } = await scriptedStore(script);
    const failure = await failureOf(store.put(key, Buffer.from("a")));
    expect(failure).toMatchObject({ kind: "clock-skewed" });
    expect(failure.details["store says"]).toBe(new Date(theirs).toISOString());
    await store.read(key, null);
    await store.read(key, null);
    expect(requests).toHaveLength(3);
    for (const { headers } of requests) {
      const signed = String(headers["x-amz-date"]).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
      expect(Math.abs(Date.parse(signed) - Date.now())).toBeLessThan(5000);
    }
    const reading = await store.readClock();
    expect(Math.abs(reading.ours - reading.store - 3_600_000)).toBeLessThan(5000);
  });

  it("is told without its date where that is none", async () => {
    const failure = await refusedWith(() => errorReply(403, "RequestTimeTooSkewed", { date: "yesterday" }));
    expect(failure).toMatchObject({ kind: "clock-skewed" });
    expect(failure.details["store says"]).toBeUndefined();
  });

  it("cannot be read where no reply has a Date that is one", async () => {
    const { store } = await scriptedStore(() => errorReply(403, "AccessDenied", { date: "yesterday" }));
    expect(await failureOf(store.readClock())).toMatchObject({
      kind: "store-misbehaves",
      problem: "its replies have no Date",
    });
  });
});

describe("a certificate", () => {
  let folder = "";
  let tls: TlsOptions = { key: "", cert: "" };
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hf-"));
    const file = (name: string): string => path.join(folder, name);
    const words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const name = ["-subj", "/CN=holdfast test", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", ["req", "-x509", ...words, ...name, "-keyout", file("key.pem"), "-out", file("ca.pem")], {
      stdio: "ignore",
    });
    tls = { key: readFileSync(file("key.pem"), "utf8"), cert: readFileSync(file("ca.pem"), "utf8") };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("of an unknown authority is refused, with the field that names it", async () => {
    const failure = await refusedWith(() => ({}), { tls });
    expect(failure).toMatchObject({ kind: "store-unreachable" });
    expect(failure.problem).toMatch(
      /not signed by an authority that this machine trusts \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
    expect(failure.hint).toContain("ca-file");
  });

  it("is trusted through ca-file", async () => {
    const { store } = await scriptedStore(() => ({}), { tls, caFile: path.join(folder, "ca.pem") });
    expect(await store.put(key, Buffer.from("a"))).toEqual({ versionId: null });
  });

  it("for another name is refused", async () => {
    const caFile = path.join(folder, "ca.pem");
    const failure = await refusedWith(() => ({}), { tls, caFile, host: "localhost" });
    expect(failure).toMatchObject({ kind: "store-unreachable" });
    expect(failure.problem).toMatch(/its certificate is not valid \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
  });

  it.each([
    ["is not there", "nowhere.pem"],
    ["holds no certificate", "key.pem"],
  ])("in a ca-file that %s is a fault of the configuration", (_, name) => {
    const caFile = path.join(folder, name);
    const open = (): unknown =>
      openS3Store({
        location: locationAt("https://127.0.0.1", "backups"),
        region: null,
        bucketLookup: "auto",
        caFile,
        profile: profileWith({}),
        credentials: { role: "writer", accessKey: "a", secretKey: new Secret("s"), sessionToken: null },
        clock: openClock(),
      });
    expect(open).toThrow(expect.objectContaining({ kind: "config", subject: caFile }) as Error);
  });

  it("is checked although the environment says not to", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const failure = await refusedWith(() => ({}), { tls });
    expect(failure.problem).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

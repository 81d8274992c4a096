import dns from "node:dns";
import { afterEach, describe, expect, it, vi } from "vitest";
import { objectKey } from "../../../src/base/object-key.ts";
import { pageXml, versionXml, type Script } from "../../stores/scripted-s3.ts";
import { scriptedStore, sessionToken, type ScriptedOptions } from "./scripted-store.ts";

const script: Script = () => ({ headers: { "x-amz-version-id": "v1" } });
const host = "s3.example.test";

/** Every name is this machine. */
function answerAllNames(): void {
  vi.spyOn(dns, "lookup").mockImplementation((...words: readonly unknown[]) => {
    const callback = words.at(-1) as (error: null, address: unknown, family?: number) => void;
    const { all } = words[1] as { readonly all?: boolean };
    if (all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
  });
}

afterEach(() => vi.restoreAllMocks());

async function addressed(options: ScriptedOptions): Promise<string> {
  answerAllNames();
  const { store, requests } = await scriptedStore(script, options);
  await store.put(objectKey("data/a"), Buffer.from("a"));
  const [request] = requests;
  return `${String(request?.headers.host).replace(/:\d+$/, "")}${request?.path ?? ""}`;
}

describe("addressing", () => {
  const path = `${host}/backups/data/a`;
  const byName = `backups.${host}/data/a`;
  it.each<[string, ScriptedOptions, string]>([
    ["unknown: by path, as restic does but for AWS", { host }, path],
    ["unknown, at AWS: by name", { host: "s3.eu-west-1.amazonaws.com" }, "backups.s3.eu-west-1.amazonaws.com/data/a"],
    ["path", { host, facts: { addressing: "path" } }, path],
    ["path, at AWS", { host: "s3.amazonaws.com", facts: { addressing: "path" } }, "s3.amazonaws.com/backups/data/a"],
    ["dns", { host, facts: { addressing: "dns" } }, byName],
    [
      "dns, at an address: by path, since nothing else can be",
      { facts: { addressing: "dns" } },
      "127.0.0.1/backups/data/a",
    ],
    ["dns, and bucket-lookup path", { host, facts: { addressing: "dns" }, bucketLookup: "path" }, path],
    ["path, and bucket-lookup dns", { host, facts: { addressing: "path" }, bucketLookup: "dns" }, byName],
  ])("%s", async (_, options, expected) => expect(await addressed(options)).toBe(expected));
});

describe("a request", () => {
  it.each<[string, ScriptedOptions, string]>([
    ["us-east-1 where none is named", { host }, "us-east-1"],
    ["the one in an AWS address", { host: "s3.eu-west-1.amazonaws.com" }, "eu-west-1"],
    ["the one in a Backblaze address", { host: "s3.us-west-004.backblazeb2.com" }, "us-west-004"],
    ["us-east-1 at AWS's first address", { host: "s3.amazonaws.com" }, "us-east-1"],
    ["the one that is named", { host: "s3.eu-west-1.amazonaws.com", region: "garage" }, "garage"],
  ])("is signed for the region: %s", async (_, options, region) => {
    answerAllNames();
    const { store, requests } = await scriptedStore(script, options);
    await store.put(objectKey("a"), Buffer.from("a"));
    expect(requests[0]?.headers.authorization).toContain(`/${region}/s3/aws4_request`);
  });

  it("carries the session token, signed", async () => {
    const { store, requests } = await scriptedStore(script);
    await store.put(objectKey("a"), Buffer.from("a"));
    expect(requests[0]?.headers["x-amz-security-token"]).toBe(sessionToken);
    expect(requests[0]?.headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
  });

  it("takes nothing from the AWS environment of this machine", async () => {
    vi.stubEnv("AWS_SESSION_TOKEN", "another");
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    vi.stubEnv("AWS_REGION", "eu-north-1");
    vi.stubEnv("AWS_RETRY_MODE", "nonsense");
    const { store, requests } = await scriptedStore(script);
    await store.put(objectKey("a"), Buffer.from("a"));
    vi.unstubAllEnvs();
    expect(requests[0]?.headers["x-amz-security-token"]).toBe(sessionToken);
    expect(requests[0]?.headers.authorization).toContain("/us-east-1/");
  });
});

describe("readClock()", () => {
  it("reads the Date of an answer, half a second on since it is cut to the second", async () => {
    const reply = {
      headers: { date: "Fri, 20 Nov 2026 03:00:00 GMT" },
      body: pageXml({ rows: [versionXml("a", "1")] }),
    };
    const { store } = await scriptedStore(() => reply);
    const { store: theirs, ours } = await store.readClock();
    expect(new Date(theirs).toISOString()).toBe("2026-11-20T03:00:00.500Z");
    expect(Math.abs(ours - Date.now())).toBeLessThan(2000);
  });
});

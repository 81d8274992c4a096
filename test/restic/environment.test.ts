import { describe, expect, it } from "vitest";
import { resticEnvironment } from "../../src/restic/environment.ts";
import { openSession } from "../../src/restic/restic-session.ts";
import { sampleAccess, sampleSecrets, release } from "./sample-access.ts";

const [password, secretKey, token] = sampleSecrets;
const own = {
  RESTIC_REPOSITORY: "s3:https://s3.example.org/backups/home",
  RESTIC_PASSWORD: password,
  RESTIC_PROGRESS_FPS: "2",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: secretKey,
  AWS_SESSION_TOKEN: token,
  AWS_DEFAULT_REGION: "eu-central-1",
};

function inherited(variables: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return resticEnvironment(sampleAccess(), { variables, cacheFolder: null });
}

describe("resticEnvironment()", () => {
  it("holds the repository, the key and nothing else when nothing is inherited", () =>
    expect(inherited({})).toEqual(own));

  it.each([
    "RESTIC_PASSWORD_FILE",
    "RESTIC_PASSWORD_COMMAND",
    "RESTIC_REPOSITORY_FILE",
    "RESTIC_FEATURES",
    "RESTIC_COMPRESSION",
    "RESTIC_KEY_HINT",
    "RESTIC_FROM_REPOSITORY",
    "RESTIC_CACHE_DIR",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "MINIO_ACCESS_KEY",
    "MINIO_ROOT_PASSWORD",
    "HOLDFAST_CONFIG",
    "LD_PRELOAD",
    "GODEBUG",
    "XPATH",
    "PATH_INFO",
  ])("leaves an inherited %s behind", (name) => expect(inherited({ [name]: "inherited" })).toEqual(own));

  it.each([
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_MESSAGES",
    "TZ",
    "XDG_CACHE_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
  ])("passes %s on as it is", (name) =>
    expect(inherited({ [name]: "as it is" })).toEqual({ ...own, [name]: "as it is" }),
  );

  it("puts its own values over inherited ones of the same name", () =>
    expect(inherited(Object.fromEntries(Object.keys(own).map((name) => [name, "inherited"])))).toEqual(own));

  it("leaves out what is not set", () => expect(inherited({ PATH: undefined })).not.toHaveProperty("PATH"));

  it("names no token and no region where there is none, though they are inherited", () => {
    const access = sampleAccess({ region: null });
    const lasting = { ...access, credentials: { ...access.credentials, sessionToken: null } };
    const variables = { AWS_SESSION_TOKEN: "of another key", AWS_DEFAULT_REGION: "mars-1" };
    const environment = resticEnvironment(lasting, { variables, cacheFolder: null });
    const without = ["AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"];
    const rest = Object.fromEntries(Object.entries(own).filter(([name]) => !without.includes(name)));
    expect(environment).toEqual(rest);
  });

  it("names the cache folder and the pace of status lines when they are given", () =>
    expect(
      resticEnvironment(sampleAccess(), { variables: {}, cacheFolder: "/var/cache/holdfast", progressPerSecond: 0.2 }),
    ).toEqual({ ...own, RESTIC_CACHE_DIR: "/var/cache/holdfast", RESTIC_PROGRESS_FPS: "0.2" }));
});

describe("openSession()", () => {
  it("holds what restic needs to reach the repository with this key", () => {
    const program = {
      path: "/usr/bin/restic",
      version: release("0.19.1"),
      run: () => Promise.reject(new Error("not asked to run")),
    };
    const access = sampleAccess();
    const session = openSession(program, access, { variables: {}, cacheFolder: null });
    expect(session).toEqual({ program, access, environment: own });
  });
});

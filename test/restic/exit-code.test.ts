import { describe, expect, it } from "vitest";
import { Failure, type FailureKind } from "../../src/base/failure.ts";
import { failureOfRestic, loadWarnings } from "../../src/restic/exit-code.ts";
import { sampleAccess, sampleSecrets } from "./sample-access.ts";

const access = sampleAccess();

function failureOf(exitCode: number, ...stderr: readonly string[]): Failure {
  const failure = failureOfRestic({ exitCode, stdout: [], stderr }, { action: "back up", subject: "home", access });
  if (failure === null) throw new Error("no failure");
  return failure;
}

const exitError = (code: number, message: string): string =>
  JSON.stringify({ message_type: "exit_error", code, message });
const retried = (words: string): string => `Stat(<config/>) returned error, retrying after 8.8s: Stat: ${words}`;
const isThere = ["Is there a repository at the following location?", "s3:https://s3.example.org/backups/home"];

type Row = readonly [string, number, readonly string[], FailureKind, RegExp];

const rows: readonly Row[] = [
  [
    "0.14 without a repository",
    1,
    ["Fatal: unable to open config file: Stat: The specified key does not exist.", ...isThere],
    "no-repository",
    /there is no restic repository/,
  ],
  [
    "0.14 without a folder",
    1,
    ["Fatal: unable to open config file: stat /srv/none/config: no such file", ...isThere],
    "no-repository",
    /there is no restic repository/,
  ],
  [
    "0.18 without a repository",
    10,
    [
      exitError(
        10,
        `Fatal: repository does not exist: unable to open config file: Stat: The specified key does not exist.\n${isThere.join("\n")}`,
      ),
    ],
    "no-repository",
    /there is no restic repository/,
  ],
  ["exit 10 without a word", 10, [], "no-repository", /there is no restic repository/],
  [
    "a missing bucket",
    1,
    [
      retried("The specified bucket does not exist"),
      exitError(1, `Fatal: unable to open config file\n${isThere.join("\n")}`),
    ],
    "no-repository",
    /bucket does not exist/,
  ],
  ["a missing bucket with exit 10", 10, ["Fatal: NoSuchBucket"], "no-repository", /bucket does not exist/],
  ["0.14 with a wrong password", 1, ["Fatal: wrong password or no key found"], "wrong-password", /opens no key/],
  [
    "0.18 with a wrong password",
    12,
    [exitError(12, "Fatal: wrong password or no key found")],
    "wrong-password",
    /opens no key/,
  ],
  ["exit 12 without a word", 12, [], "wrong-password", /opens no key/],
  [
    "0.14 locked by another",
    1,
    [
      "unable to create lock in backend: repository is already locked by PID 10912 on vm by root (UID 0, GID 0)",
      "lock was created at 2026-11-21 07:47:09 (4.07s ago)",
      "storage ID 6c20cd57",
      "the `unlock` command can be used to remove stale locks",
    ],
    "locked",
    /another restic holds/,
  ],
  [
    "0.18 locked by another",
    11,
    [
      "repo already locked, waiting up to 0s for the lock",
      "unable to create lock in backend: repository is already locked by PID 1 on vm",
    ],
    "locked",
    /another restic holds/,
  ],
  ["exit 11 without a word", 11, [], "locked", /another restic holds/],
  [
    "a key that may not",
    1,
    ["Fatal: unable to save snapshot: client.PutObject: Access Denied."],
    "store-denied",
    /AccessDenied/,
  ],
  [
    "a key that may not, as exit 10",
    10,
    [exitError(10, `Fatal: repository does not exist: Stat: Access Denied.\n${isThere.join("\n")}`)],
    "store-denied",
    /AccessDenied/,
  ],
  [
    "an unknown access key",
    1,
    [retried("The Access Key Id you provided does not exist in our records."), ...isThere],
    "store-denied",
    /does not know this access key/,
  ],
  [
    "a wrong secret key",
    1,
    [
      retried(
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      ),
    ],
    "store-denied",
    /secret key is not the one/,
  ],
  [
    "an expired token",
    1,
    ["Fatal: unable to open config file: Stat: The provided token has expired.", ...isThere],
    "store-denied",
    /session token has expired/,
  ],
  [
    "a clock that is wrong",
    1,
    ["Fatal: The difference between the request time and the server's time is too large.", ...isThere],
    "clock-skewed",
    /time of day/,
  ],
  [
    "a certificate of an unknown authority",
    1,
    ['Fatal: Get "https://s3.example.org/": x509: certificate signed by unknown authority', ...isThere],
    "store-unreachable",
    /certificate/,
  ],
  [
    "a port that nobody listens on",
    1,
    ["Fatal: unable to open config file: dial tcp 127.0.0.1:1: connect: connection refused", ...isThere],
    "store-unreachable",
    /does not answer/,
  ],
  [
    "a name that nobody knows",
    1,
    ["Fatal: dial tcp: lookup s3.example.org: no such host", ...isThere],
    "store-unreachable",
    /does not answer/,
  ],
  [
    "0.18 interrupted while it retried",
    1,
    [
      retried("connection refused"),
      "\u001b[2Ksignal interrupt received, cleaning up",
      exitError(1, `Fatal: unable to open config file: context canceled\n${isThere.join("\n")}`),
    ],
    "interrupted",
    /it was interrupted/,
  ],
  [
    "0.19 interrupted while it retried",
    130,
    [retried("Access Denied."), "signal interrupt received, cleaning up ", exitError(130, "Fatal: context canceled")],
    "interrupted",
    /it was interrupted/,
  ],
  [
    "files that could not be read",
    3,
    [exitError(3, "Warning: at least one source file could not be read")],
    "incomplete",
    /exit code 3/,
  ],
  [
    "files that could not be read, though the store refused once",
    3,
    [retried("Access Denied.")],
    "incomplete",
    /exit code 3/,
  ],
  ["damage in the repository", 1, [exitError(1, "Fatal: repository contains errors")], "restic-failed", /exit code 1/],
  ["a Go panic", 2, ["panic: runtime error: index out of range", "\tmain.go:12"], "restic-failed", /exit code 2/],
  ["a code of a release to come", 77, [], "restic-failed", /exit code 77/],
  ["a kill", 137, [], "restic-failed", /killed \(signal 9\)/],
];

describe("failureOfRestic()", () => {
  it("finds no failure in exit 0, whatever was said", () =>
    expect(
      failureOfRestic(
        { exitCode: 0, stdout: [], stderr: ["Fatal: wrong password or no key found"] },
        { action: "back up", subject: "home", access },
      ),
    ).toBeNull());

  it.each(rows)("tells %s", (_, exitCode, stderr, kind, problem) => {
    const failure = failureOf(exitCode, ...stderr);
    expect({ kind: failure.kind, problem: failure.problem }).toEqual({
      kind,
      problem: expect.stringMatching(problem) as string,
    });
    expect(failure.hint).not.toBe("");
  });

  it("finds the cause on stdout as well", () => {
    const outcome = { exitCode: 1, stdout: ["Fatal: wrong password or no key found"], stderr: [] };
    expect(failureOfRestic(outcome, { action: "back up", subject: "home", access })?.kind).toBe("wrong-password");
  });

  it.each([
    ["The Access Key Id you provided does not exist in our records.", "repositories.home.keys.writer.access-key"],
    ["SignatureDoesNotMatch", "repositories.home.keys.writer.secret-key"],
    ["wrong password or no key found", "repositories.home.password"],
    ["x509: certificate signed by unknown authority", "repositories.home.ca-file"],
    ["connection refused", "https://s3.example.org"],
    ["NoSuchBucket", "the bucket backups"],
    ["repository does not exist", "holdfast init home"],
    ["already locked", "--retry-lock 10m"],
    ["Access Denied.", "what the writer may do"],
  ])("answers %j with what to look at: %s", (said, hint) =>
    expect(failureOf(1, `Fatal: ${said}`).hint).toContain(hint),
  );

  it("names what was attempted, where, with which key and what restic said last", () => {
    const failure = failureOf(
      1,
      "open repository",
      "Fatal: unable to save snapshot: disk quota",
      "\tgithub.com/x.go:7",
    );
    expect(failure.message).toBe('Cannot back up "home": restic ended with exit code 1');
    expect(failure.details).toEqual({
      repository: "backups/home",
      key: "writer, AK…MPLE",
      restic: "Fatal: unable to save snapshot: disk quota",
    });
  });

  it("takes restic's exit_error for what it said last, without the JSON around it", () =>
    expect(
      failureOf(1, "Warning: something", exitError(1, "Fatal: repository contains errors")).details["restic"],
    ).toBe("Fatal: repository contains errors"));

  it("shows no line of a Go stack trace", () => {
    const frames = ["github.com/restic/restic/internal/x", "\t/build/x.go:3", "main.main", "\t/build/y.go:7"];
    expect(failureOf(1, "no space left on device", ...frames, "runtime.goexit").details["restic"]).toBe(
      "no space left on device",
    );
  });

  it("shows no command to the terminal that restic gave", () =>
    expect(failureOf(130, "\u001b[2Ksignal interrupt received, cleaning up").details["restic"]).toBe(
      "signal interrupt received, cleaning up",
    ));

  it.each(rows)("shows no secret and no whole access key for %s", (_, exitCode, stderr) => {
    const failure = failureOf(exitCode, ...stderr);
    const shown = [failure.message, failure.hint, ...Object.values(failure.details)].join("\n");
    for (const word of [...sampleSecrets, access.credentials.accessKey]) expect(shown).not.toContain(word);
  });
});

describe("loadWarnings()", () => {
  it("finds the lines with which an exit 0 is not the whole truth", () => {
    const telling = [
      'Ignoring "latest": no snapshot found',
      "could not load snapshot 3f9c: Access Denied.",
      "unable to load index 3f9c",
    ];
    expect(loadWarnings(["using temporary cache", ...telling, "created new cache"])).toEqual(telling);
  });
  it("finds nothing in what restic always says", () =>
    expect(loadWarnings(["using temporary cache in /tmp/x", "create exclusive lock for repository"])).toEqual([]));
  it("finds nothing in an error that restic got over by trying again", () =>
    expect(loadWarnings(["Load(<snapshot/3f9c>) returned error, retrying after 1s: unexpected EOF"])).toEqual([]));
});

describe("failureOfRestic() and the names of the user's files", () => {
  it.each([
    '{"message_type":"error","error":{"message":"open /srv/x509/AccessDenied: permission denied"},"during":"restore","item":"/srv/x509/AccessDenied"}',
    "ignoring error for /srv/x509/AccessDenied: permission denied",
  ])("takes no name for a cause: %s", (line) => {
    expect(failureOf(1, line, "Fatal: There were 1 errors").kind).toBe("restic-failed");
  });
});

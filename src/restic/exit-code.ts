import { shownAccessKey } from "../base/credentials.ts";
import { Failure, type FailureKind } from "../base/failure.ts";
import { displayLocation } from "../base/repository-location.ts";
import { parseResticLine } from "./events.ts";
import type { RepositoryAccess } from "./repository-access.ts";
import type { ResticOutcome } from "./restic-program.ts";

export interface FailureContext {
  /** As it follows "Cannot": `back up`. */
  readonly action: string;
  readonly subject: string;
  readonly access: RepositoryAccess;
}

/** What was destroyed looks as what was never made. */
function nothingThere({ access }: FailureContext): string {
  const { name } = access;
  return `if it was there before, it can be brought back: holdfast rollback plan ${name} --to T; else check the location, or make one: holdfast init ${name}`;
}

interface Cause {
  readonly kind: FailureKind;
  readonly sign: RegExp;
  readonly problem: string;
  readonly hint: (context: FailureContext) => string;
  readonly mayPass?: boolean;
}

const place = ({ access }: FailureContext): string => displayLocation(access.location);

const interruption = {
  problem: "it was interrupted; restic has taken its lock away",
  hint: "run the same command again: what was stored is used again",
} as const;

/**
 * What restic's own words show, looked for in this order. Before 0.17 exit 1 stands for 10, 11 and 12 too, and in every
 * release for whatever the store did; only the text tells.
 */
const causes: readonly Cause[] = [
  {
    // 0.15 to 0.18 end most interrupted commands with 1, and name whatever the interruption broke off.
    kind: "interrupted",
    sign: /signal (?:interrupt|terminated) received/,
    problem: interruption.problem,
    hint: () => interruption.hint,
  },
  {
    kind: "clock-skewed",
    sign: /RequestTimeTooSkewed|difference between the request time and the (?:server's|current) time/i,
    problem: "the store refused the time of day: this machine's clock and the store's are too far apart",
    hint: () => "set this machine's clock (timedatectl), then run the same again",
  },
  {
    kind: "no-repository",
    sign: /NoSuchBucket|specified bucket does not exist|bucket does not exist/i,
    problem: "the bucket does not exist",
    hint: (context) =>
      `check location in the configuration, or make the bucket ${context.access.location.bucket} at the store`,
  },
  {
    kind: "store-denied",
    sign: /ExpiredToken|token.{0,40}expired/i,
    problem: "the session token has expired",
    hint: () => "get new credentials from the store and put them where the configuration points",
  },
  {
    kind: "store-denied",
    sign: /InvalidToken|security token.{0,40}invalid/i,
    problem: "the store does not take the session token, or it has expired",
    hint: (context) =>
      `check repositories.${context.access.name}.keys.${context.access.credentials.role}.session-token`,
  },
  {
    kind: "store-denied",
    sign: /InvalidAccessKeyId|access key.{0,40}does not exist/i,
    problem: "the store does not know this access key",
    hint: (context) => `check repositories.${context.access.name}.keys.${context.access.credentials.role}.access-key`,
  },
  {
    kind: "store-denied",
    sign: /SignatureDoesNotMatch|signature we calculated does not match/i,
    problem: "the secret key is not the one of this access key",
    hint: (context) => `check repositories.${context.access.name}.keys.${context.access.credentials.role}.secret-key`,
  },
  {
    kind: "wrong-password",
    sign: /wrong password or no key found/i,
    problem: "the password opens no key of this repository",
    hint: (context) => `check repositories.${context.access.name}.password`,
  },
  {
    kind: "locked",
    sign: /already locked|unable to create lock in backend: repository is/i,
    problem: "another restic holds the repository",
    hint: () => "wait for it to end, or run the same with --retry-lock 10m",
  },
  {
    kind: "store-denied",
    sign: /AccessDenied|Access Denied|403 Forbidden/i,
    problem: "the store refused the key (AccessDenied)",
    hint: (context) =>
      `see what the ${context.access.credentials.role} may do in docs/keys.md, and compare its policy at the store`,
  },
  {
    kind: "config",
    sign: /unable to read root certificate/i,
    problem: "the file of ca-file cannot be read",
    hint: (context) => `name a PEM file that is there in repositories.${context.access.name}.ca-file`,
  },
  {
    kind: "store-unreachable",
    sign: /x509|certificate signed by unknown authority|certificate is not trusted/i,
    problem: "the store's certificate is not signed by an authority that this machine trusts",
    hint: (context) => `name the authority's PEM file in repositories.${context.access.name}.ca-file`,
  },
  {
    kind: "store-unreachable",
    sign: /connection refused|no such host|i\/o timeout|no route to host|network is unreachable|server misbehaving|connection reset|service unavailable|slow ?down|reduce your request rate|internal error|bad gateway|gateway timeout/i,
    problem: "the store does not answer",
    mayPass: true,
    hint: (context) => `check ${context.access.location.endpoint} and the network`,
  },
  {
    kind: "no-repository",
    sign: /Is there a repository at the following location|repository does not exist|unable to open config file/i,
    problem: "there is no restic repository",
    hint: nothingThere,
  },
];

const ownCodes: Readonly<Record<number, FailureKind>> = {
  3: "incomplete",
  10: "no-repository",
  11: "locked",
  12: "wrong-password",
  130: "interrupted",
};

/** The failure that an outcome stands for, or null where restic ended with 0. restic's own codes keep their meaning. */
export function failureOfRestic(outcome: ResticOutcome, context: FailureContext): Failure | null {
  if (outcome.exitCode === 0) return null;
  const said = lastWords(outcome);
  const own = ownCodes[outcome.exitCode];
  const cause = causes.find(
    ({ kind, sign }) => sign.test(said) && (own === undefined || kind === own || own === "no-repository"),
  );
  const kind = outcome.exitCode === 130 ? "interrupted" : (cause?.kind ?? own ?? "restic-failed");
  return new Failure({
    kind,
    action: context.action,
    subject: context.subject,
    problem: cause !== undefined && kind === cause.kind ? cause.problem : plainProblem(kind, outcome.exitCode),
    hint: cause?.hint(context) ?? plainHint(kind, context),
    details: {
      repository: place(context),
      key: `${context.access.credentials.role}, ${shownAccessKey(context.access.credentials.accessKey)}`,
      ...(said === "" ? {} : { restic: lastLine(outcome) }),
    },
  });
}

/** Whether waiting may help against what the line tells: not against a refused key, a missing bucket, a strange certificate. */
export function mayPass(line: string): boolean {
  const cause = causes.find(({ sign }) => sign.test(line));
  return cause === undefined || cause.mayPass === true;
}

/** Lines with which restic says that an exit 0 is not the whole truth: it left out what it could not read. */
export function loadWarnings(stderr: readonly string[]): readonly string[] {
  return stderr.filter((line) => /could not load snapshot|^Ignoring|unable to load/i.test(line));
}

function plainProblem(kind: FailureKind, exitCode: number): string {
  if (kind === "interrupted") return interruption.problem;
  if (kind === "no-repository") return "there is no restic repository";
  if (kind === "locked") return "another restic holds the repository";
  if (kind === "wrong-password") return "the password opens no key of this repository";
  if (exitCode > 128) return `restic was killed (signal ${exitCode - 128})`;
  return `restic ended with exit code ${exitCode}`;
}

function plainHint(kind: FailureKind, context: FailureContext): string {
  const { name } = context.access;
  if (kind === "interrupted") return interruption.hint;
  if (kind === "locked") return "wait for it to end, or run the same with --retry-lock 10m";
  if (kind === "no-repository") return nothingThere(context);
  if (kind === "wrong-password") return `check repositories.${name}.password`;
  return `run it again; if it stays so: holdfast exec ${name} -- check`;
}

/** Without the lines that hold names of the user's files, which may read like any cause: `/srv/x509`. */
function lastWords(outcome: ResticOutcome): string {
  const telling = (line: string): boolean =>
    ["text", "exit-error"].includes(parseResticLine(line).kind) &&
    !/^(?:ignoring error for|error for|error:) /i.test(line);
  return [...outcome.stderr.slice(-40), ...outcome.stdout.slice(-10)].filter(telling).join("\n");
}

/** With which restic up to 0.18 clears its status line, also where there is no terminal. */
const eraseLine = "\u001b[2K";

/** The line that says most: restic's exit_error, its Fatal line, or the last one. Never a line of a Go stack trace. */
function lastLine(outcome: ResticOutcome): string {
  const lines = outcome.stderr.map((line) => {
    const event = parseResticLine(line);
    return event.kind === "exit-error" ? event.message : event.kind === "text" ? event.text : "";
  });
  const telling = lines
    .filter((line) => !/^\t|^(?:github\.com|main\.|runtime\.|golang\.org)/.test(line))
    .map((line) => line.replaceAll(eraseLine, "").trim())
    .filter((line) => line !== "");
  return telling.findLast((line) => /^Fatal|unable|error/i.test(line)) ?? telling.at(-1) ?? "";
}

import { shownAccessKey, type Credentials } from "../../base/credentials.ts";
import { Failure, type FailureKind } from "../../base/failure.ts";
import type { RepositoryLocation } from "../../base/repository-location.ts";
import { neededRight } from "./needed-right.ts";

interface S3FailureContext {
  /** As it follows "Cannot": `read the versions of`. */
  readonly action: string;
  readonly subject: string;
  readonly location: RepositoryLocation;
  readonly credentials: Credentials;
}

interface Cause {
  readonly kind: FailureKind;
  readonly codes: readonly string[];
  readonly problem: string;
  readonly hint: (context: S3FailureContext) => string;
}

const keyHint =
  (field: string) =>
  ({ credentials }: S3FailureContext): string =>
    `check keys.${credentials.role}.${field} in the configuration`;

const untrusted = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_ISSUER_CERT",
] as const;
const invalid = ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "ERR_TLS_CERT_ALTNAME_INVALID"] as const;

/** By the Code of the reply or the code of the socket error, first match. */
const causes: readonly Cause[] = [
  {
    kind: "clock-skewed",
    codes: ["RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"],
    problem: "the store refused the time of day: this machine's clock and the store's are too far apart",
    hint: () => "set this machine's clock (timedatectl), then run the same again",
  },
  {
    kind: "no-repository",
    codes: ["NoSuchBucket"],
    problem: "the bucket does not exist",
    hint: ({ location }) => `check location in the configuration, or make the bucket ${location.bucket} at the store`,
  },
  {
    kind: "store-denied",
    codes: ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"],
    problem: "the session token has expired",
    hint: () => "get new credentials from the store and put them where the configuration points",
  },
  {
    kind: "store-denied",
    codes: ["InvalidToken", "InvalidTokenId", "InvalidClientTokenId"],
    problem: "the store does not take the session token, or it has expired",
    hint: keyHint("session-token"),
  },
  {
    kind: "store-denied",
    codes: ["InvalidAccessKeyId", "InvalidAccessKey", "NoSuchUser"],
    problem: "the store does not know this access key",
    hint: keyHint("access-key"),
  },
  {
    kind: "store-denied",
    codes: ["SignatureDoesNotMatch"],
    problem: "the secret key is not the one of this access key",
    hint: keyHint("secret-key"),
  },
  {
    kind: "store-denied",
    codes: ["AccessDenied", "AllAccessDisabled", "UserSuspended", "Forbidden", "MethodNotAllowed"],
    problem: "the store refused the key",
    hint: ({ action, credentials: { role } }) => {
      const able = neededRight(action)?.roles ?? [role];
      if (able.includes(role)) return `give this key what the ${role} needs: holdfast policy ${role}, and docs/keys.md`;
      const other = able.at(-1) ?? "rescuer";
      return `use a key that has it (--role ${other}), or make one: holdfast policy ${other}`;
    },
  },
  {
    kind: "store-misbehaves",
    codes: ["NoSuchKey", "NoSuchVersion"],
    problem: "it is not there any more",
    hint: () => "the bucket has changed since it was listed: plan again",
  },
  {
    kind: "store-misbehaves",
    codes: ["InvalidObjectState"],
    problem: "it is archived and has to be brought back from the archive first",
    hint: () => "restore it from the archive at the store, then run the same again",
  },
  {
    kind: "store-misbehaves",
    codes: [
      "PermanentRedirect",
      "TemporaryRedirect",
      "AuthorizationHeaderMalformed",
      "IllegalLocationConstraintException",
    ],
    problem: "the bucket is in another region or at another address",
    hint: () => "set region and location in the configuration as the store names them",
  },
  {
    kind: "store-misbehaves",
    codes: ["NotImplemented"],
    problem: "the store does not have this",
    hint: () => "see docs/keys.md for stores that keep versions",
  },
  {
    kind: "store-unreachable",
    codes: ["SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Busy", "XMinioServerNotInitialized"],
    problem: "the store asks to come back later",
    hint: () => "run the same again in a while",
  },
  {
    kind: "store-unreachable",
    codes: untrusted,
    problem: "its certificate is not signed by an authority that this machine trusts",
    hint: () => "name the authority's PEM file in ca-file in the configuration",
  },
  {
    kind: "store-unreachable",
    codes: invalid,
    problem: "its certificate is not valid",
    hint: () => "check the address, this machine's clock, and the certificate at the store",
  },
  {
    kind: "store-unreachable",
    codes: ["ENOTFOUND", "EAI_AGAIN"],
    problem: "its name is not known",
    hint: ({ location }) => `check the address ${location.endpoint} and the network`,
  },
];

/** What the SDK threw, as a Failure that names the bucket or key and the access key used. Failures pass as they are. */
export function failureOfS3(error: unknown, context: S3FailureContext): Failure {
  if (error instanceof Failure) return error;
  if (isOwnFault(error)) return ownFault(error, context);
  const code = codeOf(error);
  const cause =
    causes.find(({ codes }) => codes.includes(code)) ?? byStatus(statusOf(error), code) ?? unknown(error, context);
  const isAnswer = statusOf(error) !== null;
  return new Failure({
    kind: cause.kind,
    action: context.action,
    subject: context.subject,
    problem: `${cause.problem}${code === "" ? "" : ` (${code})`}`,
    hint: cause.hint(context),
    details: {
      key: `${context.credentials.role}, ${shownAccessKey(context.credentials.accessKey)}`,
      ...(isRefused(cause) ? needs(context.action) : {}),
      ...(cause.kind === "clock-skewed" ? clocks(error) : {}),
      ...(isAnswer ? {} : { store: context.location.endpoint }),
    },
    cause: error,
    isLasting: lasting.has(code),
  });
}

function isRefused({ codes }: Cause): boolean {
  return codes.includes("AccessDenied");
}

function needs(action: string): Readonly<Record<string, string>> {
  const needed = neededRight(action);
  return needed === null ? {} : { needs: needed.needs };
}

/**
 * What is wrong, in words, where it may pass by itself and the same request may do; null for all else. As in
 * `failureOfS3`, a `store-unreachable` that waiting may mend.
 */
export function passingProblem(error: unknown): string | null {
  if (error instanceof Failure || isOwnFault(error) || statusOf(error) === 501) return null;
  const code = codeOf(error);
  const cause = causes.find(({ codes }) => codes.includes(code)) ?? byStatus(statusOf(error), code);
  if (cause?.kind !== "store-unreachable" || lasting.has(code)) return null;
  return `${cause.problem}${code === "" ? "" : ` (${code})`}`;
}

/** Socket errors that no waiting mends. */
const lasting: ReadonlySet<string> = new Set([...untrusted, ...invalid, "ENOTFOUND"]);

/** Thrown for a fault of our own code or the SDK's, before anything was sent. */
function isOwnFault(error: unknown): error is Error {
  const isProgramming = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isProgramming && statusOf(error) === null && !passing.test(codeOf(error));
}

function ownFault(error: Error, { action, subject }: S3FailureContext): Failure {
  return new Failure({
    kind: "defect",
    action,
    subject,
    problem: `${error.name}: ${error.message}`,
    hint: "this is a fault in Holdfast: run it again with --verbose and report what it prints",
    cause: error,
  });
}

const passing =
  /^(?:ECONN|EPIPE|EHOST|ENET|ETIMEDOUT|ESOCKET|EPROTO|ERR_SSL|ERR_STREAM_PREMATURE|TimeoutError|AbortError|NetworkingError)/;

function byStatus(status: number | null, code: string): Cause | undefined {
  if (status === null || passing.test(code)) {
    const problem = "the store does not answer";
    return {
      kind: "store-unreachable",
      codes: [],
      problem,
      hint: ({ location }) => `check the address ${location.endpoint} and the network`,
    };
  }
  if (status === 401 || status === 403) return causes.find(({ codes }) => codes.includes("AccessDenied"));
  if (status >= 300 && status < 400) return causes.find(({ codes }) => codes.includes("PermanentRedirect"));
  if (status === 429 || status >= 500) return causes.find(({ codes }) => codes.includes("SlowDown"));
  return undefined;
}

function clocks(error: unknown): Readonly<Record<string, string>> {
  const date = new Date(headersOf(error)["date"] ?? "");
  return Number.isNaN(date.getTime()) ? {} : { "store says": date.toISOString() };
}

/** The Code of an S3 reply, or the code of a socket error. Empty where there is neither. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { Code: replied, code, name, cause } = error as Readonly<Record<string, unknown>>;
  if (typeof replied === "string") return replied;
  if (typeof code === "string") return code;
  if (typeof name === "string" && !["Error", "TypeError", "UnknownError", "Unknown", "AggregateError"].includes(name))
    return name;
  return cause === undefined || cause === error ? "" : codeOf(cause);
}

export function statusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return null;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode ?? null;
}

export function headersOf(error: unknown): Readonly<Record<string, string>> {
  if (typeof error !== "object" || error === null || !("$response" in error)) return {};
  const response = error.$response as { readonly headers?: Readonly<Record<string, string>> } | undefined;
  return response?.headers ?? {};
}

/** An answer with a code is shown in the store's own words, without what they may repeat of the credentials. */
function unknown(error: unknown, { credentials }: S3FailureContext): Cause {
  const words = wordsOf(error, credentials);
  if (words !== "") {
    const hint = (): string => "see what the store's manual says of this; a limit or the key's name may be the cause";
    return { kind: "store-misbehaves", codes: [], problem: `the store says: ${words}`, hint };
  }
  return {
    kind: "store-misbehaves",
    codes: [],
    problem: `the answer is no S3 answer that Holdfast knows, HTTP status ${statusOf(error) ?? 0}`,
    hint: ({ location }) => `check that ${location.endpoint} is an S3 store`,
  };
}

const mostWords = 200;

function wordsOf(error: unknown, { secretKey, sessionToken }: Credentials): string {
  if (!(error instanceof Error) || codeOf(error) === "" || error.message === "UnknownError") return "";
  const secrets = [secretKey, sessionToken].flatMap((secret) => secret?.reveal() ?? []);
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), error.message);
  return shown.replaceAll(/\s+/g, " ").slice(0, mostWords);
}

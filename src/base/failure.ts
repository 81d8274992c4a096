/** Everything that can go wrong, by what the user has to do about it. One place (cli/exit-code.ts) maps kinds to exit codes. */
export type FailureKind =
  | "usage"
  | "config"
  | "damaged-file"
  | "store-unreachable"
  | "store-misbehaves"
  | "clock-skewed"
  | "program-missing"
  | "state-unwritable"
  | "stopped-half-way"
  | "store-denied"
  | "refused"
  | "unrecoverable"
  | "bucket-changed"
  | "restic-failed"
  | "incomplete"
  | "no-repository"
  | "locked"
  | "wrong-password"
  | "interrupted"
  | "defect";

export interface FailureReport {
  readonly kind: FailureKind;
  /** What was attempted, as it follows "Cannot": `read the versions of`. */
  readonly action: string;
  /** The one thing it was attempted on: a bucket, an object key, a file, a program. */
  readonly subject: string;
  /** The state now, in plain words: `the store refused the key (AccessDenied)`. Never holds a secret. */
  readonly problem: string;
  /** What to do or type next. */
  readonly hint: string;
  /** Further facts, shown one a line under the message: `key`, `needs`, `kept`. */
  readonly details?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Said of a failure that will not pass by waiting, though others of its kind do: a certificate nobody trusts. */
  readonly isLasting?: boolean;
}

/** Damage: something attempted could not be done. Absence is `null` and a finding is data; neither is a Failure. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly action: string;
  readonly subject: string;
  readonly problem: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string>>;
  readonly isLasting: boolean;

  constructor(report: FailureReport) {
    super(`Cannot ${report.action} "${report.subject}": ${report.problem}`, { cause: report.cause });
    this.name = "Failure";
    this.kind = report.kind;
    this.action = report.action;
    this.subject = report.subject;
    this.problem = report.problem;
    this.hint = report.hint;
    this.details = report.details ?? {};
    this.isLasting = report.isLasting ?? false;
  }

  /** The same failure with further facts, for a caller that knows which key or file was in use. */
  with(details: Readonly<Record<string, string>>): Failure {
    return new Failure({ ...this.#report(), details: { ...this.details, ...details } });
  }

  /** The same failure with another next step. */
  withHint(hint: string): Failure {
    return new Failure({ ...this.#report(), hint });
  }

  #report(): FailureReport {
    const { kind, action, subject, problem, hint, details, cause, isLasting } = this;
    return { kind, action, subject, problem, hint, details, cause, isLasting };
  }
}

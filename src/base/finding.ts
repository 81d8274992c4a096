/** Something that looks like an attack or a hole. A finding is data: it is reported and decided on, never thrown. */
export interface Finding {
  /** The rule that found it, in kebab-case: `versioning-suspended`. */
  readonly rule: string;
  readonly severity: "notice" | "warning" | "alarm";
  readonly subject: string;
  readonly evidence: string;
  /** What to do about it. */
  readonly remedy: string;
}

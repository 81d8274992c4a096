/** A line of restic's output, as far as Holdfast uses it. Times are seconds, sizes bytes. */
export type ResticEvent =
  | {
      readonly kind: "status";
      /** 0 to 1. */
      readonly share: number;
      readonly files: number;
      readonly totalFiles: number;
      readonly bytes: number;
      readonly totalBytes: number;
      readonly current: string | null;
    }
  /** Named fields as restic gave them: backup, restore and check each have their own. */
  | { readonly kind: "summary"; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly item: string | null; readonly message: string }
  | { readonly kind: "initialized"; readonly id: string }
  | { readonly kind: "exit-error"; readonly code: number; readonly message: string }
  | { readonly kind: "text"; readonly text: string };

/** Reads one line. Whatever is no JSON object of a known shape is text: old releases mix both, and all warn in text. */
export function parseResticLine(line: string): ResticEvent {
  const fields = objectOf(line);
  switch (fields?.["message_type"]) {
    case "status":
      return statusOf(fields);
    case "summary":
      return { kind: "summary", fields };
    case "error":
      return { kind: "error", item: text(fields["item"]), message: errorMessage(fields) };
    case "initialized":
      return { kind: "initialized", id: text(fields["id"]) ?? "" };
    case "exit_error":
      return { kind: "exit-error", code: number(fields["code"]), message: text(fields["message"]) ?? "" };
    default:
      return { kind: "text", text: line };
  }
}

function statusOf(fields: Readonly<Record<string, unknown>>): ResticEvent {
  const current = fields["current_files"];
  const first: unknown = Array.isArray(current) ? current[0] : null;
  return {
    kind: "status",
    share: number(fields["percent_done"]),
    files: number(fields["files_done"]) || number(fields["files_restored"]),
    totalFiles: number(fields["total_files"]),
    bytes: number(fields["bytes_done"]) || number(fields["bytes_restored"]),
    totalBytes: number(fields["total_bytes"]),
    current: text(first),
  };
}

/**
 * Up to 0.16 the raw error of Go's os package, `{"Op":"open","Path":"/x","Err":13}`; since 0.17.1 `{"message":…}`.
 * `check` has no `error`: its words stand in the line's own `message`.
 */
function errorMessage({ error, message: own }: Readonly<Record<string, unknown>>): string {
  if (typeof error !== "object" || error === null) return text(error) ?? text(own)?.trim() ?? "unknown error";
  const { message, Op: operation, Path: path } = error as Readonly<Record<string, unknown>>;
  return text(message) ?? ([text(operation), text(path)].filter((word) => word !== null).join(" ") || "unknown error");
}

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

import { DamagedXml, readXml } from "./xml-elements.ts";

/** An answer that is an error, in the form in which `failureOfS3` reads what the SDK throws. */
export class S3ReplyError extends Error {
  /** Empty where the answer has none. */
  readonly Code: string;
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: { readonly headers: Readonly<Record<string, string>> };

  constructor(reply: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly code: string;
    readonly words: string;
  }) {
    super(reply.words);
    this.name = "S3ReplyError";
    this.Code = reply.code;
    this.$metadata = { httpStatusCode: reply.status };
    this.$response = { headers: reply.headers };
  }
}

const shape = { root: "Error", rows: new Set<string>() };

interface ErrorWords {
  readonly code: string;
  readonly words: string;
}

/** What an error document says; null for any other body: a proxy's page, nothing, half of one. */
export function errorWords(body: string): ErrorWords | null {
  if (body.startsWith('{"Code":')) return jsonWords(body);
  try {
    const { head } = readXml(body, shape);
    return { code: head.get("Code") ?? "", words: head.get("Message") ?? "" };
  } catch (error) {
    if (error instanceof DamagedXml) return null;
    throw error;
  }
}

/** MinIO's own API answers so. */
function jsonWords(body: string): ErrorWords | null {
  try {
    const { Code: code, Message: words } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return typeof code === "string" ? { code, words: typeof words === "string" ? words : "" } : null;
  } catch {
    return null;
  }
}

import type { ListObjectsV2Command, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";

interface RawReply {
  /** The body of the last reply with a status under 300, as it came. */
  text(): string;
  headers(): Readonly<Record<string, string>>;
}

interface HttpReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** Takes the body of a listing before the SDK parses it; the SDK gets an empty document in its place. */
export function takeRawBody(command: ListObjectVersionsCommand | ListObjectsV2Command): RawReply {
  let text = "";
  let headers: Readonly<Record<string, string>> = {};
  const stack: { add: ListObjectVersionsCommand["middlewareStack"]["add"] } = command.middlewareStack;
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as HttpReply;
      headers = response.headers;
      if (response.statusCode < 300) {
        const parts: Uint8Array[] = [];
        for await (const part of response.body as AsyncIterable<Uint8Array>) parts.push(part);
        text = Buffer.concat(parts).toString("utf8");
        response.body = Readable.from([Buffer.from("<Empty/>")]);
      }
      return result;
    },
    { step: "deserialize", name: "takeRawBody", priority: "low" },
  );
  return { text: () => text, headers: () => headers };
}

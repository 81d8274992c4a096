import type { GetBucketPolicyCommand } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";

type AnyStack = { readonly add: GetBucketPolicyCommand["middlewareStack"]["add"] };

interface HttpReply {
  readonly statusCode: number;
  body: unknown;
}

/**
 * Sends a command and gives the body of its reply as it came: the SDK drops what it does not know, such as MinIO's
 * excluded prefixes. What the SDK makes of the reply is of no use. Throws what the SDK throws for an error.
 */
export async function takeBodyText(
  { middlewareStack }: { readonly middlewareStack: AnyStack },
  send: () => Promise<unknown>,
): Promise<string> {
  let text = "";
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as HttpReply;
      if (response.statusCode < 300) {
        const parts: Uint8Array[] = [];
        for await (const part of response.body as AsyncIterable<Uint8Array>) parts.push(part);
        text = Buffer.concat(parts).toString("utf8");
        response.body = Readable.from([Buffer.from("<Empty/>")]);
      }
      return result;
    },
    { step: "deserialize", name: "takeBodyText", priority: "low" },
  );
  await send();
  return text;
}

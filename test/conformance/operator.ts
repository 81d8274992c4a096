import type { ObjectKey } from "../../src/base/object-key.ts";

/** What an operator, or an intruder with the right, does to a bucket. */
export interface Operator {
  /** Has versions under `prefix` destroyed so many days after they are no longer current. */
  readonly expireNoncurrent: (rule: { readonly prefix: string; readonly days: number }) => Promise<void>;
  /** Replaces the policy; `policyOf` is given the name of the bucket. */
  readonly putPolicy: (policyOf: (bucket: string) => string) => Promise<void>;
  /** Begins a multipart upload and gives its id. */
  readonly beginUpload: (key: ObjectKey) => Promise<string>;
  readonly abortUpload: (upload: { readonly key: ObjectKey; readonly uploadId: string }) => Promise<void>;
}

/** As the user guide has it. */
export function lifecycleXml({ prefix, days }: { readonly prefix: string; readonly days: number }): string {
  const rule = `<ID>old</ID><Filter><Prefix>${prefix}</Prefix></Filter><Status>Enabled</Status>`;
  const expiration = `<NoncurrentVersionExpiration><NoncurrentDays>${days}</NoncurrentDays></NoncurrentVersionExpiration>`;
  return `<LifecycleConfiguration><Rule>${rule}${expiration}</Rule></LifecycleConfiguration>`;
}

/** Lets anybody read. */
export function readPolicy(bucket: string): string {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: ["*"] },
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { measured, type Usage } from "../measured-process.ts";
import { bucket, type Attack } from "./attacked-bucket.ts";
import type { AttackedBucket } from "./prepared-buckets.ts";

/** What a side is given: the bucket, and where to reach it, which is a proxy while requests are counted. */
export interface Task extends AttackedBucket {
  readonly endpoint: string;
}

/** One who brings a bucket back. */
export interface Side {
  readonly name: string;
  restore(task: Task): Promise<Usage>;
}

const holdfast = path.resolve(import.meta.dirname, "../../dist/holdfast.js");
/** Of 4, 8, 16 and 32 at once this costs the store least, and more is no faster. */
const rcloneAtOnce = 8;
/** One Python at work: its processor is what limits it, not how many it has under way. */
const pitRestoreAtOnce = 16;

/** `rollback plan` and `rollback apply`, as a user runs them: the time of both, what was written down included. */
export function holdfastSide(proof: "none" | "all"): Side {
  return {
    name: `holdfast --prove ${proof}`,
    restore: async (task) => {
      const common = ["--config", await configuration(task), "--state-dir", path.join(task.folder, "state"), "--json"];
      const run = async (words: readonly string[]): Promise<Usage & { readonly output: string }> =>
        await measured({
          program: process.execPath,
          arguments: [holdfast, ...common, "--yes", "rollback", ...words],
          environment: {},
          folder: task.folder,
          exitCodes: [0, 80],
        });
      const planned = await run(["plan", "--to", task.to.toISOString(), "--prove", proof]);
      const { plan, accept } = resultOf(planned.output);
      const applied = await run(["apply", plan, ...accept.flatMap((word) => ["--accept", word])]);
      return {
        seconds: planned.seconds + applied.seconds,
        cpuSeconds: planned.cpuSeconds + applied.cpuSeconds,
        peakMebibytes: Math.max(planned.peakMebibytes, applied.peakMebibytes),
      };
    },
  };
}

async function configuration({ endpoint, store, folder }: Task): Promise<string> {
  await mkdir(path.join(folder, "state"), { mode: 0o700 });
  const secret = async (name: string, value: string): Promise<string> => {
    await writeFile(path.join(folder, name), value, { mode: 0o600 });
    return `file:${path.join(folder, name)}`;
  };
  const id = await secret("id", store.owner.accessKey);
  const key = await secret("key", store.owner.secretKey.reveal());
  const file = path.join(folder, "config.yaml");
  await writeFile(
    file,
    `repositories: { home: { location: "s3:${endpoint}/${bucket}", provider: minio, bucket-lookup: path,` +
      ` password: "${await secret("password", "bench")}", keys: { rescuer: { access-key: "${id}", secret-key: "${key}" } } } }\n`,
  );
  return file;
}

interface PlanResult {
  readonly plan: string;
  readonly accept: readonly string[];
}

function resultOf(output: string): PlanResult {
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as PlanResult;
}

/** A sync from the bucket as it was at T to the bucket, by checksum and inside the store. */
export function rcloneSide(program: string): Side {
  return {
    name: "rclone",
    restore: async ({ endpoint, store, to, folder }) =>
      await measured({
        program,
        arguments: [
          ...["sync", "--checksum", "--server-side-across-configs", "--fast-list", "--s3-no-head-object"],
          ...["--transfers", `${rcloneAtOnce}`, "--checkers", `${rcloneAtOnce}`, "--config", "/dev/null"],
          ...[`then:${bucket}`, `now:${bucket}`],
        ],
        environment: {
          ...rcloneRemote("NOW", { endpoint, store }),
          ...rcloneRemote("THEN", { endpoint, store }),
          RCLONE_CONFIG_THEN_VERSION_AT: to.toISOString(),
        },
        folder,
      }),
  };
}

function rcloneRemote(name: string, { endpoint, store }: Pick<Task, "endpoint" | "store">): Record<string, string> {
  return {
    [`RCLONE_CONFIG_${name}_TYPE`]: "s3",
    [`RCLONE_CONFIG_${name}_PROVIDER`]: "Minio",
    [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint,
    [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: store.owner.accessKey,
    [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: store.owner.secretKey.reveal(),
  };
}

export function pitRestoreSide(program: string): Side {
  return {
    name: "s3-pit-restore",
    restore: async ({ endpoint, store, to, folder }) =>
      await measured({
        program,
        arguments: ["-b", bucket, "-B", bucket, "-t", to.toISOString(), "--max-workers", `${pitRestoreAtOnce}`],
        environment: {
          AWS_ENDPOINT_URL: endpoint,
          AWS_DEFAULT_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: store.owner.accessKey,
          AWS_SECRET_ACCESS_KEY: store.owner.secretKey.reveal(),
        },
        folder,
      }),
  };
}

export const attacks = {
  mixed: { name: "40 % overwritten, 40 % deleted, 20 % added", overwritten: 0.4, deleted: 0.4, added: 0.2 },
  deleted: { name: "all deleted", overwritten: 0, deleted: 1, added: 0 },
  overwritten: { name: "all overwritten", overwritten: 1, deleted: 0, added: 0 },
} satisfies Readonly<Record<string, Attack>>;

import { Failure } from "../base/failure.ts";
import { lsArguments } from "../restic/arguments/ls.ts";
import { parseSnapshotLine, type SnapshotLine } from "../restic/snapshot-line.ts";
import { failureIn, type ResticRun } from "./run-restic.ts";

export type SnapshotNode = Extract<SnapshotLine, { kind: "node" }>;

export interface ContentsRequest extends Pick<ResticRun, "session" | "signal"> {
  /** An id, `latest`, or either with `:/FOLDER`. */
  readonly snapshot: string;
  readonly onNode: (node: SnapshotNode) => void;
}

/**
 * Hands on all that a snapshot holds, as far as its trees can be read, and gives its full id. Fails as restic fails, and
 * with `restic-failed` where there is no such snapshot; trees that are damaged are no failure here, for what they do not
 * hold may be all that is wanted.
 */
export async function readSnapshot({ session, signal, snapshot, onNode }: ContentsRequest): Promise<string> {
  const found: { id: string | null } = { id: null };
  const outcome = await session.program.run({
    arguments: lsArguments(session.access, snapshot),
    environment: session.environment,
    onStdoutLine: (text) => {
      const line = parseSnapshotLine(text);
      if (line?.kind === "snapshot") found.id = line.id;
      if (line?.kind === "node") onNode(line);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const failure = failureIn(session, "restore from", outcome);
  if (failure !== null && failure.kind !== "restic-failed") throw failure;
  if (found.id !== null) return found.id;
  // Up to 0.16 restic only warns of a snapshot that is not there.
  const said = [...outcome.stderr, failure?.details["restic"] ?? ""].join("\n");
  if (failure !== null && !isNotThere.test(said)) throw failure;
  throw noSuchSnapshot(snapshot, session.access.name);
}

const isNotThere = /no matching ID|multiple IDs|failed to find snapshot|no snapshot found|invalid id|^Ignoring "/im;

function noSuchSnapshot(snapshot: string, repository: string): Failure {
  return new Failure({
    kind: "restic-failed",
    action: "restore",
    subject: snapshot,
    problem:
      snapshot === "latest"
        ? `${repository} holds no snapshot yet`
        : `it is no snapshot of ${repository}, or too short to tell which`,
    hint: `see which there are: holdfast snapshots ${repository}`,
  });
}

import { formatInstant } from "../../base/instant.ts";
import { listSnapshots } from "../../repository/list-snapshots.ts";
import type { CommandAction } from "../invocation.ts";
import { openRepository } from "../open-repository.ts";
import { counted } from "../render/figures.ts";
import type { Screen } from "../render/screen.ts";
import { table } from "../render/table.ts";

/** `holdfast snapshots [REPOSITORY]`. */
export const snapshots: CommandAction = async (invocation, input) => {
  const repository = await openRepository(invocation, input);
  const role = repository.role(["writer", "pruner", "rescuer"]);
  const session = await repository.session(role);
  const store = async () => await repository.store(role);
  const listed = await listSnapshots({ session, store, signal: invocation.signal });
  show(invocation.screen, listed, repository.name);
  return {
    exitCode: 0,
    result: {
      repository: repository.name,
      snapshots: listed.map((each) => ({
        id: each.id,
        time: formatInstant(each.time),
        storedAt: each.storedAt === null ? null : formatInstant(each.storedAt),
        differs: each.differs,
        host: each.host,
        paths: each.paths,
        tags: each.tags,
      })),
    },
  };
};

type Listed = Awaited<ReturnType<typeof listSnapshots>>;

function show(screen: Screen, listed: Listed, name: string): void {
  if (listed.length === 0) {
    screen.line(`${name} holds no snapshot yet.`);
    screen.line(`Next:  holdfast backup ${name}`);
    return;
  }
  const rows = listed.map((each) => [
    each.id.slice(0, 8),
    each.host,
    each.storedAt === null ? "unknown" : formatInstant(each.storedAt).replace(/\.\d+Z/, "Z"),
    `${formatInstant(each.time).replace(/\.\d+Z/, "Z")}${each.differs ? " !" : ""}`,
    each.tags.join(","),
    each.paths.join(" "),
  ]);
  const columns = [
    { title: "snapshot" },
    { title: "host", shrinks: true },
    { title: "stored" },
    { title: "client says" },
    { title: "tags", shrinks: true },
    { title: "paths", shrinks: true },
  ];
  for (const line of table(columns, rows, screen.width)) {
    screen.line(line.includes("Z !") ? screen.style("warning", line) : line);
  }
  const odd = listed.filter((each) => each.differs).length;
  screen.line();
  screen.line(`${counted(listed.length, "snapshot")} in ${name}`);
  if (odd > 0)
    screen.line(screen.style("warning", `! ${counted(odd, "snapshot")} claims a time over an hour from the store's`));
  screen.line(`Next:  holdfast restore latest ${name} --target DIR`);
}

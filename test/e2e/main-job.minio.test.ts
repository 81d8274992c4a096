import { inject } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { describeMainJob } from "./main-job.ts";

const [, minio] = realStores();
const [oldest, ...newer] = inject("restics");
for (const restic of [oldest, newer.at(-1)]) if (restic !== undefined) describeMainJob(minio, restic);

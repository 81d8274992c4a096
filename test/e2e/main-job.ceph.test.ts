import { inject } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { describeMainJob } from "./main-job.ts";

const [ceph] = realStores();
for (const restic of inject("restics")) describeMainJob(ceph, restic);

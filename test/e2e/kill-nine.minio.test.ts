import { realStores } from "../stores/real-stores.ts";
import { describeKills } from "./kill-nine.ts";

const [, minio] = realStores();
describeKills(minio, 20261120);

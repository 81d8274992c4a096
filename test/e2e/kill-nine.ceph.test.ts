import { realStores } from "../stores/real-stores.ts";
import { describeKills } from "./kill-nine.ts";

const [ceph] = realStores();
describeKills(ceph, 20261120);

import { realStores } from "../stores/real-stores.ts";
import { describeAttacks } from "./attacks.ts";

const [ceph] = realStores();
describeAttacks(ceph);

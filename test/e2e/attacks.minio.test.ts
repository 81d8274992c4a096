import { realStores } from "../stores/real-stores.ts";
import { describeAttacks } from "./attacks.ts";

const [, minio] = realStores();
describeAttacks(minio);

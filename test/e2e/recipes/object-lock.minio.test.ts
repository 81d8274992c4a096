import { realStores } from "../../stores/real-stores.ts";
import { describeObjectLock } from "./object-lock.ts";

const [, minio] = realStores();
describeObjectLock(minio);

import { realStores } from "../stores/real-stores.ts";
import { describeCuts } from "./cut-replies.ts";

const [, minio] = realStores();
describeCuts(minio, 20261121);

import { Overview } from "./overview.js";

globalThis["Partner Center"] = Overview;

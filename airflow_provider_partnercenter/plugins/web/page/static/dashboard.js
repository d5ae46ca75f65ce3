import { Line } from "./line.js";

globalThis["Partner Center in a line"] = Line;

import { Story } from "./story.js";

globalThis["Qualification"] = Story;

/** The script of the site's front page, which leads to what computes in the browser. */
import { abilities } from "./dom/abilities.js";
import { tellMissing } from "./dom/tell-missing.js";

tellMissing(abilities());

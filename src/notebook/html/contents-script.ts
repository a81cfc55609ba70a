import { wideScreen } from "./page-style.js";

/** Runs in the reader's browser: the table of contents stands open beside the text where there is room. */
export const openContentsOnWideScreens = `
{
  const contents = document.querySelector(".contents");
  const wide = matchMedia("${wideScreen}");
  const adjust = () => { contents.open = wide.matches; };
  adjust();
  wide.addEventListener("change", adjust);
}
`;

/** The colours of the project's pages, light and dark, as custom properties of CSS. */
export const pageColors = `
:root {
  color-scheme: light dark;
  --text: #1f2328; --muted: #59636e; --page: #ffffff; --box: #f6f8fa; --line: #d1d9e0; --link: #0757b8;
  --warning: #7d4e00; --warning-box: #fff8e5; --error: #a40e26; --error-box: #fff0ee;
  --shade: rgb(0 0 0 / 22%); --figure: #ffffff;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #e6edf3; --muted: #9ba4ae; --page: #0f141a; --box: #181f27; --line: #3b444f; --link: #6cb0ff;
    --warning: #f0c05a; --warning-box: #2a2412; --error: #ff9a92; --error-box: #301a1b;
    --shade: rgb(255 255 255 / 28%); --figure: #181f27;
  }
}
`;

/** What a gallery has beside a report's style. */
export const galleryStyle = `
* { box-sizing: border-box; }
main { overflow-wrap: anywhere; }
a { color: light-dark(#0757b8, #6cb0ff); }
nav li { margin: .25rem 0; }
section { margin-top: 3rem; }
figure { padding: .8rem; }
figure img { display: block; width: 100%; background: none; }
figure img.column { max-width: 30rem; }
.drawing + .drawing { margin-top: 1.5rem; }
.files, .made { color: var(--muted); font-size: .9rem; max-width: none; margin: .4rem 0; }
figcaption { font-size: 1rem; color: var(--text); border-top: 1px solid var(--line); padding-top: .6rem; }
pre { white-space: pre-wrap; background: var(--figure); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
.quick { font-weight: 600; }
@media print {
  main { max-width: none; padding: 0; }
  nav { display: none; }
  .drawing { break-inside: avoid; }
  section { break-before: page; margin-top: 0; }
  section:first-of-type { break-before: auto; }
  figure img.column { width: 85mm; }
  figure { break-inside: auto; border: 0; padding: 0; }
}
`;

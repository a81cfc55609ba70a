import { test } from "@jest/globals";
import { checkInert } from "./hostile.js";

test.each([
  `<script>alert(1)</script>`,
  `<iframe src="https://evil.example"></iframe>`,
  `<svg onload="alert(1)"><script>alert(1)</script></svg>`,
  `<form id=a><input name=attributes><input name=childNodes formaction="javascript:alert(1)"></form>`,
  `<a href="java\nscript:alert(1)">a</a><a href=" &#1;javascript:alert(1)">b</a><a href="data:text/html,x">c</a>`,
  `<details ontoggle="alert(1)" open><summary onclick="alert(1)">s</summary></details>`,
  `<style>body { display: none }</style><link rel=stylesheet href="https://evil.example">`,
  `<img src="https://evil.example/x.png" srcset="https://evil.example/y.png 2x">`,
  `<img src="data:text/html;base64,PHNjcmlwdD4=">`,
  `<object data="x.swf"></object><embed src="x"><base href="https://evil.example/"><meta http-equiv=refresh content=0>`,
  `<template><script>alert(1)</script></template><textarea><img src=x onerror=alert(1)></textarea>`,
])("what a notebook holds stays inert in markdown, as an HTML output and as text: %s", checkInert);

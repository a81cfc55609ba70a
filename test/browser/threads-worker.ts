import { serve, type Asked } from "./threads.js";

self.onmessage = async ({ data }: MessageEvent<Asked>) => {
  self.postMessage(await serve(data).catch(String));
};

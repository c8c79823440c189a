// What the first seed's page does, with a plain socket.io-client and files instead of a camera:
// a frame every 300 ms as `video_frame`, answered by `resDetect`; in the other mode a frame every second as
// `preprocessing` with a name, answered by `result_data`. No options, no acknowledgements, no sign-in.
//
//   node seed_client.mjs URL OUTPUT_FOLDER NAME FRAME.jpg...

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, folder, name, ...files] = process.argv.slice(2);
const frames = files.map((file) => readFileSync(file));
const DETECT_MS = 300;
const PREPROCESS_MS = 1000;

const socket = io(url);
const pictures = [];
const results = [];
socket.on("resDetect", (data) => pictures.push(data));
socket.on("result_data", (data) => results.push(data));

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function every(ms, times, send) {
  for (let n = 0; n < times; n += 1) {
    send(frames[n % frames.length]);
    await sleep(ms);
  }
}

async function until(what, condition) {
  for (let waited = 0; !condition(); waited += 50) {
    if (waited > 20_000) throw new Error(`no ${what} within 20 s`);
    await sleep(50);
  }
}

function keep(label, list) {
  return list.map((data, n) => {
    if (data === null) return null;
    const path = join(folder, `${label}-${n}.jpg`);
    writeFileSync(path, Buffer.from(data));
    return path;
  });
}

try {
  await until("connection", () => socket.connected);
  await every(DETECT_MS, 4, (blob) => socket.emit("video_frame", blob));
  await until("resDetect", () => pictures.length >= 1);
  const before = keep("before", pictures.splice(0));
  await every(PREPROCESS_MS, 3, (blob) => socket.emit("preprocessing", { blob, name }));
  await until("result_data", () => results.length >= 3);
  await every(DETECT_MS, 6, (blob) => socket.emit("video_frame", blob));
  await until("resDetect", () => pictures.length >= 3);
  const after = keep("after", pictures);
  console.log(
    JSON.stringify({ transport: socket.io.engine.transport.name, before, results: keep("result", results), after }),
  );
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  socket.disconnect();
}

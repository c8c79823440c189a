import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/facegate/http/page",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows neither data: pictures nor inline code, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    // The licences of the bundled packages ask to travel with them.
    license: { fileName: "licenses.md" },
  },
  server: {
    proxy: {
      "/v1": "http://127.0.0.1:5000",
      "/socket.io": { target: "ws://127.0.0.1:5000", ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const server = "http://localhost:3000";

export default defineConfig({
  // The page says where it lives (src/lib/base.ts).
  base: "./",
  plugins: [svelte()],
  build: {
    target: "es2022",
    // The first that know `light-dark()`.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": server, "/socket.io": { target: server, ws: true } } },
  test: { include: ["src/**/*.test.ts"] },
});

import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Files under `from` may not import the rooms in `banned`: app -> features -> camera, components -> lib. */
function wall(from, banned) {
  return {
    files: [`src/${from}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            ...banned.map((room) => ({ group: [`@/${room}`, `@/${room}/**`], message: `${from} may not import ${room}.` })),
            { group: ["../*"], message: "Use @/room/file; ./file only inside one folder." },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["node_modules", "src/lib/api/schema.d.ts", "eslint.config.js"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  reactHooks.configs.flat["recommended-latest"],
  {
    rules: {
      "no-console": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  wall("app", []),
  wall("features/live", ["app", "features/setup"]),
  wall("features/setup", ["app", "features/live"]),
  wall("camera", ["app", "features", "components"]),
  wall("components", ["app", "features", "camera"]),
  wall("lib", ["app", "features", "camera", "components"]),
);

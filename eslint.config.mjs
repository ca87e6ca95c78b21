// What the linter adds to tsc: mistakes that type-check. Style is left to the authors.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["dist*/", "pkg*/", "target/", ".cache/", "**/node_modules/", "www/vendor/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-console": ["error", { allow: ["warn", "error"] }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-undef": "off", // tsc knows the globals of each file
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "require-await": "error",
    },
  },
  { files: ["www/**/*.js"], languageOptions: { globals: { ...globals.browser, ...globals.worker } } },
  { files: ["bench/**/*.js"], languageOptions: { globals: { ...globals.browser, ...globals.worker } } },
  {
    files: ["scripts/**", "tests/**", "bench/*.mjs", "*.mjs"],
    languageOptions: { globals: globals.node },
    rules: { "no-console": "off" },
  },
];

#!/usr/bin/env bash
# Builds, serves, tests and checks tabgrad. `./build.sh help` says how. Installs what is missing (scripts/setup.sh).
# Each step runs only when its inputs have changed since its last success; its result is made aside and then renamed,
# so an interrupted run leaves nothing half done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'HELP'
Usage: ./build.sh COMMAND
  serve [--port N]   build what is missing, then serve the playground on http://127.0.0.1:8080
  build              the static site in dist/, for any static host
  package            the npm package in pkg/ (docs/package.md)
  test               every test: native, in Chromium, in Firefox
  check              formatting, lints, types, layering, size of the wasm
  bench [page|peers|profile|products|scores|long] measures. page: the examples as a visitor feels them, on both backends; peers: training, products and
                     inference beside other libraries (installs them in bench/; a quarter of an hour). Without a word: both. profile: the time
                     of each dispatch of the benchmark's networks on the CPU, natively. products: matrix products in Chromium and natively.
                     scores: the examples on images and texts through their whole schedules (three quarters of an hour)
                     long: thousands of steps, whose memory must not grow (half an hour)
  clean              remove everything that was built here
  help               this text
HELP
}

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

. scripts/setup.sh

# step NAME OUTPUT FUNCTION INPUT...: runs FUNCTION unless OUTPUT is there and the inputs' contents are those of its last success.
step() {
  local name=$1 output=$2 function=$3 stamp=".cache/stamps/$3" inputs start=$SECONDS
  shift 3
  inputs=$(find "$@" -type f -exec cksum {} + | LC_ALL=C sort)
  say "$name"
  if [ -e "$output" ] && [ -f "$stamp" ] && [ "$inputs" = "$(cat "$stamp")" ]; then note "unchanged" && return; fi
  mkdir -p .cache/stamps && rm -f "$stamp"
  "$function"
  printf '%s\n' "$inputs" >"$stamp.part" && mv "$stamp.part" "$stamp"
  note "done in $((SECONDS - start)) s"
}

# run NAME COMMAND...: a check or a test run; its failure ends the script.
run() {
  local name=$1 start=$SECONDS
  shift
  say "$name"
  "$@" || die "$name failed."
  note "done in $((SECONDS - start)) s"
}

# replace PART OUTPUT: puts a finished folder in place of the old one.
replace() { rm -rf "$2.old"; [ ! -e "$2" ] || mv "$2" "$2.old"; mv "$1" "$2"; rm -rf "$2.old"; }

# --- The steps of a build -----------------------------------------------------------------------------------------

install_npm_packages() {
  # No install scripts: none of the packages may download anything by itself.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 >.cache/npm.log 2>&1 ||
    die "npm could not install the packages of package-lock.json (see .cache/npm.log): check the network, then try again."
}

install_bench_packages() {
  npm ci --prefix bench --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 >.cache/npm-bench.log 2>&1 ||
    die "npm could not install the packages of bench/package-lock.json (see .cache/npm-bench.log): check the network, then try again."
}

# Panics say what happened, not in which line of whose file: the places are 3 % of what a browser downloads, and paths of the machine that built it. Stable Rust leaves
# them out on request only, which is what RUSTC_BOOTSTRAP is for.
without_places="-Z location-detail=none"

# with_threads COMMAND...: what the second of the engine's modules is compiled with: relaxed SIMD, and memory that threads share. Rust's standard library
# has to be compiled along, again on request only. Overrides .cargo/config.toml.
with_threads() {
  local flags="-C target-feature=+simd128,+relaxed-simd,+atomics,+bulk-memory,+mutable-globals $without_places" argument
  for argument in shared-memory import-memory max-memory=4294967296 export=__wasm_init_tls export=__tls_size export=__tls_align export=__tls_base; do
    flags="$flags -C link-arg=--$argument"
  done
  RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size CARGO_TARGET_DIR=target/threads CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags "$@"
}

# Two modules: one for all browsers, one for those with relaxed SIMD and shared memory (www/core/module.js chooses).
build_engine() {
  local part=.cache/engine.part
  rm -rf $part
  RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128 $without_places" engine_module $part
  with_threads engine_module $part/threads
  node scripts/wasm-size.mjs $part $part/threads
  replace $part .cache/engine
}

# engine_module FOLDER: the engine as cargo's environment has it.
engine_module() {
  local part=$1
  cargo build --release --lib --locked --target wasm32-unknown-unknown ||
    die "the engine could not be built: see cargo's message above (without a network it cannot fetch the crates of Cargo.lock)."
  wasm-bindgen --target web --out-dir "$part" "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/tabgrad.wasm" >.cache/wasm-bindgen.log 2>&1 ||
    die "the engine's bindings could not be made (see .cache/wasm-bindgen.log): run './build.sh clean', then try again."
  # The features are named: with --all-features wasm-opt writes a module that Chromium refuses.
  # Functions with one caller stay apart: local variables are numbered by function, and large ones compress badly (8 %).
  # In the order of their names, like functions lie within gzip's window.
  node node_modules/binaryen/bin/wasm-opt -Oz -ocimfs 1 --reorder-functions-by-name --strip-producers --enable-threads --enable-simd --enable-relaxed-simd --enable-bulk-memory --enable-bulk-memory-opt \
    --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-multivalue \
    "$part/tabgrad_bg.wasm" -o "$part/opt.wasm" >.cache/wasm-opt.log 2>&1 ||
    die "the engine could not be optimised (see .cache/wasm-opt.log): run './build.sh clean', then try again."
  mv "$part/opt.wasm" "$part/tabgrad_bg.wasm"
  node scripts/wasm-imports.mjs "$part/tabgrad_bg.wasm" "$part/tabgrad.js" || die "the engine's imports could not be shortened (see above)."
}

convert_data() {
  rm -rf .cache/data.part
  node scripts/data.mjs node_modules .cache/data.part ||
    die "the data sets could not be made: run './build.sh clean', then try again."
  replace .cache/data.part .cache/data
}

# What the page takes from npm as it is: a reader of JSON that knows where everything stands, and IndexedDB with promises, with its licence.
json_parser=node_modules/@humanwhocodes/momoa/dist/momoa.js
idb=node_modules/idb

assemble_site() {
  rm -rf dist.part && mkdir dist.part
  cp -R www/. dist.part/
  cp -R .cache/engine .cache/data dist.part/
  mkdir -p dist.part/vendor && cp "$json_parser" dist.part/vendor/
  cp $idb/build/index.js dist.part/vendor/idb.js && cp $idb/LICENSE dist.part/vendor/idb-LICENSE
  cp LICENSE-MIT LICENSE-APACHE dist.part/
  node scripts/preload.mjs dist.part || die "what the page begins with could not be found (see above)."
  node scripts/offline.mjs dist.part || die "the list of the files to keep offline could not be made (see above)."
  replace dist.part dist
}

make_package() { node scripts/package.mjs || die "the npm package could not be made (see above)."; }

npm_packages() { step "npm packages" node_modules install_npm_packages package-lock.json; }

build() {
  need_node
  say "Rust and its tools"
  need_rust
  need_std_source
  need_wasm_bindgen
  note "$(rustc --version), $(wasm-bindgen --version)"
  npm_packages
  step "engine (WebAssembly)" .cache/engine build_engine build.sh src kernels plan Cargo.toml Cargo.lock .cargo/config.toml scripts/wasm-imports.mjs scripts/wasm-size.mjs package-lock.json
  step "data sets" .cache/data convert_data scripts/data scripts/data.mjs package-lock.json
  step "site" dist assemble_site build.sh scripts/offline.mjs scripts/preload.mjs scripts/modules.mjs "$json_parser" $idb/build/index.js www .cache/engine .cache/data LICENSE-MIT LICENSE-APACHE
}

package() {
  build
  step "npm package" pkg make_package scripts/package.mjs scripts/modules.mjs docs/package.md tsconfig.json tsconfig.base.json tsconfig.package.json package.json Cargo.toml dist
}

# --- The commands -------------------------------------------------------------------------------------------------

check() {
  build
  run "format" cargo fmt --all --check
  run "layering" node scripts/layers.mjs src kernels/src plan/src
  run "clippy, native" cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
  run "clippy, WebAssembly" cargo clippy --quiet --locked --workspace --all-targets --target wasm32-unknown-unknown -- -D warnings
  run "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps
  run "types, page" node_modules/.bin/tsc --project .
  run "types, service worker" node_modules/.bin/tsc --project tsconfig.sw.json
  run "types, scripts and tests" node_modules/.bin/tsc --project tests
  run "types, benchmark" node_modules/.bin/tsc --project bench
  run "lint (eslint)" node_modules/.bin/eslint .
}

run_tests() {
  build
  need_wasm_pack
  need_browsers
  need_vulkan
  run "tests of the scripts, and of the diagnosis" node --test tests/scripts/*.test.mjs tests/diagnosis/*.test.mjs
  run "native tests" cargo test --locked --workspace
  run "engine tests in Chromium" env WASM_BINDGEN_TEST_TIMEOUT=900 \
    wasm-pack --log-level warn test --mode no-install --headless --chrome --chromedriver "$CHROMEDRIVER" -- --locked --test web
  run "engine tests in Chromium, relaxed SIMD and shared memory" with_threads env WASM_BINDGEN_TEST_TIMEOUT=900 \
    wasm-pack --log-level warn test --mode no-install --headless --chrome --chromedriver "$CHROMEDRIVER" -- --locked --test web
  run "engine tests in Firefox" env CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="node scripts/firefox-runner.mjs" \
    cargo test --locked --target wasm32-unknown-unknown --test web
  run "page tests" node --test --test-concurrency=1 tests/page/*.test.mjs
  run "tests of the npm package" node --test tests/package/*.test.mjs
}

bench_page() { node scripts/bench.mjs || die "the benchmark of the page broke off (see above)."; }

bench_peers() {
  step "npm packages of the benchmark" bench/node_modules install_bench_packages bench/package-lock.json
  node bench/run.mjs || die "the benchmark beside the peers broke off (see above)."
}

bench_profile() {
  need_rust
  local spec
  for spec in tests/plans/specs/*.json; do
    say "$spec"
    cargo run --quiet --release --locked --example profile -- "$spec" || die "the profile broke off (see above)."
  done
}

bench_products() {
  local native
  native=$(cargo run --quiet --release --locked --example products) || die "the products broke off (see above)."
  node bench/run.mjs --only "product tabgrad cpu" --native "$native" || die "the products broke off (see above)."
}

bench_scores() { node scripts/scores.mjs dist || die "the training broke off (see above)."; }

bench_long() { node bench/run.mjs --long || die "memory grew, or a long run broke off (see above)."; }

bench() {
  case "${1:-all}" in
    all | page | peers | products | scores | long) ;;
    profile) bench_profile && return ;;
    *) die "unknown part of the benchmark: $1; there are page, peers, profile, products, scores and long." ;;
  esac
  build
  need_browsers
  case "${1:-all}" in products | scores | long) "bench_$1" && return ;; esac
  [ "${1:-all}" = peers ] || bench_page
  [ "${1:-all}" = page ] || bench_peers
}

case "${1:-help}" in
  serve)
    shift
    build
    say "serving dist/"
    exec node scripts/server.mjs dist "$@"
    ;;
  build) build ;;
  package) package ;;
  check) check ;;
  test) run_tests ;;
  bench) bench "${2:-all}" ;;
  clean)
    rm -rf dist dist.part dist.old pkg pkg.part target node_modules bench/node_modules .cache
    note "removed; the tools in $cache stay for other clones."
    ;;
  help | -h | --help) usage ;;
  *) usage >&2 && die "unknown command: $1" ;;
esac

# What build.sh needs installed, each found or installed by one function. Sourced by build.sh; uses its `die` and `note`.
# Bash 3.2 (macOS) is enough. Nothing here runs twice: each function first looks whether its thing is there.

# Tools and the fallback's build live here, shared by all clones of one user.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/tabgrad"
fallback_toolchain=tabgrad-debian

has() { command -v "$1" >/dev/null 2>&1; }

# limited SECONDS COMMAND...: ends a command that hangs, where the system has `timeout` (macOS has none).
limited() { if has timeout; then timeout "$@"; else shift && "$@"; fi; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# apt_install WHY PACKAGE...: installs Debian packages, or says in one sentence what to install.
apt_install() {
  local why=$1 command log="$cache/apt.log"
  shift
  command="apt-get install --no-install-recommends $*"
  has apt-get || die "$why: install it first (Debian has it as: $*)."
  [ "$(id -u)" = 0 ] || has sudo || die "$why: run this as root, then try again: $command"
  note "installing $*"
  mkdir -p "$cache"
  if [ -z "${apt_updated:-}" ]; then
    as_root apt-get update -qq >"$log" 2>&1 || note "apt-get update failed (see $log): trying with the package lists at hand"
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 ||
    die "$why, and this failed (see $log): $command"
}

need_node() {
  has node && has npm || die "Node.js is missing: install Node.js 20.19 or newer with npm (https://nodejs.org)."
  node --version >/dev/null 2>&1 || die "Node.js is installed but does not start: install it anew, 20.19 or newer (https://nodejs.org)."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    die "Node.js $(node --version) is too old: install 20.19 or newer (https://nodejs.org)."
}

# --- Rust with the target wasm32-unknown-unknown ------------------------------------------------------------------

# has_wasm_target [RUSTC]: compiles a line, because a library that is there may be that of another version.
has_wasm_target() {
  mkdir -p "$cache"
  echo 'pub fn f(v: Vec<u8>) -> usize { v.len() }' |
    "${1:-rustc}" --crate-name probe --crate-type rlib --emit metadata --target wasm32-unknown-unknown --out-dir "$cache" - >/dev/null 2>&1
}

# The ordinary way is `rustup target add`. Where rustup cannot reach its servers, Debian's own Rust is used for everything,
# with a standard library for wasm built from Debian's source package.
need_rust() {
  has cargo && has rustc && has_wasm_target && return
  if has rustup; then
    if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && rustup toolchain list | grep "^$fallback_toolchain" >/dev/null; then
      export RUSTUP_TOOLCHAIN=$fallback_toolchain
      has_wasm_target && return
      unset RUSTUP_TOOLCHAIN
    fi
    note "rustup target add wasm32-unknown-unknown"
    if limited 120 rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && has_wasm_target; then return; fi
    note "rustup cannot download it: trying Debian's Rust instead"
  fi
  has apt-get || has rustc ||
    die "Rust is missing: install it with rustup (https://rustup.rs), then run: rustup target add wasm32-unknown-unknown"
  has apt-get || die "Rust's target for WebAssembly is missing: run 'rustup target add wasm32-unknown-unknown' while online, then try again."
  debian_rust
}

# The standard library's source: it is compiled for threads by us.
need_std_source() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ] && return
  note "rustup component add rust-src"
  has rustup && limited 120 rustup component add rust-src >/dev/null 2>&1 ||
    die "The source of Rust's standard library is missing: run 'rustup component add rust-src' while online, then try again."
}

debian_rust() {
  local packages="rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web gcc libc6-dev"
  note "this installs Debian's Rust for the whole machine, and a standard library for WebAssembly beside it"
  # shellcheck disable=SC2086 # a list of words
  dpkg -s $packages >/dev/null 2>&1 || apt_install "Rust's target for WebAssembly is missing" $packages
  local linker
  linker=$(readlink /usr/bin/rust-lld) || die "Debian's package rust-web-llvm holds no rust-lld: install Rust with rustup (https://rustup.rs)."
  has "$linker" || apt_install "The linker for WebAssembly is missing" "$(basename "$linker")"

  has_wasm_target /usr/bin/rustc || build_std
  if has rustup; then
    rustup toolchain link $fallback_toolchain /usr
    export RUSTUP_TOOLCHAIN=$fallback_toolchain
  fi
  has_wasm_target || die "Debian's Rust does not build WebAssembly here: run 'rustup target add wasm32-unknown-unknown' while online, then try again."
}

build_std() {
  local libdir build="$cache/std" log="$cache/std.log"
  libdir=$(/usr/bin/rustc --print target-libdir --target wasm32-unknown-unknown)
  note "building Rust's standard library for WebAssembly (30 s)"
  rm -rf "$build" && mkdir -p "$build"
  cp -r /usr/src/rustc-*/library "$build/library"
  (cd "$build/library/sysroot" && env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR \
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
    /usr/bin/cargo build --release --target wasm32-unknown-unknown --locked --target-dir "$build/target") >"$log" 2>&1 ||
    die "Building Rust's standard library for WebAssembly failed (see $log): run 'rustup target add wasm32-unknown-unknown' while online."
  as_root rm -rf "$libdir.part" && as_root mkdir -p "$libdir.part"
  as_root cp "$build"/target/wasm32-unknown-unknown/release/deps/*.rlib "$libdir.part"
  as_root rm -rf "$libdir" && as_root mv "$libdir.part" "$libdir"
  rm -rf "$build"
}

# --- Programs built by cargo --------------------------------------------------------------------------------------

# The version of a crate in Cargo.lock.
locked_version() { awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock; }

# cargo_tool PROGRAM PACKAGE [VERSION]: on PATH in that version, or built into the cache and put on PATH.
cargo_tool() {
  local program=$1 package=$2 version=${3:-} root log
  root="$cache/$package${version:+-$version}"
  log="$cache/$package.log"
  PATH="$root/bin:$PATH"
  has "$program" && case "$("$program" --version 2>/dev/null)" in *" $version"*) return ;; esac
  note "building $package $version (2 minutes, once per machine)"
  mkdir -p "$cache"
  # Not --locked: a mirror of the registry may lack the exact versions that the package's own lock file names.
  env -u RUSTFLAGS -u CARGO_TARGET_DIR cargo install --root "$root" "$package" ${version:+--version "$version"} >"$log" 2>&1 ||
    die "Building $package failed (see $log): check the network, then try again (by hand: cargo install $package ${version:+--version $version})."
}

need_wasm_bindgen() { cargo_tool wasm-bindgen wasm-bindgen-cli "$(locked_version wasm-bindgen)"; }
need_wasm_pack() { cargo_tool wasm-pack wasm-pack; }

# --- Browsers and drivers for the tests ---------------------------------------------------------------------------

first_of() { local name; for name in "$@"; do command -v "$name" && return; done; }

# Finds Chromium, its driver and Firefox, and exports where: CHROMIUM, CHROMEDRIVER, FIREFOX (set them to choose others).
need_browsers() {
  local missing=""
  find_browsers
  [ -n "$CHROMIUM" ] || missing="$missing chromium"
  [ -n "$CHROMEDRIVER" ] || missing="$missing chromium-driver"
  [ -n "$FIREFOX" ] || missing="$missing firefox-esr"
  # shellcheck disable=SC2086 # a list of words
  [ -z "$missing" ] || apt_install "The tests need Chromium, its driver and Firefox (missing:$missing)" $missing
  find_browsers
  export CHROMIUM CHROMEDRIVER FIREFOX
}

find_browsers() {
  CHROMIUM=${CHROMIUM:-$(first_of chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" || true)}
  CHROMEDRIVER=${CHROMEDRIVER:-$(first_of chromedriver || true)}
  FIREFOX=${FIREFOX:-$(first_of firefox-esr firefox "/Applications/Firefox.app/Contents/MacOS/firefox" || true)}
}

# On Linux the native tests and Firefox need a Vulkan driver; Mesa's lavapipe runs without a graphics card.
need_vulkan() {
  [ "$(uname -s)" = Linux ] || return 0
  ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json >/dev/null 2>&1 && PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep libvulkan.so.1 >/dev/null && return
  apt_install "The tests need a Vulkan driver" mesa-vulkan-drivers libvulkan1
}

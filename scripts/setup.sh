#!/usr/bin/env bash
# Makes this machine able to build, run and test Afterglow. Does nothing where everything is there.
#
#   scripts/setup.sh node    what the node without a window needs
#   scripts/setup.sh app     that, and what the window needs
#   scripts/setup.sh test    that, and what the tests need
#   scripts/setup.sh bench   that, and what the benchmarks compare with
#
# On Debian and its relatives missing packages are installed with apt-get; elsewhere they are named.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NEXTEST_VERSION=0.9.143
readonly RUST_MINOR=95
readonly NODE_MAJOR=20

readonly NODE_PACKAGES=(build-essential pkg-config cmake nasm ca-certificates ffmpeg libheif-examples
  fonts-dejavu-core fonts-noto-color-emoji)
readonly APP_PACKAGES=(libwebkit2gtk-4.1-dev gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-libav)
readonly TEST_PACKAGES=(webkit2gtk-driver xvfb xauth chromium nftables iproute2
  poppler-utils dbus-daemon openbox curl)
readonly BENCH_PACKAGES=(libvips-tools nginx-light python3-libtorrent uftp syncthing)

main() {
  local goal="${1:-app}" wanted=("${NODE_PACKAGES[@]}")
  case "$goal" in
    node) ;;
    app) wanted+=("${APP_PACKAGES[@]}") ;;
    test) wanted+=("${APP_PACKAGES[@]}" "${TEST_PACKAGES[@]}") ;;
    bench) wanted+=("${APP_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}") ;;
    *) fail "usage: scripts/setup.sh node|app|test|bench" ;;
  esac
  require_rust
  require_node
  if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    install_packages "${wanted[@]}"
  else
    require_commands "$goal"
  fi
  if [[ $goal == test || $goal == bench ]]; then
    require_rust_tools
    install_nextest
  fi
  install_node_modules
}

require_rust() {
  command -v cargo >/dev/null || fail "Rust is missing. Install it from https://rustup.rs, then run this again."
  local version minor
  version="$(rustc --version | cut -d' ' -f2)"
  minor="$(cut -d. -f2 <<<"$version")"
  [[ ${version%%.*} -gt 1 || $minor -ge $RUST_MINOR ]] ||
    fail "Rust $version is too old: 1.$RUST_MINOR or newer is needed. Run: rustup update stable"
}

require_node() {
  command -v npm >/dev/null || fail "npm is missing. Install Node.js $NODE_MAJOR or newer from https://nodejs.org."
  local version
  version="$(node --version)"
  version="${version#v}"
  [[ ${version%%.*} -ge $NODE_MAJOR ]] || fail "Node.js $version is too old: $NODE_MAJOR or newer is needed."
}

require_rust_tools() {
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
    fail "rustfmt or clippy is missing. Run: rustup component add rustfmt clippy"
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; } ||
      fail "These packages are missing. As root, run: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq \
    install -y --no-install-recommends "${missing[@]}"
}

# Where there is no apt-get: says what is not there, by the names that every system knows.
require_commands() {
  local missing=() command
  for command in cc cmake nasm; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  if [[ $(uname -s) == Linux && $1 != node ]]; then
    pkg-config --exists webkit2gtk-4.1 2>/dev/null ||
      missing+=("WebKitGTK 4.1 with its development files, and GStreamer's base, good, bad and libav plugins")
  fi
  if [[ $1 == test || $1 == bench ]]; then
    for command in chromium Xvfb WebKitWebDriver nft ip pdftoppm dbus-daemon openbox curl; do
      command -v "$command" >/dev/null || missing+=("$command")
    done
  fi
  command -v ffmpeg >/dev/null || say "ffmpeg is not there: clips get their poster picture from the viewer instead."
  [[ ${#missing[@]} -eq 0 ]] && return 0
  fail "Please install, with this system's own packages: $(join "${missing[@]}")"
}

install_nextest() {
  cargo nextest --version >/dev/null 2>&1 && return 0
  say "Installing cargo-nextest $NEXTEST_VERSION"
  env -u CARGO_TARGET_DIR cargo install "cargo-nextest@$NEXTEST_VERSION" --locked
}

# npm ci removes and fetches everything, so it runs only when the lockfile is not the one that is installed.
install_node_modules() {
  local stamp=node_modules/.afterglow-lock lock
  lock="$(cksum package-lock.json package.json)"
  [[ -f $stamp && $(<"$stamp") == "$lock" ]] && return 0
  say "Installing Node packages"
  npm ci --no-audit --no-fund
  printf '%s\n' "$lock" >"$stamp"
}

join() {
  local all
  all="$(printf '%s, ' "$@")"
  printf '%s' "${all%, }"
}

say() {
  printf '\033[1m%s\033[0m\n' "$*"
}

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

main "$@"

#!/usr/bin/env bash
# Keeps a build directory that many clones share below a size: each clone leaves its own copy of our crates there.
#
#   scripts/prune-target.sh DIRECTORY GIGABYTES
set -euo pipefail

readonly target="${1:?which directory}" limit_gb="${2:?how many gigabytes}"

main() {
  [[ -d $target ]] || return 0
  # Whatever cargo did not make is left alone.
  [[ -f $target/CACHEDIR.TAG ]] || return 0
  is_over || return 0
  echo "prune: $target holds $(size_gb) GB, more than $limit_gb GB: removing what we built ourselves"
  remove_ours
  is_over || return 0
  echo "prune: still $(size_gb) GB: removing the dependencies too"
  rm -rf -- "${target:?}"/{debug,release,mobile-check}
}

# Our crates are those of every clone; what comes from the registry has the same name everywhere and stays.
remove_ours() {
  local crate
  rm -rf -- "${target:?}"/debug/incremental
  for crate in afterglow glow_model glow_api glow_sync glow_store glow_blobs glow_media glow_net glow_engine \
    glow_gateway glow_node lanbox tests architecture scenarios sim netns; do
    rm -rf -- "${target:?}"/debug/deps/{,lib}"$crate"-* "${target:?}"/debug/{.fingerprint,build}/"${crate//_/-}"-*
  done
}

is_over() {
  [[ $(size_gb) -ge $limit_gb ]]
}

size_gb() {
  du -s --block-size=1G -- "$target" | cut -f1
}

main

#!/usr/bin/env bash
# Runs every fuzz target for some seconds and fails on the first crash; what crashed is kept in fuzz/artifacts.
#
#   tests/fuzz.sh SECONDS [TARGET...]
#
# libFuzzer with coverage counters works on a stable toolchain: the counters are an LLVM pass, and only the sanitisers
# of memory need a nightly one. They would find nothing: no code of ours is unsafe. `--target` keeps the flags away
# from build scripts. A C++ compiler is needed, cargo-fuzz is not (but `cargo fuzz run -s none TARGET` works too).
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
[ $# -ge 1 ] || { echo 'usage: tests/fuzz.sh SECONDS [TARGET...]' >&2; exit 2; }
seconds=$1
shift

host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target_dir
export RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module
 -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
 -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=($(ls fuzz_targets | sed 's/\.rs$//'))

build=(cargo build --quiet --release --target "$host")
for target in "${targets[@]}"; do build+=(--bin "$target"); done
"${build[@]}"

for target in "${targets[@]}"; do
  found=$target_dir/corpus/$target
  mkdir -p "$found" "artifacts/$target"
  echo "fuzz $target for $seconds s"
  log=$target_dir/$target.log
  if ! "$target_dir/$host/release/$target" "$found" "corpus/$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=8192 -artifact_prefix="artifacts/$target/" > "$log" 2>&1; then
    tail -n 40 "$log"
    echo "fuzz: $target failed; the input is in fuzz/artifacts/$target" >&2
    exit 1
  fi
  grep -E 'DONE|^Done' "$log" | tail -n 2
done

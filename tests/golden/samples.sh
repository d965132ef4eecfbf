#!/usr/bin/env bash
# samples.sh LETHE SOURCE_DIR: replays examples/captures with a seed and a fixed clock and compares
# what each recipient gets, and the summary, with expected/. LETHE_UPDATE=1 writes expected/ anew.
set -euo pipefail
lethe=$(realpath "$1")
cd "$2/examples"
expected=../tests/golden/expected
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

compare() {
    if [ "${LETHE_UPDATE:-}" = 1 ]; then
        cp "$scratch/$1" "$expected/$1"
    elif ! diff -u "$expected/$1" "$scratch/$1"; then
        failed=1
    fi
}

for recipient in analytics crashes research; do
    "$lethe" replay -c lethe.yaml --consent captures/consent.ndjson --clock 2026-01-02T04:00:00Z \
        --seed 1 --recipient "$recipient" --quiet -o - captures/click.ndjson captures/crash.ndjson \
        captures/device.ndjson >"$scratch/$recipient.ndjson" 2>"$scratch/$recipient.raw"
    # Times and rates differ from run to run; counts do not.
    sed 's/ in [0-9.]* s: [0-9.]* MB\/s//' "$scratch/$recipient.raw" >"$scratch/$recipient.summary"
    compare "$recipient.ndjson"
    compare "$recipient.summary"
done
exit "$failed"

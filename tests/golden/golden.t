#!/bin/sh
# golden.t - each scenario still gives what was expected
#
# usage: golden.t [--update]
#
# A scenario is a folder beside this script with the files `scenario` and `expected`.  With
# --update (make golden-update) `expected` is written anew: look at the difference before you
# commit it.
#
# SPDX-License-Identifier: Apache-2.0
set -u

here=${TEQUIO_SOURCE:?}/tests/golden
play=${TEQUIO_BUILD:?}/tests/golden/scenario

if test "${1-}" = --update; then
    for scenario in "$here"/*/scenario; do
        "$play" "$scenario" >"${scenario%scenario}expected" || exit 1
    done
    exit 0
fi

seen=$(mktemp) || exit 1
trap 'rm -f "$seen"' EXIT
set -- "$here"/*/scenario
echo "1..$#"
number=0
for scenario in "$@"; do
    folder=$(dirname "$scenario")
    number=$((number + 1))
    name=$(basename "$folder")
    if "$play" "$scenario" >"$seen" && difference=$(diff -u "$folder/expected" "$seen"); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "${difference-}" | sed 's/^/# /'
    fi
done

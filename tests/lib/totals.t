#!/bin/sh
# totals.t - totals counts what automake and TAP say, and knows failure from success
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

suite() { # PASS SKIP XFAIL FAIL XPASS ERROR
    printf '# TOTAL: %d\n# PASS:  %d\n# SKIP:  %d\n# XFAIL: %d\n# FAIL:  %d\n' \
        $(($1 + $2 + $3 + $4 + $5 + $6)) "$1" "$2" "$3" "$4"
    printf '# XPASS: %d\n# ERROR: %d\n\nFAIL: one\n# TOTAL is no summary here\nok 7\n' "$5" "$6"
}

number=0
says() { # STATUS OUTPUT LOG...
    number=$((number + 1))
    expected="$2
status $1"
    shift 2
    output=$(./totals "$@"; echo "status $?")
    if [ "$output" = "$expected" ]; then
        echo "ok $number - $(echo "$output" | tr '\n' ' ')"
    else
        echo "not ok $number"
        printf '%s\n' "$output" "instead of" "$expected" | sed 's/^/# /'
    fi
}

suite 10 0 0 0 0 0 >"$work/good"
suite 5 2 1 1 1 1 >"$work/bad"
printf '1..3\nok 1 - a\nok 2 - b\nok 3 - c # SKIP no such tool\n' >"$work/tap"
printf '1..2\nok 1 - a\nnot ok 2 - b\n# ok 3 in a comment\n' >"$work/tap-bad"
: >"$work/empty"

says 0 "10 passed, 0 failed" "$work/good"
says 0 "20 passed, 0 failed" "$work/good" "$work/empty" "$work/good"
says 1 "2 skipped
16 passed, 3 failed" "$work/good" "$work/bad"
says 0 "1 skipped
12 passed, 0 failed" "$work/good" "$work/tap"
says 1 "1 passed, 1 failed" "$work/tap-bad"
says 1 "0 passed, 0 failed" "$work/empty"

echo "1..$number"

#!/bin/sh
# translations.t - every text of the client has its translation, and formats agree
#
# SPDX-License-Identifier: Apache-2.0
set -u

source=${TEQUIO_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
for program in xgettext msgcmp msgfmt; do
    command -v "$program" >/dev/null || {
        echo "1..0 # SKIP $program is missing: apt-get install gettext"
        exit 0
    }
done
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

number=0
result() { # STATUS NAME
    number=$((number + 1))
    if [ "$1" = 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$work/said"
    fi
}

"$source/po/extract" "$source" >"$work/tequio.pot" 2>"$work/said"
test -s "$work/tequio.pot" && ! test -s "$work/said"
result $? "texts can be extracted"

for catalogue in "$source"/po/*.po; do
    name=$(basename "$catalogue" .po)
    msgcmp "$catalogue" "$work/tequio.pot" >"$work/said" 2>&1
    result $? "$name: nothing is missing or doubtful"
    msgfmt --check --output-file=/dev/null "$catalogue" >"$work/said" 2>&1
    result $? "$name: formats agree"
    grep '^#~' "$catalogue" >"$work/said"
    test ! -s "$work/said"
    result $? "$name: nothing is left of texts that are gone"
done
echo "1..$number"

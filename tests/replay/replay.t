#!/bin/sh
# replay.t - replays give the schedules that they gave before, and those that were published
#
# usage: replay.t [--update]
#
# expected/POLICY is what `tequio simulate` prints of small.swf under that policy, without the
# lines that depend on the machine, and the starts of its jobs.  With --update (make
# replay-update) all are written anew: look at the difference before you commit it.
#
# Where TEQUIO_TRACES (or ../shared/traces beside the source) has logs with published schedules,
# each start is compared with them.
#
# SPDX-License-Identifier: Apache-2.0
set -u

here=${TEQUIO_SOURCE:?}/tests/replay
simulate=${TEQUIO_BUILD:?}/scheduler/tequio-simulate
traces=${TEQUIO_TRACES-$TEQUIO_SOURCE/../shared/traces}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

replay() { # POLICY
    "$simulate" --policy "$1" --starts "$work/starts" "$here/small.swf" |
        sed -e '/^log /d' -e '/^CPU time /d' -e '/^decisions /d' && cat "$work/starts"
}

if test "${1-}" = --update; then
    for expected in "$here"/expected/*; do
        replay "$(basename "$expected")" >"$expected" || exit 1
    done
    exit 0
fi

number=0
result() { # STATUS NAME
    number=$((number + 1))
    if test "$1" = 0; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$work/said" | head -n 40
    fi
}

# --- the small log ---------------------------------------------------------------------------------

for expected in "$here"/expected/*; do
    policy=$(basename "$expected")
    replay "$policy" >"$work/seen" 2>"$work/said" && diff -u "$expected" "$work/seen" >>"$work/said"
    result $? "$policy: the schedule is as expected"
done

gzip -c "$here/small.swf" >"$work/small.swf.gz"
"$simulate" "$work/small.swf.gz" --starts "$work/packed" --gantt "$work/picture.svg" --json \
    >"$work/json" 2>"$work/said" &&
    "$simulate" --starts "$work/plain" - <"$here/small.swf" >/dev/null 2>>"$work/said" &&
    cmp "$work/packed" "$work/plain" >>"$work/said" 2>&1
result $? "a compressed log and standard input are read alike"

grep -q '"jobs": 236, "left_out_idle": 3, "left_out_large": 1' "$work/json" &&
    test "$(grep -c '"slowdown"' "$work/json")" = 2 &&
    grep -q '^<svg .*' "$work/picture.svg" && test "$(grep -c '<title>' "$work/picture.svg")" -ge 236 &&
    tail -n 1 "$work/picture.svg" | grep -q '^</svg>$'
result $? "JSON and picture show the jobs"

"$simulate" --shake 30 --runs 3 --seed 7 "$here/small.swf" 2>"$work/said" | grep -v -e '^CPU' -e '^dec' \
    >"$work/first" &&
    "$simulate" --shake 30 --runs 3 --seed 7 "$here/small.swf" 2>>"$work/said" |
    grep -v -e '^CPU' -e '^dec' >"$work/second" &&
    cmp "$work/first" "$work/second" >>"$work/said" 2>&1 &&
    test "$(awk '/^ *[123] /{print $2}' "$work/first" | sort -u | wc -l)" = 3
result $? "the same seed shakes alike, each run otherwise"

"$simulate" --cores-per-node 4 --nodes 8 --starts "$work/nodes" "$here/small.swf" >"$work/said" 2>&1 &&
    test "$(wc -l <"$work/nodes")" = 236
result $? "nodes instead of a pool"

# --- what it refuses -------------------------------------------------------------------------------

refuses() { # STATUS TEXT ARGUMENT...
    wanted=$1 text=$2
    shift 2
    "$simulate" "$@" >/dev/null 2>"$work/said" </dev/null
    status=$?
    test "$status" = "$wanted" && grep -q -e "$text" "$work/said"
    result $? "refused: $text"
}
refuses 1 'give a log to replay'
refuses 1 'no policy "soonest"' --policy soonest "$here/small.swf"
refuses 2 'No such file' "$work/nowhere.swf"
refuses 1 'no job that ran' -
refuses 1 '1 to 10000 are right' --runs 0 "$here/small.swf"
sed -e '/^;/d' "$here/small.swf" | awk 'NR == 3 { $4 = "many" } { print }' >"$work/broken.swf"
refuses 1 "broken.swf:3: field 4 (run time) is \"many\"" "$work/broken.swf"
sed -e '/^;/d' "$here/small.swf" >"$work/headless.swf"
refuses 1 'give --nodes' "$work/headless.swf"
head -c 1500 "$work/small.swf.gz" >"$work/torn.swf.gz"
refuses 7 'cannot be read after line' "$work/torn.swf.gz"

# --- what was published ----------------------------------------------------------------------------

published() { # LOG WAITS COLUMN PROCESSORS POLICY
    log=$traces/$1 waits=$traces/sc15/$2
    if ! test -r "$log" || ! test -r "$waits"; then
        number=$((number + 1))
        echo "ok $number - $5 on $(basename "$1") # SKIP no traces"
        return
    fi
    "$simulate" --policy "$5" --nodes "$4" --starts "$work/starts" "$log" >/dev/null 2>"$work/said" &&
        gunzip -c "$log" | awk '!/^;/ { print "s", $1, $2 }' >"$work/submitted" &&
        gunzip -c "$waits" | awk -v column="$3" '
            FNR == 1 { file++ }
            file == 1 { submitted[$2] = $3 }
            file == 2 { start[$1] = $2 }
            file == 3 && FNR > 1 {
                seen++
                if (!($1 in start) || start[$1] - submitted[$1] != $column)
                    if (++differ <= 5)
                        print "job " $1 " starts at " start[$1] ", published: " submitted[$1] + $column
            }
            END { print differ + 0 " of " seen + 0 " starts differ"; exit differ > 0 || !seen }
        ' "$work/submitted" "$work/starts" - >>"$work/said"
    result $? "$5 on $(basename "$1") gives the published starts"
}
published KTH-SP2-1996-2.swf.gz KTH-SP2.sc15.waits.tsv.gz 3 100 easy-clairvoyant
published KTH-SP2-1996-2.swf.gz KTH-SP2.sc15.waits.tsv.gz 2 100 easy
published sc15/CTC-SP2.sc15.swf.gz CTC-SP2.sc15.waits.tsv.gz 3 338 easy-clairvoyant
published CEA-Curie-2011-2.1-cln.swf.gz CEA-Curie.sc15.waits.tsv.gz 3 80640 easy-clairvoyant

echo "1..$number"

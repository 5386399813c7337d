#!/bin/sh
# federation.t - several sites as one network: less waiting, the owners' nodes in time, books that add up
#
# The small version: six sites, the log of make-log.  The large one is `figures`, beside this.
#
# SPDX-License-Identifier: Apache-2.0
set -u

here=${TEQUIO_SOURCE:?}/tests/simulation/federation
simulate=${TEQUIO_BUILD:?}/scheduler/tequio-simulate
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

number=0
result() { # STATUS NAME
    number=$((number + 1))
    if test "$1" = 0; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' said | head -n 40
    fi
}

value() { # KEY: the first one of that name
    sed -n "s/.*\"$1\": \\([-0-9.a-z]*\\).*/\\1/p" json | head -n 1
}

sh "$here/make-log" >log.swf
sites="--sites 6 --nodes 4 --cores-per-node 4 --seed 6"

# shellcheck disable=SC2086
"$simulate" $sites --guarantee 2 --guarantee-within 30m --at-home 30 --gantt picture.svg --json log.swf \
    >json 2>said && cat json >>said &&
    awk -v wait="$(value wait_fall_percent)" -v slow="$(value slowdown_fall_percent)" \
        'BEGIN { exit !(wait >= 50 && slow >= 50) }'
result $? "waits and slowdowns fall to less than half"

# Of all: the first line that has it.
grep -m 1 '"owners_waited"' json | grep -q '"owners_waited": [1-9].*"owners_late": 0$\|"owners_waited": [1-9].*"owners_late": 0}'
result $? "owners who wait within their guarantee have their nodes in time"

test "$(value adds_up)" = true &&
    awk '/"site":/ { if (match($0, /"net_core_s": -?[0-9]+/)) { sum += substr($0, RSTART + 14, RLENGTH - 14); sites++ } }
         END { exit !(sites == 6 && sum == 0) }' json &&
    awk '/"site":/ && !/"lent_core_s": 0,/ { lent++ } END { exit lent != 6 }' json
result $? "each lends, and what all lent and used adds up"

grep -q '^<svg .*' picture.svg && test "$(grep -c '<rect .*<title>' picture.svg)" = 30 &&
    tail -n 1 picture.svg | grep -q '^</svg>$'
result $? "the picture shows each site's waits, slowdowns and net contribution"

# shellcheck disable=SC2086
"$simulate" $sites --guarantee 2 --guarantee-within 30m --at-home 30 log.swf >text 2>said && cat text >>said &&
    test "$(grep -c '^s[1-6] ' text)" = 6 && grep -q '^all  *2429 ' text && grep -q 'by the books, adds up' text
result $? "the table has a line for each site, and one for all"

# A site that has all its nodes guaranteed lends what its owners do not wait for, and that is short work.
# shellcheck disable=SC2086
"$simulate" $sites --at-home 0 --json log.swf >json 2>said &&
    open=$(value wait_fall_percent) &&
    "$simulate" $sites --at-home 0 --guarantee 4 --json log.swf >json 2>>said &&
    awk -v open="$open" -v kept="$(value wait_fall_percent)" 'BEGIN { exit !(open > kept + 20) }'
result $? "the more is guaranteed, the less there is to gain"

refuses() { # STATUS TEXT ARGUMENT...
    wanted=$1 text=$2
    shift 2
    "$simulate" "$@" >/dev/null 2>said </dev/null
    status=$?
    test "$status" = "$wanted" && grep -q -e "$text" said
    result $? "refused: $text"
}
refuses 1 'at most 64 are right' --sites 65 log.swf
refuses 1 '0 to 100 are right' --sites 2 --at-home 101 log.swf
refuses 1 'guarantee goes with --sites' --guarantee 2 --cores-per-node 4 log.swf
refuses 1 'guarantee goes with --cores-per-node' --sites 2 --guarantee 2 log.swf
refuses 1 'needs a policy with EASY backfill' --sites 2 --guarantee 2 --cores-per-node 4 --policy conservative log.swf
refuses 1 'goes without --runs, --shake and --starts' --sites 2 --runs 2 log.swf
refuses 1 'soon' --sites 2 --cores-per-node 4 --guarantee 1 --guarantee-within soon log.swf
refuses 1 'too few for 60 institutions' --sites 60 --nodes 16 log.swf

echo "1..$number"

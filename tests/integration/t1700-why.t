#!/usr/bin/env bash
# Why a job waits, what would help, and what would become of one: told, and true
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Blockers, jobs in front, the start, the cost, and advice that holds'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}

job_is() { # JOB STATE
    test "$(me queue -h -j "$1" -o %T)" = "$2"
}

# What of the JSON object on standard input: an expression of `o`.
json() {
    python3 -c "
import json, sys
o = json.load(sys.stdin)
assert $1, o"
}

test_expect_success 'a network with work: one node is full, one has half of its cores free' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:1 numa:1 core:8 pu:1" &&
    network_until "both nodes are idle" network_idle 2 &&
    for options in "-N 1 -n 4 -w n1" "-N 1 -n 4 -w n2"; do
        job=$(submit --output /dev/null -t 30 $options --wrap "sleep 600") &&
        network_until "it runs" job_is "$job" RUNNING || return 1
    done
'

test_expect_success 'a job that is too wide for now: what it needs, and when it starts' '
    wide=$(submit --output /dev/null -N 1 -n 8 -t 20 --wrap true) &&
    me why "$wide" >out && cat out &&
    grep -qE "^shortage +Resources +cc/[a-z]+ +8 cores on one node +[0-9]+ cores free" out &&
    grep -q "^planned start:" out && grep -q "^at the latest" out && grep -q "^cost on cc: " out &&
    me why "$wide" --json | json "o[\"complete\"] and o[\"planned\"] and o[\"cost\"] and \
        o[\"earliest\"] <= o[\"planned\"] <= o[\"latest\"]" &&
    me why "$wide" --json | json "[b[\"tier\"] for b in o[\"blockers\"]] == [\"shortage\"]"
'

test_expect_success 'the advice is true' '
    grep -q -- "--ntasks=4 it would start now on cc/[a-z]* (n2)" out &&
    job=$(submit --output /dev/null -N 1 -t 20 --ntasks=4 --wrap true) &&
    me wait "$job" && test "$(history_of "$job" NodeList)" = n2 && me cancel "$wide"
'

test_expect_success 'who waits behind another is told whose turn it is' '
    first=$(submit --output /dev/null -N 1 -n 8 -t 60 --wrap true) &&
    behind=$(submit --output /dev/null -N 1 -n 4 -t 50 --wrap true) &&
    me why "$behind" >out && cat out &&
    grep -qE "^turn +Priority .* the turn of job $first" out &&
    grep -q "^in front: 1 job that asks for 8 cores" out &&
    grep -qE "^ +$first tester" out &&
    grep -q -- "--time=00:2[0-9]:00 it would start now" out &&
    time=$(sed -n "s/.*with \(--time=[0-9:]*\) .*/\1/p" out) &&
    job=$(submit --output /dev/null -N 1 -n 4 "$time" --wrap true) && me wait "$job" &&
    test "$(history_of "$job" State)" = COMPLETED
'

test_expect_success 'a job that is only tested: the same, its cost, and nothing is changed' '
    me queue -o jobid,state,reason >before && me quota >quota-before &&
    me submit --test-only -N 1 -n 2 -t 10 --wrap true >out && cat out &&
    grep -q "would be accepted" out && grep -q "^would start now on cc/[a-z]* (n2)" out &&
    grep -q "^cost on cc: .* SU at most (2 cores, 00:10:00, factor 1)" out &&
    me submit --test-only -N 2 -n 12 -t 10 --wrap true >out && cat out &&
    grep -qE "^shortage +Resources" out && grep -qE "^turn +Priority" out &&
    grep -q "^at the latest" out &&
    me queue -o jobid,state,reason >after && me quota >quota-after &&
    test_cmp before after && test_cmp quota-before quota-after
'

test_expect_success 'of an array, of copies and of components what becomes of all of them' '
    me submit --test-only -N 1 -n 2 -t 10 --array=0-4 --wrap true >out && cat out &&
    grep -q "^[1-4] of 5 would start now, the first on cc/[a-z]* (n2)" out &&
    grep -q "^where, as foreseen: cc/[a-z]* (n[12])" out &&
    grep -q "^the last of them at the latest: " out && grep -q "; all 5 of them: .* SU$" out &&
    me submit --test-only -N 1 -n 1 -t 10 : -N 1 -n 1 --wrap true >out && cat out &&
    grep -qE "^(would start now on|shortage +Resources)" out &&
    test_must_fail me submit --test-only -N 1 -n 99 --array=0-4 --wrap true 2>err && cat err &&
    me queue -o jobid,state,reason >after && test_cmp before after
'

test_expect_success 'the history is a log that can be replayed' '
    test_when_finished "rm -f log.swf" && me history --swf log.swf && cat log.swf &&
    grep -q "^; MaxProcs: 12$" log.swf && test "$(grep -vc "^;" log.swf)" = 2 &&
    "$net_bin/tequio" simulate --policy easy log.swf >out && cat out &&
    grep -qE "^ *jobs +2\b" out
'

# How often that is, is a matter of time, and slow clients must ask for longer.
ask_often() {
    local i asked=
    for i in $(seq 30); do
        me why "$first" --json >why-$i &
        asked="$asked $!"
    done
    wait $asked || return 1
    for i in $(seq 30); do
        json "o[\"blockers\"]" <why-$i || return 1
    done
    cat why-* >>answers
}

test_expect_success 'who asks too often gets at once what needs no trial' '
    for round in 1 2 3 4 5; do
        ask_often || return 1
        ! grep -q "\"complete\": false" answers || break
    done &&
    grep -q "\"complete\": false" answers && grep -q "\"complete\": true" answers
'

test_expect_success 'the scheduler ends in time, and has no copies left' '
    { me why "$first" >out 2>&1 & } && network_stop
'

test_done

#!/usr/bin/env bash
# A cluster lends its nodes and has them back in time, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='What is guaranteed to the owners of a cluster, they get'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}
# Somebody of another institution.
guest() {
    network_as guest submit --parsable --chdir "$net_dir/work" --output /dev/null --clusters cc -n 2 "$@" | cut -d ";" -f 1
}
job_is() { # JOB STATE REASON
    test "$(tequio queue -h -j "$1" -o "%T %r")" = "$2 $3"
}
runs() { # JOB
    job_is "$1" RUNNING None
}
shown() { # FIELD of the cluster
    tequio clusters show cc --json --format "$1" | python3 -c "import json, sys; print(list(json.load(sys.stdin)[0].values())[0])"
}

test_expect_success 'a network whose cluster keeps a node for its owners' '
    network_scheduler <<-END &&
	heartbeat = "1s"
	node-suspect-after = "2s"
	node-silent-after = "4s"
	kill-wait = "2s"
	cluster "cc" {
	    institution = "uni"
	    owners-first = true
	    guarantee = 1
	    guarantee-within = "30s"
	    partition "all" { default = true limit = "1h" default-limit = "10m" }
	}
	cluster "far" {
	    institution = "ipn"
	    lend-hours = "22:00-06:30"
	    factor = 1.5
	    partition "all" { default = true limit = "1h" }
	}
	qos "normal" { default = true }
	qos "scrap" { opportunistic = true preempt-mode = "requeue" }
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad" && tequio admin institution add ipn --title "Instituto" &&
    tequio admin project add science --institution uni && tequio admin project add bio --institution ipn &&
    tequio admin user add tester --project science && tequio admin user add guest --project bio &&
    tequio admin grant add --institution uni --amount 1000 && tequio admin grant add --institution ipn --amount 1000 &&
    network_person tester && network_person guest &&
    network_node n1 cc "synthetic:package:1 core:2 pu:1" && network_node n2 cc "synthetic:package:1 core:2 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'guests who stay leave the node alone, and are told; who gives way may have it' '
    stays=$(guest -t 30 --wrap "sleep 600") && network_until "it runs" runs "$stays" &&
    waits=$(guest -t 30 --wrap "sleep 600") && job_is "$waits" PENDING GuaranteedToOwners &&
    network_as guest why "$waits" >out && cat out && grep -q "1 node is uni.s within 00:00:30" out &&
    scrap=$(guest -t 30 --qos scrap --wrap "sleep 600") && network_until "it runs" runs "$scrap"
'

test_expect_success 'the cluster is shown, with what it lends and guarantees' '
    tequio clusters show cc >out && cat out && grep -q "^ *GUARANTEED  1$" out && grep -q "^ *WITHIN  00:00:30$" out &&
    ! grep HOURS out && tequio clusters show >out && test "$(grep -c " CLUSTER  " out)" = 2 &&
    grep -q "^LENDS_HOURS  22:00-06:30$" out && grep -q "^ *PRICE  1.5$" out &&
    test "$(shown guaranteed) $(shown own) $(shown lent) $(shown idle) $(shown silent)" = "1 0 4 0 0" &&
    tequio clusters far --noheader >out && test "$(wc -l <out)" = 1 && ! grep -q 1.5 out &&
    test_expect_code 2 tequio clusters show fat 2>err && cat err && grep -q "no cluster \"fat\": did you mean far?" err
'

test_expect_success 'the owners have it in time' '
    begun=$SECONDS && mine=$(submit --clusters cc -n 2 -t 30 --output /dev/null --wrap "sleep 600") && mine=${mine%;*} &&
    network_until "it runs" runs "$mine" && test $((SECONDS - begun)) -le 30 &&
    runs "$stays" && test "$(tequio queue -h -j "$scrap" -o %T)" = PENDING && test "$(shown own) $(shown lent)" = "1 2"
'

test_expect_success 'all is cancelled' '
    me cancel "$mine" && network_as guest cancel "$stays" "$waits" "$scrap" &&
    network_until "the nodes are idle" network_idle 2
'

test_done

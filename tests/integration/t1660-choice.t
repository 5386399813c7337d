#!/usr/bin/env bash
# Where a job is done first: speed, stage-in and the start weigh, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Of several clusters a job gets the one in which it is done first'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}

job_is() { # JOB STATE
    test "$(me queue -h -j "$1" -o %T)" = "$2"
}

nodes_are_back() {
    test "$(tequio nodes -h -o state n1)" = allocated && test "$(tequio nodes -h -o state f1)" = idle
}

test_expect_success 'a network with a near cluster and a fast one behind a slow line comes up' '
    network_scheduler <<-\END &&
	heartbeat = "1s"
	kill-wait = "2s"
	finish-gain = "10m"
	cluster "near" {
	    institution = "uni"
	    stage-rate = "100M"
	    partition "all" { default = true limit = "1d" }
	}
	cluster "fast" {
	    institution = "uni"
	    speed = 2.0
	    stage-rate = "10M"
	    partition "all" { default = true limit = "1d" }
	}
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad de Prueba" &&
    tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 &&
    network_person tester &&
    network_node n1 near "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_node f1 fast "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'without data the fast one, with much data the near one' '
    job=$(submit --output where -t 2:00:00 --wrap hostname) && me wait "$job" &&
    test "$(cat "$net_dir/work/where")" = f1 &&
    job=$(submit --output where2 -t 2:00:00 --stage-size 40G --wrap hostname) && me wait "$job" &&
    test "$(cat "$net_dir/work/where2")" = n1
'

test_expect_success 'it waits for the near one where it is done sooner there, and is told why' '
    full=$(submit --output /dev/null -w n1 -n 4 -t 1:00:00 --wrap "sleep 600") &&
    network_until "it runs" job_is "$full" RUNNING &&
    job=$(SBATCH_STAGE_SIZE=100G submit --output where3 -H -n 4 -t 1:00:00 --wrap hostname) &&
    network_end scheduler -KILL &&
    sed -i -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" \
        -e "s|^listen-agents = .*|listen-agents = \"$net_agents\"|" "$net_dir/etc/scheduler.conf" &&
    network_scheduler_start &&
    network_until "both nodes are back" nodes_are_back &&
    me release "$job" &&
    me queue -h -j "$job" -o %r >out && grep -qx FinishesSooner out &&
    me why "$job" >out && cat out &&
    grep -q "near: done .* stage-in 00:17:04" out && grep -q "stage-in 02:50:40" out &&
    grep -qE "^near +[^ ]+ 00:00:00 00:17:04 01:00:00  1.00 " out &&
    grep -qE "^fast +[^ ]+ 00:00:00 02:50:40 00:30:00  2.00 " out
'

test_expect_success 'it starts there as soon as that is free' '
    me cancel "$full" && me wait "$job" &&
    test "$(cat "$net_dir/work/where3")" = n1
'

test_done

#!/usr/bin/env bash
# When a job may start: dependencies, times, limits, priorities, switches, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='What a job waits for is told in letters that users of Slurm know, and holds'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}

queued() { # JOB FORMAT
    me queue -h -j "$1" -o "$2"
}

ended() { # JOB STATE
    me wait -Q "$1" 2>wait.err
    test "$(me history -n -X -P -o State -j "$1")" = "$2"
}

test_running() { # JOB
    test "$(queued "$1" %T)" = RUNNING
}

is() { # JOB WORDS: state, reason and time limit
    test "$(queued "$1" "%t %r %l")" = "$2"
}

test_expect_success 'a network under the policy multifactor comes up' '
    network_scheduler <<-\END &&
	heartbeat = "1s"
	node-suspect-after = "2s"
	node-silent-after = "4s"
	kill-wait = "2s"
	policy = multifactor
	priority { age = 0 fair-share = 0 size = 4000 partition = 1000 qos = 2000 }
	qos "normal" { default = true }
	qos "high" { priority = 65535 }
	cluster "cc" {
	    institution = "uni"
	    partition "all" { default = true limit = "1d" default-limit = "10m" }
	    partition "urgent" { priority = 65535 limit = "1d" }
	    switch "leaf1" { nodes = "n1" }
	    switch "leaf2" { nodes = "n2" }
	    switch "root" { switches = "leaf[1-2]" }
	}
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad de Prueba" &&
    tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 &&
    network_person tester &&
    network_node n1 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'dependencies: all of them with commas, one of them with question marks' '
    good=$(submit -H --wrap true) && bad=$(submit -H --wrap false) &&
    all=$(submit -d "afterok:$good,afternotok:$bad" --wrap true) &&
    any=$(submit -d "afterok:$bad?afterany:$good" --wrap true) &&
    never=$(submit -d "afterok:$good,afterok:$bad" --wrap true) &&
    behind=$(submit -d "afterok:$never" --wrap true) &&
    is "$all" "PD Dependency 00:10:00" && is "$any" "PD Dependency 00:10:00" &&
    me release "$good" && ended "$any" COMPLETED && is "$all" "PD Dependency 00:10:00" &&
    me release "$bad" && ended "$all" COMPLETED &&
    ended "$never" CANCELLED && ended "$behind" CANCELLED &&
    me why "$never" >out && grep -q DependencyNeverSatisfied out && grep -q "$bad" out
'

test_expect_success 'one at a time, and so long after another has started' '
    first=$(submit -J step -H --wrap true) &&
    second=$(submit -J step -d singleton --wrap true) &&
    is "$second" "PD Dependency 00:10:00" &&
    me release "$first" && ended "$second" COMPLETED &&
    later=$(submit -d "after:$first+60" --wrap true) &&
    is "$later" "PD Dependency 00:10:00" && me cancel -Q "$later"
'

test_expect_success 'a deadline ends what runs, and what could not end in time is refused or ended' '
    runs=$(submit -t UNLIMITED --deadline now+3seconds --output /dev/null --wrap "sleep 600") &&
    ended "$runs" DEADLINE &&
    test_must_fail submit -t 2:00:00 --deadline now+1hour --wrap true 2>err &&
    grep -q deadline err
'

test_expect_success 'before maintenance a limit is cut to what is left, if it may be' '
    tequio reservation create repair --maintenance -w "n[1-2]" --start now+30minutes --duration 1:00:00 &&
    waits=$(submit -t 1:00:00 --wrap true) &&
    is "$waits" "PD ReservedForMaintenance 01:00:00" &&
    cut=$(submit -t 1:00:00 --time-min 10 --output /dev/null --wrap "sleep 600") &&
    network_until "it runs" test_running "$cut" &&
    queued "$cut" "%l" >out && cat out && grep -qE "^00:2[5-9]:[0-9]{2}$" out &&
    tequio reservation delete repair && ended "$waits" COMPLETED && me cancel -Q "$cut"
'

test_expect_success 'few switches: so long it waits for them' '
    job=$(submit -N 2 --switches 1@1h --wrap true) &&
    queued "$job" "%t %r" >out && cat out && grep -q "^PD " out && me why "$job" >out && grep -qi switch out &&
    me cancel -Q "$job" &&
    job=$(submit -N 2 --switches 1@1s --wrap true) && ended "$job" COMPLETED
'

test_expect_success 'whole nodes; limits with their letters' '
    whole=$(submit -n 1 --exclusive --output /dev/null --wrap "sleep 600") &&
    network_until "it runs" test_running "$whole" && queued "$whole" "%C" >out && grep -qx 4 out &&
    tequio limit set --reason test user:tester cores=4 &&
    more=$(submit -n 1 --wrap true) && is "$more" "PD AssocGrpCpuLimit 00:10:00" &&
    tequio limit clear --reason test user:tester cores && ended "$more" COMPLETED && me cancel -Q "$whole"
'

test_expect_success 'the order of those that wait, with each factor' '
    network_until "all is gone" network_no_jobs &&
    for node in n1 n2; do
        full=$(submit -w $node -n 4 --output /dev/null --wrap "sleep 600") &&
        network_until "it runs" test_running "$full" || return 1
    done &&
    nice=$(submit -n 4 --nice=50 --wrap true) && plain=$(submit -n 4 --wrap true) &&
    large=$(submit -N 2 -n 8 --wrap true) && high=$(submit -n 4 -q high --wrap true) &&
    urgent=$(submit -n 4 -p urgent --wrap true) &&
    me priority >out && cat out &&
    me priority -h -o jobid >order && tr -s " \n" "\n" <order >seen &&
    printf "%s\n" "$large" "$high" "$urgent" "$plain" "$nice" >expected && test_cmp expected seen
'

test_done

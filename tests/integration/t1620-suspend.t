#!/usr/bin/env bash
# Jobs stand still for others, and by hand: real processes, over restarts of everything
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A suspended job gives back its cores, keeps its memory and time, and goes on'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

job_is() { # JOB STATE
    test "$(tequio queue -h -j "$1" -o %T)" = "$2"
}

ended_as() { # JOB STATE
    test "$(history_of "$1" state)" = "$2"
}

# In what its cgroups, or signals, have made of it.
stands_still() { # PID
    local path
    grep -q '^State:.[Tt]' "/proc/$1/status" && return
    path=$(sed -n 's/^[0-9]*:freezer://p' "/proc/$1/cgroup")
    [ -n "$path" ] && grep -qsx FROZEN /sys/fs/cgroup/*freezer*"$path/freezer.state" && return
    path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
    [ -n "$path" ] && grep -qsx 'frozen 1' "/sys/fs/cgroup$path/cgroup.events" \
        "/sys/fs/cgroup/unified$path/cgroup.events"
}

goes_on() { # PID
    ! stands_still "$1"
}

# One that runs until NAME.end is there: NAME OPTIONS...
submit_loop() {
    local name=$1
    shift
    submit --output /dev/null "$@" --wrap "trap 'echo TERM >$name.term; exit 1' TERM
        echo \$\$ >$name.pid; until test -e $name.end; do sleep 0.05; done"
}

pid_of() { # NAME
    cat "$net_dir/work/$1.pid"
}

test_expect_success 'a network with an urgent and a patient quality of service' '
    basic_network &&
    network_end scheduler &&
    sed -i "s|^listen-agents.*|listen-agents = \"$net_agents\"|; s|^listen-clients.*|listen-clients = \"$net_clients\"|" \
        "$net_dir/etc/scheduler.conf" &&
    cat >>"$net_dir/etc/scheduler.conf" <<-END &&
	qos "urgent" { preempt = {"patient"} }
	qos "patient" { preempt-mode = "suspend" }
	END
    network_scheduler_start &&
    network_node n1 cc "synthetic:package:1 numa:1 core:2 pu:1" &&
    network_until "the node is idle" network_idle 1
'

test_expect_success 'the patient one stands still while the urgent one runs' '
    patient=$(submit_loop patient --qos patient -n 2 -t 30) &&
    network_until "it runs" test -s "$net_dir/work/patient.pid" &&
    urgent=$(submit_loop urgent --qos urgent -n 2 -t 30) &&
    network_until "the urgent one runs" test -s "$net_dir/work/urgent.pid" &&
    job_is "$patient" SUSPENDED && stands_still "$(pid_of patient)" &&
    touch "$net_dir/work/patient.end" "$net_dir/work/urgent.end" &&
    network_until "the urgent one has ended" ended_as "$urgent" COMPLETED &&
    network_until "the patient one has ended" ended_as "$patient" COMPLETED &&
    test "$(history_of "$patient" preemptedby)" = "$urgent" &&
    test -n "$(history_of "$patient" suspended)"
'

test_expect_success 'only who has the nodes may do it by hand' '
    job=$(submit_loop hand -n 2 -t 30) &&
    network_until "it runs" test -s "$net_dir/work/hand.pid" &&
    test_must_fail network_as tester suspend "$job" 2>err && grep -q "administrator" err &&
    job_is "$job" RUNNING &&
    tequio suspend "$job" && job_is "$job" SUSPENDED &&
    network_until "it stands still" stands_still "$(pid_of hand)"
'

test_expect_success 'it does so over the restarts of agent and scheduler, and its cores are for others' '
    network_end n1 && network_end scheduler && network_scheduler_start && network_agent_start n1 &&
    other=$(submit_loop other -n 2 -t 30) &&
    network_until "another has its cores" test -s "$net_dir/work/other.pid" &&
    job_is "$job" SUSPENDED && stands_still "$(pid_of hand)" &&
    tequio resume "$job" && job_is "$job" SUSPENDED &&
    touch "$net_dir/work/other.end" &&
    network_until "it runs again" job_is "$job" RUNNING &&
    network_until "it goes on" goes_on "$(pid_of hand)" &&
    test_must_fail tequio resume "$job"
'

test_expect_success 'one that stands still is cancelled like any other: it hears SIGTERM' '
    tequio suspend "$job" && network_until "it stands still" stands_still "$(pid_of hand)" &&
    network_as tester cancel "$job" &&
    network_until "it has ended" ended_as "$job" "CANCELLED by tester" &&
    test "$(cat "$net_dir/work/hand.term")" = TERM
'

test_done

#!/usr/bin/env bash
# An old database is put back under a node whose jobs run on
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='What the restored database knows is its own again; what it does not is never ended unasked'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

state=$net_dir/state/scheduler
backup=$net_dir/state/copies/one.db

job_is() { # JOB STATE
    test "$(tequio queue -h -j "$1" -o %T)" = "$2"
}

ended_as() { # JOB STATE EXIT
    test "$(history_of "$1" state,exitcode)" = "$2|$3"
}

# One that runs until NAME.end is there, and then exits with CODE.
submit_loop() { # NAME CODE
    submit --job-name "$1" --output "$1.out" --wrap "echo \$\$ >$1.pid
        until test -e $1.end; do sleep 0.05; done; echo $1 is done; exit $2"
}

runs() { # NAME
    kill -0 "$(cat "$net_dir/work/$1.pid")" 2>/dev/null
}

gone() { # NAME
    ! runs "$1"
}

is_drained_for() { # JOB
    test "$(tequio nodes -h -l --format unknownjobs | tr -d ' ')" = "$1"
}

put_back() {
    network_end scheduler &&
        network_as_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/scheduler.conf" \
            --restore "$backup" &&
        network_scheduler_start
}

test_expect_success 'two jobs run, one from before the backup and one from after it' '
    basic_network &&
    sed -i "s|^listen-agents.*|listen-agents = \"$net_agents\"|; s|^listen-clients.*|listen-clients = \"$net_clients\"|" \
        "$net_dir/etc/scheduler.conf" &&
    network_node n1 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    known=$(submit_loop known 7) && network_until "it runs" job_is "$known" RUNNING &&
    network_as_daemon mkdir "$net_dir/state/copies" && tequio admin backup "$backup" &&
    later=$(submit_loop later 0) && network_until "it runs" job_is "$later" RUNNING &&
    network_until "both say who they are" test -s "$net_dir/work/known.pid" -a -s "$net_dir/work/later.pid"
'

test_expect_success 'the old database takes back what it knows, and tells what it does not' '
    put_back && network_until "the node is drained for the other" is_drained_for "$later" &&
    job_is "$known" RUNNING && runs known && runs later
'

test_expect_success 'what it knows ends as it ended' '
    : >"$net_dir/work/known.end" &&
    network_until "its end is known" ended_as "$known" FAILED 7:0 &&
    grep "known is done" "$net_dir/work/known.out" && runs later
'

test_expect_success 'what it does not know runs until an operator ends it; then the node is of use again' '
    tequio drain --end-unknown --reason restored n1 &&
    network_until "its processes are gone" gone later &&
    network_until "the node is of use" network_idle 1 && next=$(submit --output /dev/null --wrap true) &&
    network_until "a new one runs there" ended_as "$next" COMPLETED 0:0 &&
    tequio admin check
'

test_done

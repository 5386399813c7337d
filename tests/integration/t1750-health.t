#!/usr/bin/env bash
# A node's own health check, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A node that its own check finds unfit gets no work until it is well'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# Whoever is not root has no launcher that could refuse root's jobs.
[ "$(id -u)" = 0 ] && test_set_prereq ROOT

cat >"$net_dir/check" <<END
#!/bin/sh
[ ! -e $net_dir/broken ] || { echo "the scratch disk is read-only"; echo more; exit 1; }
END
chmod 0755 "$net_dir/check"

# The agent's settings for it stand behind its topology.
sick_node() {
    network_node "$1" cc "synthetic:package:1 core:2 pu:1\"
health-check = \"$2\"
health-interval = \"1s"
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

test_expect_success 'an unfit node is drained, with the words of its check' '
    : >"$net_dir/broken" && basic_network && sick_node n1 "$net_dir/check" &&
    network_until "it is drained" state_is n1 drained &&
    test "$(tequio nodes -h -o "%E" n1)" = "the scratch disk is read-only" &&
    test "$(tequio nodes -h -o reasonby n1)" = health-check
'

test_expect_success 'it is resumed when it is well, and runs jobs' '
    rm "$net_dir/broken" &&
    network_until "it is idle" state_is n1 idle &&
    network_as tester run -Q echo done >out && test "$(cat out)" = done
'

test_expect_success 'what an administrator has drained stays so' '
    tequio drain n1 --reason "new disks" &&
    sick_node n2 /nowhere/check &&
    network_until "the other is drained" state_is n2 drained &&
    tequio nodes -h -o reason n2 | grep -q "/nowhere/check" &&
    state_is n1 drained &&
    test "$(tequio nodes -h -o reason n1)" = "new disks"
'

test_expect_success ROOT 'tequio run tells that its job could not be started' '
    sed -i "1i launch-failures = 1" "$net_dir/etc/scheduler.conf" &&
    kill -HUP "$(cat "$net_dir/pids/scheduler")" &&
    network_until "that is known" grep -q "in force" "$net_dir/logs/scheduler" &&
    (net_job_user=root && network_node n3 cc "synthetic:package:1 core:2 pu:1") &&
    network_until "it is idle" state_is n3 idle &&
    test_expect_code 1 network_as tester run -Q true 2>told &&
    job=$(sed -n "s/^tequio: job \([0-9]*\) could not be started and is held: n3: .*/\1/p" told) &&
    network_as tester show "$job" | grep -q "n3: " &&
    network_as tester why "$job" >out && grep -q "refused: n3: " out &&
    test_must_fail grep -q BadConstraints out && tequio cancel "$job"
'

test_done

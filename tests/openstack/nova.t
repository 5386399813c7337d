#!/usr/bin/env bash
# Nodes made by a real OpenStack
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Jobs make servers appear in Nova, run there, and the servers go again'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/openstack/lib-cloud.sh"

test_expect_success 'a site comes up, and its nodes are known, and off' '
    cloud_site &&
    { cloud_section small "m[1-4]" small && cloud_section huge h1 huge; } >sections &&
    cloud_network <sections && network_until "m1 is known" state_is m1 off && state_is m4 off
'

test_expect_success 'a job makes a server appear, and runs there' '
    job=$(submit --time 5 --cpus-per-task 2 --output job.out --wrap "echo ran on \$SLURMD_NODENAME") &&
    network_until "the job has ended" ended "$job" COMPLETED &&
    grep -q "ran on m" "$net_dir/work/job.out" && none_is_doubled
'

test_expect_success 'it is charged, and the server goes when it is idle' '
    network_as tester usage | grep -q science &&
    network_until "no server is left" none_is_left &&
    network_until "the node is off" state_is m1 off
'

asked() { # how many servers so far
    grep -c "server is asked" "$net_dir/logs/scheduler"
}

test_expect_success 'several jobs get several servers, and no more than are needed' '
    before=$(asked) &&
    first=$(submit --time 5 --nodes 2 --ntasks-per-node 2 --wrap "sleep 1") &&
    network_until "the job has ended" ended "$first" COMPLETED &&
    test "$(asked)" = $((before + 2)) && none_is_doubled &&
    network_until "no server is left" none_is_left
'

test_expect_success 'where the cloud has no room the job waits, and nothing is tried again at once' '
    job=$(submit --time 5 --nodelist h1 --wrap true) &&
    network_until "the cloud has said so" grep -q "node=h1: .*No valid host" "$net_dir/logs/scheduler" &&
    network_until "what is left of it is removed" none_is_left &&
    network_until "and it is off" state_is h1 off &&
    tries=$(grep -c "node=h1 cloud=huge server is asked" "$net_dir/logs/scheduler") && test "$tries" = 1 &&
    network_as tester cancel "$job"
'

server_of() { # JOB
    cloud servers | awk -v node="$(network_as tester queue -h -j "$1" -o nodelist)" '$2 == node { print $1 }'
}

test_expect_success 'a server that somebody else deletes takes its job to another' '
    job=$(submit --time 5 --cpus-per-task 2 --requeue --wrap "sleep 3") &&
    network_until "it runs" runs "$job" && cloud delete "$(server_of "$job")" &&
    network_until "it has ended elsewhere" ended "$job" COMPLETED &&
    network_until "no server is left" none_is_left
'

test_done

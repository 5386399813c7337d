#!/usr/bin/env bash
# The scheduler killed at each step of a server's life in a real OpenStack
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Killed at any step, the scheduler leaks no server and makes none twice'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/openstack/lib-cloud.sh"
log=$net_dir/logs/scheduler

test_expect_success 'a site comes up' '
    cloud_site && cloud_section small "m[1-4]" small >sections &&
    cloud_network <sections && network_until "m1 is known" state_is m1 off
'

some_node_is() { # STATE
    tequio nodes -h -o state | grep -qx "$1"
}

said() { # STATE
    grep -q "cloud=small server is $1" "$log"
}

# Has Nova a question of the scheduler's that it does not answer?
is_asked() {
    ss -Htnp state established "( dport = :$(($(cat "$site/port") + 3)) )" | grep -q tequio-schedule
}

# What Nova is asked while it hangs it does later, and nobody hears the answer.
come_to() { # STEP
    case $1 in
        asked | booting | idle | allocated) network_until "a node is $1" some_node_is "$1" ;;
        retiring) network_until "a server is retiring" said retiring ;;
        being-made)
            "$openstack/site" hang "$site" && network_until "it is wanted" said asked &&
                network_until "Nova is asked" is_asked
            ;;
        being-removed)
            network_until "the job has ended" ended "$job" COMPLETED && "$openstack/site" hang "$site" &&
                network_until "a server is retiring" said retiring && network_until "Nova is asked" is_asked
            ;;
    esac
}

for step in asked being-made booting idle allocated retiring being-removed; do
    test_expect_success "killed while a server is $step" '
        : >"$log" && job=$(submit --time 5 --cpus-per-task 2 --wrap "sleep 2") && come_to "$step" &&
        kill_scheduler && "$openstack/site" go-on "$site" && start_again && none_is_doubled &&
        network_until "the job has ended" ended "$job" COMPLETED && none_is_doubled &&
        network_until "no server is left" none_is_left
    '
done

# Again and again while servers come and go, at moments that a number repeats.
RANDOM=${TEQUIO_TEST_SEED:-1}
test_expect_success 'killed at any time' '
    jobs= && for i in 1 2 3 4 5 6; do
        jobs="$jobs $(submit --time 5 --cpus-per-task 2 --wrap "true")" || return 1
        read -r -t "0.$((RANDOM % 9))" <> <(:) || true
        kill_scheduler && start_again && none_is_doubled || return 1
    done &&
    for job in $jobs; do
        network_until "job $job has ended" ended "$job" COMPLETED || return 1
    done &&
    network_until "no server is left" none_is_left && none_is_doubled
'

test_done

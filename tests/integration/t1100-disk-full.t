#!/usr/bin/env bash
# The scheduler's disk fills up: clear refusals, nothing acknowledged is lost, and then it goes on
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016

# A small disk of our own needs a mount namespace of our own.
if [ -z "$TEQUIO_SMALL_DISK" ]; then
    if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        TEQUIO_SMALL_DISK=yes exec unshare -m --propagation private "$0" "$@"
    elif unshare -rm true 2>/dev/null; then
        # There is only one account in there.
        TEQUIO_SMALL_DISK=yes net_daemon_user=root net_job_user=root exec unshare -rm "$0" "$@"
    fi
    echo '1..0 # SKIP no mount namespaces here'
    exit 0
fi
export net_daemon_user net_job_user

test_description='A full disk refuses, and loses nothing'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

disk=$net_dir/state/scheduler
filler=$disk/filler
reserve=$disk/reserve
acknowledged=$net_dir/acknowledged

# Leave so many KiB free.
fill_up_to() {
    local free
    rm -f "$filler"
    free=$(df --output=avail -k "$disk" | tail -n 1)
    [ "$free" -gt "$1" ] && fallocate -l "$((free - $1))k" "$filler"
}

# Hold jobs, so that nothing runs; each that is acknowledged is kept in mind.
submit_held() {
    local job
    job=$(submit --hold --output /dev/null --wrap "true $1") && echo "$job" >>"$acknowledged"
}

refused_for_room() {
    ! submit_held "$1" 2>refusal && grep -q "disk is nearly full" refusal
}

all_acknowledged_are_there() {
    local job
    while read -r job; do
        test "$(history_of "$job" JobID)" = "$job" || return 1
    done <"$acknowledged"
}

scheduler_is_gone() {
    ! kill -0 "$(cat "$net_dir/pids/scheduler")" 2>/dev/null
}

test_expect_success 'a network on a small disk comes up' '
    mkdir -p "$disk" &&
    mount -t tmpfs -o size=512m,mode=0700 none "$disk" &&
    chown "$net_daemon_user" "$disk" &&
    basic_network &&
    network_until "there is a reserve" test -s "$reserve" &&
    submit_held first
'

# New jobs are refused below 5 %, everything else below 2: between the two there is room for what
# is submitted until the scheduler looks.
test_expect_success 'with little room new jobs are refused, and it is said why' '
    fill_up_to 24000 &&
    network_until "new jobs are refused" refused_for_room second &&
    grep -q "no-new-work" refusal
'

test_expect_success 'what is there can still be seen and cancelled' '
    all_acknowledged_are_there &&
    network_as tester cancel "$(head -n 1 "$acknowledged")"
'

test_expect_success 'with none at all nothing is taken in from people' '
    fill_up_to 600 &&
    network_until "it is read-only" eval "refused_for_room third && grep -q read-only refusal" &&
    test_must_fail tequio admin institution add otra --title Otra 2>refusal &&
    grep "disk is nearly full" refusal &&
    network_until "the reserve is given up" test ! -e "$reserve" &&
    all_acknowledged_are_there
'

test_expect_success 'as soon as there is room it goes on' '
    rm "$filler" &&
    network_until "jobs are taken in again" submit_held fourth &&
    network_until "there is a reserve again" test -s "$reserve" &&
    all_acknowledged_are_there
'

# Between two looks the disk may fill wholly: then the commit fails, and nobody gets an OK for it.
fill_in_between() {
    local client
    fill_up_to 0
    head -c 900000 /dev/urandom | base64 -w 0 | sed "s/^/: /" >"$net_dir/work/big.sh"
    sed -i "1i #!/bin/sh" "$net_dir/work/big.sh"
    (
        job=$(submit --hold --output /dev/null "$net_dir/work/big.sh") && echo "$job" >>"$acknowledged"
    ) >/dev/null 2>between &
    client=$!
    network_until "the client is answered, or the scheduler is gone" \
        eval "! kill -0 $client 2>/dev/null || scheduler_is_gone"
    pkill -f "^$net_bin/tequio submit" # it would wait for an answer
    wait "$client" 2>/dev/null
    scheduler_is_gone && return 0
    rm -f "$filler"
    network_until "jobs are taken in again" submit_held again
    return 1
}

test_expect_success 'a commit that finds no room is no OK: the scheduler ends' '
    { fill_in_between || fill_in_between || fill_in_between || fill_in_between; } &&
    grep "commit failed: .*database or disk is full" "$net_dir/logs/scheduler"
'

test_expect_success 'without room it does not start, and says why' '
    rm -f "$reserve" && fill_up_to 0 &&
    test_must_fail network_as_daemon "$net_sbin/tequio-scheduler" \
        --config "$net_dir/etc/scheduler.conf" >start 2>&1 &&
    grep -E "full|No space" start
'

test_expect_success 'with room it starts, and everything acknowledged is there' '
    rm -f "$filler" &&
    network_scheduler_start &&
    sed -i "s|^server = .*|server = \"$net_clients\"|" "$net_dir/home/tester/.config/tequio/client.conf" &&
    all_acknowledged_are_there &&
    submit_held last &&
    tequio admin check
'

test_done

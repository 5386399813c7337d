#!/usr/bin/env bash
# Many nodes made by a real OpenStack
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='As many servers as jobs need at once, each once, and none afterwards'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/openstack/lib-cloud.sh"
net_deadline=1500 # Nova is one process here, and each guest two of this machine
servers=${TEQUIO_SERVERS:-200}

running() { # HOW MANY
    [ "$(network_as tester queue -h -r -t R -o jobid | wc -l)" -ge "$1" ]
}

all_have_ended() {
    [ "$(network_as tester history -n -P -s CD -o JobID | grep -c "^${job}_")" = "$servers" ]
}

test_expect_success 'a site comes up, and its nodes are known, and off' '
    cloud_site &&
    cloud_section small "m[1-$servers]" small | sed "s/idle = .*/idle = \"20s\"/" >sections &&
    cloud_network <sections && network_until "the last is known" state_is "m$servers" off
'

test_expect_success 'as many jobs as there may be servers run at once, each on one of its own' '
    start=$SECONDS &&
    job=$(submit --time 60 -a "1-$servers" --exclusive --output "many-%a" --wrap \
        "echo \$SLURMD_NODENAME; until [ -e $net_dir/work/go ]; do sleep 1; done") &&
    job=${job%%[!0-9]*} &&
    network_until "all of them run" running "$servers" &&
    echo "# $servers servers, joined and in use, after $((SECONDS - start)) s" >&5 &&
    echo "# scheduler: $(grep VmHWM "/proc/$(cat "$net_dir/pids/scheduler")/status" | tr -s "\t " " ")" >&5 &&
    test "$(cloud servers | wc -l)" = "$servers" && none_is_doubled &&
    cat "$net_dir"/work/many-* | sort -u >nodes && test "$(wc -l <nodes)" = "$servers"
'

test_expect_success 'all end, and each is charged once' '
    touch "$net_dir/work/go" &&
    network_until "all have ended" all_have_ended &&
    test "$(network_as tester history -n -P -o JobID,State | grep "^${job}_" | grep -c COMPLETED)" = "$servers" &&
    tequio admin check && tequio audit check >audited && ! grep FAILED audited
'

test_expect_success 'every server goes, and none has come twice' '
    start=$SECONDS &&
    network_until "no server is left" none_is_left &&
    echo "# all gone after $((SECONDS - start)) s" >&5 &&
    network_until "the last is off" state_is "m$servers" off &&
    test "$(grep -c "server is asked" "$net_dir/logs/scheduler")" = "$servers"
'

test_done

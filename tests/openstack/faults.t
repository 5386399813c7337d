#!/usr/bin/env bash
# A real OpenStack that refuses, hangs or is not there; what it says too seldom is in test_openstack.c
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='What a cloud cannot do at present is done later, and once'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/openstack/lib-cloud.sh"
log=$net_dir/logs/scheduler
nova_log=$site/log/site_nova.py.log
export SITE_TOKEN_SECONDS=40

test_expect_success 'a site comes up' '
    cloud_site && cloud_section small "m[1-4]" small >sections &&
    cloud_network <sections && network_until "m1 is known" state_is m1 off
'

works() {
    local job
    job=$(submit --time 5 --cpus-per-task 2 --wrap true) &&
        network_until "the job has ended" ended "$job" COMPLETED && none_is_doubled &&
        network_until "no server is left" none_is_left
}

# Nova is asked all the while what there is.
test_expect_success 'a token that expires is renewed' '
    : >"$nova_log" && works &&
    network_until "Nova has refused it" grep -q "GET /v2.1/servers.*status: 401" "$nova_log" &&
    works && ! grep "answers 401" "$log"
'

test_expect_success 'beyond the quota nothing is tried for a while, and all jobs run' '
    cloud quota 1 && first=$(submit --time 5 --cpus-per-task 2 --wrap "sleep 2") &&
    second=$(submit --time 5 --cpus-per-task 2 --wrap "sleep 2") &&
    network_until "the quota is told" grep -q "answers 403: Quota exceeded" "$log" &&
    network_until "the first has ended" ended "$first" COMPLETED &&
    network_until "the second has ended" ended "$second" COMPLETED &&
    test "$(grep -c "answers 403: Quota exceeded" "$log")" = 1 &&
    cloud quota 1000 && network_until "no server is left" none_is_left
'

test_expect_success 'a Nova that hangs is asked again, and nothing is made twice' '
    "$openstack/site" hang "$site" && job=$(submit --time 5 --cpus-per-task 2 --nodelist m4 --wrap true) &&
    network_until "it was waited for" grep -q "cloud=small.*timed out" "$log" &&
    "$openstack/site" go-on "$site" &&
    network_until "the job has ended" ended "$job" COMPLETED && none_is_doubled &&
    network_until "no server is left" none_is_left
'

test_expect_success 'a cloud that is not there comes back' '
    "$openstack/site" stop "$site" && job=$(submit --time 5 --cpus-per-task 2 --nodelist m3 --wrap true) &&
    network_until "it is missed" grep -qE "cloud=small.*([Cc]onnect|refused)" "$log" &&
    "$openstack/site" start "$site" &&
    network_until "the job has ended" ended "$job" COMPLETED && none_is_doubled &&
    network_until "no server is left" none_is_left
'

test_done

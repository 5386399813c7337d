#!/usr/bin/env bash
# Nodes that are domains of a host that libvirt only plays
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='The scheduler asks libvirt by a program of its own, which may hang or die'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

cloud_section() { # MORE
    cat <<END
cloud "vm" {
    cluster = "cc" nodes = "v[1-3]" scheduler = "tcp://127.0.0.1:7101"
    provider = "libvirt" uri = "test:///default" hypervisor = "test" kernel = "/boot/vmlinuz"
    storage = "default-pool" program = "$net_bin/tequio-libvirt" vcpus = 2 memory = "64M"
    boot-limit = "1s" idle = "1s" look = "1s" timeout = "1s" $1
}
END
}

cluster='cluster "cc" { institution = "uni" partition "all" { default = true limit = "1h" default-limit = "10m" } }'

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

says() { # TEXT
    grep -q -- "$1" "$net_dir/logs/scheduler"
}

talker() {
    pgrep -P "$(cat "$net_dir/pids/scheduler")" -x tequio-libvirt
}

test_expect_success 'mistakes are named before anything starts' '
    { echo "network = \"trial\""; echo "$cluster"; cloud_section "flavor = \"m1\""; } >wrong && chmod 0600 wrong &&
    test_expect_code 1 "$net_sbin/tequio-scheduler" --config wrong --check 2>err &&
    grep -q "cloud vm: flavor means nothing to provider = .libvirt." err
'

test_expect_success 'the nodes are known, and off' '
    { echo "$cluster"; cloud_section ""; } >clouds && network_scheduler <clouds && network_accounting &&
    tequio admin institution add uni && tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 && network_person tester &&
    network_until "v1 is known" state_is v1 off &&
    test "$(tequio nodes -h -o cores v1 | tr -d " ")" = 2
'

test_expect_success 'a job has a domain made; one whose agent never comes is given up' '
    job=$(submit --time 5 --wrap true) &&
    network_as tester why "$job" >out && cat out &&
    grep -qE "^cc +[^ ]+ 00:00:00 00:00:00 00:05:00  1.00 " out && # told for the boot alone
    ! grep "as things stand it does not start" out &&
    network_until "it boots" says "node=v1 cloud=vm server is booting" &&
    network_until "it is given up" says "node=v1: the server is there, but its agent never came" &&
    network_until "it is gone" says "node=v1 cloud=vm server is off" &&
    tequio nodes -h -o state,reason v1 >out && grep -q "^off *the server is there, but its agent never came" out
'

test_expect_success 'what speaks to libvirt may die: another is asked' '
    first=$(talker) && kill -KILL "$first" &&
    network_until "that is told" says "libvirt at test:///default: tequio-libvirt has ended" &&
    network_until "another is there" talker && test "$(talker)" != "$first"
'

test_expect_success 'while it hangs everything else goes on, and it is killed' '
    hangs=$(talker) && kill -STOP "$hangs" && tequio nodes -h v1 >out && grep -q v1 out &&
    network_until "that is told" says "libvirt at test:///default: no answer in time" &&
    network_until "it is gone" network_gone "$hangs"
'

test_expect_success 'it ends with the scheduler, also with one that is killed' '
    network_until "one is there" talker && last=$(talker) &&
    kill -KILL "$(cat "$net_dir/pids/scheduler")" &&
    network_until "it has ended" network_gone "$last" &&
    network_scheduler_start && network_until "another is there" talker
'

test_done

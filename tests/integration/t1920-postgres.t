#!/usr/bin/env bash
# The whole path with the database on a server; two schedulers, one of which works
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='The network keeps its state in PostgreSQL; a standby takes over'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
. "$TEQUIO_SOURCE/tests/integration/lib-postgres.sh"

net_database=$("$server" database "$folder" network)

free_port() {
    python3 -c 'import socket
end = socket.socket()
end.bind(("127.0.0.1", 0))
print(end.getsockname()[1])'
}

# The other host's scheduler: the same keys, a state directory and doors of its own.
second_agents=tcp://127.0.0.1:$(free_port)
second_clients=tcp://127.0.0.1:$(free_port)
standby_start() {
    local state=$net_dir/state/second
    network_as_daemon mkdir -p "$state" &&
        network_as_daemon cp "$net_dir/state/scheduler/row.key" "$net_dir/state/scheduler/scheduler.key" "$state" &&
        sed -e "s|^state-directory = .*|state-directory = \"$state\"|" \
            -e "s|^listen-agents = .*|listen-agents = \"$second_agents\"|" \
            -e "s|^listen-clients = .*|listen-clients = \"$second_clients\"|" \
            -e "s|^listen-local = .*|listen-local = \"ipc://$net_run/second.sock\"|" \
            "$net_dir/etc/scheduler.conf" | network_write "$net_dir/etc/second.conf" &&
        network_start second network_exec_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/second.conf"
}

test_expect_success 'jobs run and are charged' '
    basic_network &&
    tequio admin status >status && grep "postgresql $folder/network" status &&
    net_agents="$net_agents, $second_agents" &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    job=$(submit --output "$net_dir/work/out" --wrap "echo here") &&
    network_as tester wait "$job" && grep here "$net_dir/work/out" &&
    test "$(history_of "$job" state)" = COMPLETED &&
    tequio admin check
'

test_expect_success 'what it reports can be verified' '
    cp "$net_dir/state/accounting/signing.key.pub" network.pub &&
    bundle=$(tequio report uni --quiet --directory "$PWD") &&
    "$net_bin/tequio-verify" --key network.pub "$bundle" >verified && grep "^verified: uni" verified
'

test_expect_success 'killed and started again it knows everything' '
    network_end scheduler -KILL &&
    sed -i -e "s|^listen-agents = .*|listen-agents = \"${net_agents%%,*}\"|" \
        -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" \
        -e "1i store-lease = \"2s\"" "$net_dir/etc/scheduler.conf" &&
    agents=$net_agents && network_scheduler_start && net_agents=$agents &&
    test "$(history_of "$job" state)" = COMPLETED &&
    tequio admin check
'

test_expect_success 'a standby waits, and takes over when the other is killed' '
    standby_start &&
    network_until "the standby says so" grep "standby: " "$net_dir/logs/second" &&
    test ! -e "$net_dir/state/second/endpoints" &&
    running=$(submit --output /dev/null --wrap "sleep 3") &&
    network_end scheduler -KILL &&
    network_until "the standby listens" test -s "$net_dir/state/second/endpoints" &&
    TEQUIO_SERVER=ipc://$net_run/second.sock &&
    network_until "the node has found it" network_idle 1 &&
    sed -i "s|^server = .*|server = \"$net_clients, $second_clients\"|" \
        "$net_dir/home/tester/.config/tequio/client.conf" &&
    network_as tester wait "$running" &&
    test "$(history_of "$running" state)" = COMPLETED &&
    tequio admin check
'

test_expect_success 'one that hangs loses its lease, and ends when it goes on' '
    TEQUIO_SERVER=ipc://$net_run/scheduler.sock &&
    network_start scheduler network_exec_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/scheduler.conf" &&
    network_until "the first is the standby" grep "standby: " "$net_dir/logs/scheduler" &&
    hung=$(cat "$net_dir/pids/second") && kill -STOP "$hung" &&
    network_until "the first has taken over" tequio admin status &&
    kill -CONT "$hung" &&
    network_until "the other has ended" network_gone "$hung" &&
    grep "taken over" "$net_dir/logs/second" &&
    after=$(submit --output /dev/null --wrap true) && network_as tester wait "$after" &&
    tequio admin check
'

test_expect_success 'the network ends' '
    network_stop
'

test_done

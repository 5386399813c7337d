#!/usr/bin/env bash
# Nodes made by a real OpenStack
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Jobs make servers appear in Nova, run there, and the servers go again'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
openstack=$TEQUIO_SOURCE/tests/openstack
net_deadline=180
site=${TEQUIO_OPENSTACK_SITE:-$net_dir/site} # one that was made before, to save its making

# Ports that nobody has: five in a row.
free_port() {
    local port
    for port in $(shuf -i 20000-30000 -n 50); do
        if ! ss -Hltn | awk '{ print $4 }' | grep -qE ":($port|$((port + 1))|$((port + 2))|$((port + 3))|$((port + 4)))\$"; then
            echo "$port"
            return 0
        fi
    done
    return 1
}

eval "network_$(declare -f network_over)"
network_over() {
    [ -z "${guests_pid-}" ] || kill "$guests_pid" 2>/dev/null
    "$openstack/site" stop "$site"
    network_network_over
}

servers() {
    "$openstack/cloud" "$site" servers >"$net_dir/servers.new" &&
        mv "$net_dir/servers.new" "$net_dir/servers"
}

# What a guest does when it boots, for Nova's driver boots none: an agent with the token that the
# server was told.
boot() { # ID NAME
    local net_token
    net_token=$("$openstack/cloud" "$site" user-data "$1" | sed -n 's/^token=//p')
    rm -rf "$net_dir/state/$2"
    network_node "$2" nube "synthetic:package:1 core:2 pu:1"
}

guests() {
    local id name status
    while servers; do
        while read -r id name status; do
            [ "$status" = ACTIVE ] && [ ! -e "$net_dir/guest-$name" ] || continue
            echo "$id" >"$net_dir/guest-$name"
            boot "$id" "$name" || rm "$net_dir/guest-$name"
        done <"$net_dir/servers"
        for name in "$net_dir"/guest-*; do
            [ -e "$name" ] && ! grep -qF "$(cat "$name")" "$net_dir/servers" || continue
            name=${name##*/guest-}
            network_end "$name"
            network_end "$name-launcher"
            rm -f "$net_run/$name-launcher.sock" # the next one of this name is waited for by its own
            rm "$net_dir/guest-$name"
        done
        read -r -t 0.5 <> <(:) || true
    done
}

count_servers() {
    "$openstack/cloud" "$site" servers | wc -l
}

none_is_left() {
    [ "$(count_servers)" = 0 ]
}

# Of one name there is never more than one.
none_is_doubled() {
    ! "$openstack/cloud" "$site" servers | awk '{ print $2 }' | sort | uniq -d | grep .
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

ended() { # JOB STATE
    [ "$(history_of "$1" state)" = "$2" ]
}

test_expect_success 'a site comes up' '
    { [ -e "$site/credential.json" ] || "$openstack/site" make "$site" "$(free_port)"; } &&
    "$openstack/site" start "$site" && none_is_left &&
    cp "$site/credential.json" "$net_dir/etc/" && chown "$net_daemon_user" "$net_dir/etc/credential.json"
'

cat >"$net_dir/etc/user-data" <<'END'
node=@NODE@
token=@TOKEN@
END

cloud_section() { # NAME NODES FLAVOR
    cat <<END
cloud "$1" {
    cluster = "nube"
    nodes = "$2"
    scheduler = "tcp://127.0.0.1:7101"
    url = "http://127.0.0.1:$(cat "$site/port")/v3"
    credential = "$net_dir/etc/credential.json"
    image = "node"
    flavor = "$3"
    network = "none"
    user-data = "$net_dir/etc/user-data"
    idle = "5s"
    look = "1s"
}
END
}

test_expect_success 'the nodes are known, and off' '
    {
        cat <<END
heartbeat = "1s"
node-suspect-after = "4s"
node-silent-after = "8s"
kill-wait = "2s"
cluster "nube" {
    institution = "uni"
    partition "general" { limit = "1h" }
}
END
        cloud_section small "m[1-4]" small
        cloud_section huge h1 huge
    } >"$net_dir/clouds" && network_scheduler <"$net_dir/clouds" && network_accounting &&
    tequio admin institution add uni && tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 && network_person tester &&
    network_until "m1 is known" state_is m1 off && state_is m4 off &&
    { guests & guests_pid=$!; }
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

test_expect_success 'several jobs get several servers, and no more than are needed' '
    first=$(submit --time 5 --nodes 2 --ntasks-per-node 2 --wrap "sleep 1") &&
    network_until "the job has ended" ended "$first" COMPLETED &&
    test "$(ls -d "$net_dir"/state/m? | wc -l)" -le 2 && none_is_doubled &&
    network_until "no server is left" none_is_left
'

test_expect_success 'where the cloud has no room the job waits, and nothing is tried again at once' '
    job=$(submit --time 5 --nodelist h1 --wrap true) &&
    network_until "the cloud has said so" grep -q "node=h1: .*No valid host" "$net_dir/logs/scheduler" &&
    network_until "what is left of it is removed" none_is_left && state_is h1 off &&
    tries=$(grep -c "node=h1 cloud=huge server is asked" "$net_dir/logs/scheduler") && test "$tries" = 1 &&
    network_as tester cancel "$job"
'

# At the ports that it had, where the agents look for it.
start_again() {
    network_until "it is gone" network_gone "$(cat "$net_dir/pids/scheduler")" &&
        sed -i -e "s|^listen-agents = .*|listen-agents = \"$net_agents\"|" \
            -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf" &&
        network_scheduler_start
}

# The scheduler is killed again and again while servers come and go, at moments that a number repeats.
RANDOM=${TEQUIO_TEST_SEED:-1}
test_expect_success 'killed at any time, the scheduler leaks no server and makes none twice' '
    jobs= && for i in 1 2 3 4 5 6; do
        jobs="$jobs $(submit --time 5 --cpus-per-task 2 --wrap "true")" || return 1
        read -r -t "0.$((RANDOM % 9))" <> <(:) || true
        kill -KILL "$(cat "$net_dir/pids/scheduler")" && start_again &&
            none_is_doubled || return 1
    done &&
    for job in $jobs; do
        network_until "job $job has ended" ended "$job" COMPLETED || return 1
    done &&
    network_until "no server is left" none_is_left && none_is_doubled
'

runs() { # JOB
    [ "$(network_as tester queue -h -j "$1" -o state)" = RUNNING ]
}

test_expect_success 'a server that somebody else deletes takes its job to another' '
    job=$(submit --time 5 --cpus-per-task 2 --requeue --wrap "sleep 3") &&
    network_until "it runs" runs "$job" && servers &&
    "$openstack/cloud" "$site" delete "$(cut -d " " -f 1 "$net_dir/servers")" &&
    network_until "it has ended elsewhere" ended "$job" COMPLETED &&
    network_until "no server is left" none_is_left
'

test_done

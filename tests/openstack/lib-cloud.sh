# lib-cloud.sh - a real OpenStack of the test's own; to be sourced by *.t after sharness
#
# Starts nothing: cloud_site does, and cloud_network; both end with the test.  Where what a site needs is
# not installed the test is skipped, with the reason.
#
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC1091,SC2034,SC2154

openstack=$TEQUIO_SOURCE/tests/openstack
missing=$("$openstack/site" missing)
if [ -n "$missing" ]; then
    skip_all="not installed: $missing; see tests/openstack/README.md"
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
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

# What a test before left there, as it failed, is no matter of this one.
cloud_site() {
    local id
    [ -e "$site/credential.json" ] || "$openstack/site" make "$site" "$(free_port)" || return 1
    "$openstack/site" start "$site" || return 1
    cp "$site/credential.json" "$net_dir/etc/"
    chown "$net_daemon_user" "$net_dir/etc/credential.json"
    for id in $(cloud servers | cut -d " " -f 1); do
        cloud delete "$id"
    done
    network_until "no server is there" none_is_left
}

eval "network_$(declare -f network_over)"
network_over() {
    # Without whom it listens to the loop of the guests ends by itself.
    if [ -n "${guests_pid-}" ]; then
        [ ! -e "$net_dir/watcher" ] || kill "$(cat "$net_dir/watcher")" 2>/dev/null
        wait "$guests_pid" 2>/dev/null
    fi
    "$openstack/site" stop "$site"
    network_network_over
}

cloud() {
    "$openstack/cloud" "$site" "$@"
}

# --- guests --------------------------------------------------------------------------------------

# What a guest does when it boots, for Nova's driver boots none: an agent with the token that the
# server was told.
boot() { # NAME
    local net_token
    net_token=$(sed -n 's/^token=//p' "$net_dir/told/$1")
    rm -rf "$net_dir/state/$1"
    network_node "$1" nube "synthetic:package:1 core:2 pu:1"
}

shut_down() { # NAME
    network_end "$1"
    network_end "$1-launcher"
    rm -f "$net_run/$1-launcher.sock" # the next one of this name is waited for by its own
}

# Guests come with servers, a few at a time, and go with them.
guests() {
    local sign name pids
    exec 9< <(exec "$openstack/cloud" "$site" watch "$net_dir/told")
    echo "$!" >"$net_dir/watcher"
    while read -r sign name <&9; do
        if [ "$sign" = + ]; then
            [ "$(jobs -p | wc -l)" -lt 8 ] || wait -n
            { boot "$name" || echo "no guest $name" >&2; } &
        else
            pids=$(jobs -p)
            # shellcheck disable=SC2086 # one word for each pid
            [ -z "$pids" ] || wait $pids
            shut_down "$name"
        fi
    done
}

# --- the network ---------------------------------------------------------------------------------

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
    timeout = "10s"
    idle = "5s"
    look = "1s"
}
END
}

# Scheduler, books, a person and guests; the sections of clouds come on standard input.
cloud_network() {
    printf '%s\n' 'node=@NODE@' 'token=@TOKEN@' >"$net_dir/etc/user-data"
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
        cat
    } >"$net_dir/clouds"
    network_scheduler <"$net_dir/clouds" && network_accounting &&
        tequio admin institution add uni && tequio admin project add science --institution uni &&
        tequio admin user add tester --project science &&
        tequio admin grant add --institution uni --amount 1000 && network_person tester || return 1
    mkdir "$net_dir/told"
    guests >"$net_dir/logs/guests" 2>&1 3>&- 4>&- 5>&- &
    guests_pid=$!
}

kill_scheduler() {
    local pid
    pid=$(cat "$net_dir/pids/scheduler")
    kill -KILL "$pid" && network_until "it is gone" network_gone "$pid"
}

# At the ports that it had, where the agents look for it.
start_again() {
    sed -i -e "s|^listen-agents = .*|listen-agents = \"$net_agents\"|" \
        -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf" &&
        network_scheduler_start
}

# --- what there is -------------------------------------------------------------------------------

none_is_left() {
    local left
    left=$(cloud servers) && [ -z "$left" ]
}

# Of one name there is never more than one.
none_is_doubled() {
    ! cloud servers | awk '{ print $2 }' | sort | uniq -d | grep .
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

ended() { # JOB STATE
    [ "$(history_of "$1" state)" = "$2" ]
}

runs() { # JOB
    [ "$(network_as tester queue -h -j "$1" -o state)" = RUNNING ]
}

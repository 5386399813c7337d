# lib-network.sh - a network of the test's own; to be sourced by *.t after sharness
#
# Starts nothing.  Sets net_dir (readable by the account that jobs run as, so it cannot be in the
# trash directory), loads etc/quickstart/network, and ends everything when the test ends, also
# when it failed; the last test of all is that the daemons ended without a word of a mistake.
#
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC1091,SC2016,SC2154

. "$TEQUIO_SOURCE/tests/lib/programs"
net_dir=$(mktemp -d "${TMPDIR:-/tmp}/tequio-test.XXXXXX")
chmod 0755 "$net_dir"
net_bin=$net_dir/bin
net_name=trial
# libpciaccess keeps a kilobyte when hwloc unloads it, and no suppression could name a library that
# is gone: the leak checker would blame the agent.  No test is about this machine's own cards.
export HWLOC_COMPONENTS=${HWLOC_COMPONENTS--pci}
. "$TEQUIO_SOURCE/etc/quickstart/network"

# Sharness cleans up only after success.
network_over() {
    network_stop
    network_until "what the jobs started has ended" network_no_shepherds
    rm -rf "$net_dir"
}
trap 'network_status=$?; network_over; (exit $network_status); die' EXIT

# What the daemons said last, for whoever has only the test's log.
network_last_words() {
    tail -n 15 "$net_dir"/logs/* | sed 's/^/# /' >&5
}

eval "sharness_$(declare -f test_done)"
test_done() {
    test_expect_success 'the daemons end, and have told of no mistake' 'network_stop && network_sound'
    [ "$test_failure" = 0 ] || network_last_words
    sharness_test_done
}

programs_gather "$net_bin"
network_folders

# One line of a job's history: fields as --format names them.
history_of() { # JOB FIELDS
    network_as tester history --noheader --parsable2 --jobs "$1" --format "$2" --since now-1days
}

# Submit as tester, print the number.
submit() {
    network_as tester submit --parsable --chdir "$net_dir/work" "$@"
}

# Scheduler, books, institution "uni" with project "science", person "tester".
basic_network() {
    network_scheduler <<'END'
heartbeat = "1s"
node-suspect-after = "2s"
node-silent-after = "4s"
kill-wait = "2s"
cluster "cc" {
    institution = "uni"
    partition "all" { default = true limit = "1h" default-limit = "10m" }
}
END
    network_accounting
    tequio admin institution add uni --title "Universidad de Prueba"
    tequio admin project add science --institution uni
    tequio admin user add tester --project science
    tequio admin grant add --institution uni --amount 1000
    network_person tester
}

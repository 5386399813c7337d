# lib-postgres.sh - a database server of the test's own, for tests of a network: after lib-network.sh
#
# Where no server can be started the test is skipped, with the reason.
#
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154

server=$TEQUIO_SOURCE/tests/lib/postgres
folder=$net_run-postgres # in memory: nothing waits for a disk
if ! "$server" start "$folder" >why 2>&1; then
    skip_all=$(head -n 1 why)
    sharness_test_done
fi
trap 'network_status=$?; "$server" stop "$folder"; network_over; (exit $network_status); die' EXIT

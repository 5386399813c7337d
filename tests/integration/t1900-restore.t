#!/usr/bin/env bash
# A database brought back from its backup, also when bringing it back is broken off
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Backups overwrite nothing; a restore may die at any step and be begun again'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

state=$net_dir/state/scheduler
backup=$net_dir/state/copies/one.db

restore() { # STATE-DIRECTORY [COMMAND BEFORE IT]...
    sed "s|^state-directory = .*|state-directory = \"$1\"|" "$net_dir/etc/scheduler.conf" |
        network_write "$net_dir/etc/restore.conf"
    network_as_daemon "${@:2}" "$net_sbin/tequio-scheduler" --config "$net_dir/etc/restore.conf" \
        --restore "$backup"
}

# So that the command behind it is killed at its n-th rename, if it has so many.  Leaks cannot be
# looked for in what is traced.
strace -o /dev/null true 2>/dev/null && test_set_prereq TRACE
killed="strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when="

test_expect_success 'a backup overwrites neither a database nor a key' '
    basic_network &&
    job=$(submit --output /dev/null --hold --wrap true) &&
    network_as_daemon mkdir "$net_dir/state/copies" &&
    tequio admin backup "$backup" && test -s "$backup.key" &&
    cp "$state/scheduler.key" key-before && cp "$state/row.key" row-before &&
    for path in "$backup" "$state/scheduler" "$state/row"; do
        test_must_fail tequio admin backup "$path" 2>err &&
            grep -q "exists already: a backup overwrites nothing" err || return 1
    done &&
    test ! -e "$state/scheduler" && test ! -e "$state/row" &&
    cmp key-before "$state/scheduler.key" && cmp row-before "$state/row.key"
'

test_expect_success 'it is not brought back under a scheduler that runs' '
    test_must_fail restore "$state" 2>err && grep -q "stop it first" err &&
    network_end scheduler
'

test_expect_success TRACE 'broken off at each step it leaves what tells that a database was there' '
    for step in 1 2 3 4 5 6 7; do
        network_as_daemon cp -r "$state" "$state-$step" &&
            { restore "$state-$step" env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" $killed$step
                status=$?; } 2>err
        test $status = 137 || break
        test -s "$state-$step/row.key" || return 1
    done &&
    test $status = 0 && test $step -ge 4 &&
    for broken in "$state"-[0-9]; do
        restore "$broken" && test -s "$broken/tequio.db" &&
            ls "$broken"/row.key.before-restore-* || return 1
    done
'

test_expect_success 'brought back, numbers go on far above those that may have been given' '
    restore "$state" &&
    sed -i "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf" &&
    network_scheduler_start &&
    test "$(tequio queue -h -j "$job" -o %t)" = PD &&
    next=$(submit --output /dev/null --hold --wrap true) && test "$next" -ge 1000000000 &&
    tequio admin check
'

test_expect_success 'the network ends' '
    network_stop
'

test_done

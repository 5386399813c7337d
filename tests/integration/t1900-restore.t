#!/usr/bin/env bash
# A database brought back from its backup, also when bringing it back is broken off
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Backups overwrite nothing; a restore may die at any step and be begun again'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

state=$net_dir/state/scheduler
backup=$net_dir/state/copies/one.db

settings_for() { # STATE-DIRECTORY
    sed "s|^state-directory = .*|state-directory = \"$1\"|" "$net_dir/etc/scheduler.conf" |
        network_write "$net_dir/etc/offline.conf"
}

restore() { # STATE-DIRECTORY [COMMAND BEFORE IT]...
    settings_for "$1"
    network_as_daemon "${@:2}" "$net_sbin/tequio-scheduler" --config "$net_dir/etc/offline.conf" \
        --restore "$backup"
}

check() { # STATE-DIRECTORY
    settings_for "$1"
    network_as_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/offline.conf" \
        --check-store
}

start_again() {
    sed -i "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf"
    network_scheduler_start
}

# The files of before.
kept_of() { # STATE-DIRECTORY
    printf '%s\n' "$1"/before-restore-* | head -n 1
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
    cmp key-before "$state/scheduler.key" && cmp row-before "$state/row.key" &&
    grep "backup to " "$net_dir/logs/scheduler" >made && test "$(wc -l <made)" = 1 &&
    grep -q " by=root" made
'

# Its last words are in the WAL alone.
test_expect_success 'it is not brought back under a scheduler that runs' '
    test_must_fail restore "$state" 2>err && grep -q "stop it first" err &&
    submit --output /dev/null --hold --wrap "true late" &&
    network_end scheduler -KILL && test -s "$state/tequio.db-wal" &&
    network_as_daemon cp -r "$state" "$state-whole" && check "$state-whole" >rows
'

empty_and_theirs() { # COMMAND...: a new state directory with nothing but what is refused
    network_as_daemon mkdir "$net_dir/state/none" && settings_for "$net_dir/state/none" &&
        test_must_fail "$@" 2>err && test -z "$(ls "$net_dir/state/none")" &&
        rmdir "$net_dir/state/none"
}

offline() { # OPTION...
    "$net_sbin/tequio-scheduler" --config "$net_dir/etc/offline.conf" "$@"
}

test_expect_success 'a check of nothing makes nothing' '
    empty_and_theirs network_as_daemon "$net_sbin/tequio-scheduler" \
        --config "$net_dir/etc/offline.conf" --check-store &&
    grep "there is no database to check" err
'

[ "$(id -un)" = "$net_daemon_user" ] || test_set_prereq OTHER
test_expect_success OTHER 'another account is told whose work it is, and leaves nothing' '
    empty_and_theirs offline --check-store && grep "of $net_daemon_user: type" err &&
    empty_and_theirs offline --restore "$backup" && grep "of $net_daemon_user: type" err &&
    settings_for "$net_dir/state/unmade" &&
    test_must_fail offline --restore "$backup" 2>err && grep "of $net_daemon_user: type" err &&
    test ! -e "$net_dir/state/unmade"
'

# What stands in the manual lies below what the unit names.
test_expect_success 'the backup of the manual goes where the unit lets the scheduler write' '
    folder=$(sed -n "s|^    tequio admin backup /var/lib/\(.*\)/[^/]* *#.*|\1|p" \
        "$TEQUIO_SOURCE/docs/operating.md") && test -n "$folder" &&
    sed -n "s/^StateDirectory=//p" "$TEQUIO_SOURCE/etc/systemd/tequio-scheduler.service" |
        tr " " "\n" | grep -x "$folder"
'

test_expect_success TRACE 'broken off at each step it leaves what tells that a database was there, and that database whole' '
    for step in 1 2 3 4 5 6 7 8; do
        network_as_daemon cp -r "$state" "$state-$step" &&
            { restore "$state-$step" env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" $killed$step
                status=$?; } 2>err
        test $status = 137 || break
        test -s "$state-$step/row.key" || return 1
    done &&
    test $status = 0 && test $step -ge 4 &&
    for broken in "$state"-[0-9]; do
        restore "$broken" && test -s "$broken/tequio.db" &&
            check "$(kept_of "$broken")" >kept && test_cmp rows kept || return 1
    done
'

test_expect_success 'brought back, numbers go on far above those that may have been given' '
    restore "$state" && start_again &&
    test "$(tequio queue -h -j "$job" -o %t)" = PD &&
    next=$(submit --output /dev/null --hold --wrap true) && test "$next" -ge 1000000000 &&
    tequio admin check
'

test_expect_success 'brought back once more, none of these numbers is given again' '
    network_end scheduler &&
    restore "$state" && start_again &&
    again=$(submit --output /dev/null --hold --wrap true) && test "$again" -ge "$((next + 500000000))" &&
    tequio admin check
'

test_expect_success 'the books lost their public halves, and have them again' '
    network_end accounting && rm "$net_dir/state/accounting/endpoints" &&
    for name in transport signing; do
        mv "$net_dir/state/accounting/$name.key.pub" "$name.pub" || return 1
    done &&
    network_accounting &&
    for name in transport signing; do
        test_cmp "$name.pub" "$net_dir/state/accounting/$name.key.pub" || return 1
    done
'

test_expect_success 'the network ends' '
    network_stop
'

test_done

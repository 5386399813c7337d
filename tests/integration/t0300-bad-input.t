#!/usr/bin/env bash
# What is wrong in a request, in the settings or in the surroundings is told, and changes nothing
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Bad input from people and their machines, against a real scheduler'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}

# refused TEXT COMMAND...: fails, nothing on stdout, TEXT on stderr
refused() {
    local text=$1
    shift
    test_must_fail "$@" >out 2>err </dev/null && test ! -s out &&
        grep -qF -- "$text" err || { cat out err; return 1; }
}

# For this shell's programs; the sanitizers, where they are built in, want to come first.
preload() { # LIBRARY
    export LD_PRELOAD=$net_dir/$1 ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
}

# As the daemons' user: a scheduler with these settings must not start, and say TEXT.
wont_start() { # TEXT, settings on standard input
    local text=$1
    cat >"$net_dir/etc/other.conf" && chmod 0644 "$net_dir/etc/other.conf" &&
        test_must_fail network_as_daemon timeout 20 "$net_bin/tequio-scheduler" \
            --config "$net_dir/etc/other.conf" >out 2>err && cat err &&
        grep -qF -- "$text" err
}

one_cluster='cluster "cc" { institution = "uni" partition "all" { } }'

hang_up() {
    kill -HUP "$(cat "$net_dir/pids/scheduler")"
}

# Until the log has TEXT more often than before.
told() { # TEXT COMMAND...
    local text=$1 before
    shift
    before=$(grep -cF -- "$text" "$net_dir/logs/scheduler")
    "$@" && network_until "the log says: $text" more_often "$text" "$before"
}
more_often() {
    test "$(grep -cF -- "$1" "$net_dir/logs/scheduler")" -gt "$2"
}

test_expect_success 'a network comes up' '
    network_scheduler <<-\END &&
	pending-jobs-per-user = 100
	cluster "cc" {
	    institution = "uni"
	    partition "all" { default = true limit = "1h" default-limit = "10m" }
	    partition "closed" { limit = "1h" up = false }
	}
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad de Prueba" &&
    tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 &&
    network_person tester &&
    job=$(submit --wrap true)
'

test_expect_success 'names that look like others, or like nothing, are refused and shown escaped' '
    refused "a project name has only letters A-Z" tequio admin project add "$(printf "sci\320\265nce")" -i uni &&
    refused "\\u{202e}" tequio admin user add "$(printf "bob\342\200\256")" --project science &&
    refused "\\u{200b}" tequio admin institution add "$(printf "u\342\200\213ni")" &&
    refused "has only letters A-Z" tequio admin project add "   " -i uni
'

test_expect_success 'texts for a database are only texts' '
    for text in "x'\'' OR '\''1'\''='\''1" "\"; DROP TABLE job; --" "%" "_" "*"; do
        test -z "$(me queue --noheader --states all --name "$text")" || return 1
    done &&
    test_must_fail me queue --user "x'\'' OR 1=1 --" 2>err; cat err &&
    job2=$(me submit --parsable --job-name "Robert'\''); DROP TABLE job;--" --wrap true) &&
    test "$(me queue -h -o %j -j "$job2")" = "Robert'\''); DROP TABLE job;--" &&
    me cancel -Q "$job2" && tequio admin check
'

test_expect_success 'requests that cannot be are refused' '
    refused "option -n" me submit -N 65536 -n 4000000000 -c 4000000000 --wrap true &&
    refused "no node n1" me submit -N 2 -w "n[1-3]" --wrap true &&
    refused "runs backwards" me submit -w "n[3-1]" --wrap true &&
    refused "option --mem" me submit --mem 99999999999999999999 --wrap true &&
    refused "option --mem-per-cpu" me submit --mem 0 --mem-per-cpu 0 -n 0 --wrap true &&
    refused "deadline cannot be met" me submit --begin now+1hour --deadline now --wrap true &&
    refused "is not a signal" me submit --signal NOSUCH@10 --wrap true &&
    test "$(me queue -h -o %i | tr -d " ")" = "$job"
'

test_expect_success 'patterns of output files that make no sense are refused' '
    refused "%z" me submit --output "out-%z" --wrap true &&
    refused "ends with" me submit --error "out-%" --wrap true &&
    refused "at most 10" me submit --input "out-%11j" --wrap true &&
    refused "are the most" me submit --output "$(printf "%%j%.0s" {1..10000})" --wrap true &&
    test "$(me queue -h -o %i | tr -d " ")" = "$job"
'

test_expect_success 'a socket is no script' '
    python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")" &&
    refused "not a regular file" me submit sock
'

test_expect_success 'addresses for mail are not taken for anything' '
    for to in -oQ "a;touch mailed" "\$(touch mailed)" "a@b|touch mailed" "$(printf "%5000s" x)" \
        "a@b
X-More: c"; do
        job2=$(me submit --parsable --mail-type END "--mail-user=$to" --wrap true 2>err) &&
            grep -q "mail" err && me cancel -Q "$job2" || { cat err && return 1; }
    done &&
    test ! -e mailed &&
    tequio admin check
'

test_expect_success 'a clock that is a year off is told' '
    cat >ahead.c <<-\END &&
	#include <time.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int clock_gettime(clockid_t id, struct timespec *at)
	{
	    int rc = (int)syscall(SYS_clock_gettime, id, at);
	    if (id == CLOCK_REALTIME)
	        at->tv_sec += 366 * 86400;
	    return rc;
	}
	END
    ${CC:-cc} -shared -fPIC -o "$net_dir/ahead.so" ahead.c &&
    (preload ahead.so && me queue >out 2>err) &&
    cat err && grep -q "clock is 366.* ahead of the scheduler" err
'

test_expect_success 'a hostile LD_PRELOAD changes what its user sees, and nothing else' '
    cat >no.c <<-\END &&
	#include <stdlib.h>
	unsigned geteuid(void) { return 0; }
	unsigned getuid(void) { return 0; }
	int strcmp(const char *a, const char *b) { (void)a; (void)b; return 0; }
	END
    ${CC:-cc} -shared -fPIC -fno-builtin -o "$net_dir/no.so" no.c &&
    (preload no.so && me admin institution add mine; true) >out 2>&1 &&
    tequio quota --json >quota && ! grep mine quota && kill -0 "$(cat "$net_dir/pids/scheduler")"
'

test_expect_success 'settings that are wrong stop the start' '
    wont_start "no cluster" </dev/null &&
    wont_start "no such option" <<<"include = 1 $one_cluster" &&
    wont_start "conf:2: " <<<"network = \"x\"
network = \"y\" $one_cluster" &&
    wont_start "is not between" <<<"pending-jobs = 0 $one_cluster" &&
    wont_start "UTF-8" < <(head -c 400 /dev/zero | tr "\0" "\377") &&
    wont_start "1 to 65535" <<<"listen-agents = \"tcp://*:0\" $one_cluster" &&
    wont_start "1 to 65535" <<<"listen-agents = \"tcp://*:65536\" $one_cluster" &&
    mkdir "$net_dir/etc/folder" && mkfifo "$net_dir/etc/fifo" &&
    for file in folder fifo none; do
        test_must_fail timeout 20 "$net_bin/tequio-scheduler" --config "$net_dir/etc/$file" 2>err &&
        grep -qF "$net_dir/etc/$file" err || return 1
    done
'

# A start that gets as far as the sockets needs a folder of its own.
other_start() { # TEXT SETTINGS
    rm -rf "$net_dir/state/other"
    wont_start "$1" <<<"state-directory = \"$net_dir/state/other\" listen-admins = \"\"
        listen-local = \"ipc://$net_run/other.sock\" listen-clients = \"\" $one_cluster $2"
}

test_expect_success 'addresses that cannot be had stop the start' '
    other_start "in use" "listen-agents = \"$net_clients\"" &&
    other_start "10.255.255.1" "listen-agents = \"tcp://10.255.255.1:7101\""
'

test_expect_success 'a state directory that cannot be written stops the start' '
    wont_start "state-directory" <<<"state-directory = \"/proc/tequio\" $one_cluster" &&
    wont_start "is no directory" <<<"state-directory = \"$net_dir/etc/scheduler.conf\" $one_cluster"
'

test_expect_success 'a second scheduler on the same database is refused' '
    wont_start "stop it first" <<<"state-directory = \"$net_dir/state/scheduler\" network = \"trial\"
        listen-agents = \"tcp://127.0.0.1:*\" listen-clients = \"\" listen-admins = \"\"
        listen-local = \"ipc://$net_run/second.sock\" $one_cluster" && me queue
'

test_expect_success 'a file that others can change is refused' '
    cp "$net_dir/etc/scheduler.conf" "$net_dir/etc/open.conf" && chmod 0666 "$net_dir/etc/open.conf" &&
    test_expect_code 3 "$net_bin/tequio-scheduler" --config "$net_dir/etc/open.conf" --check 2>err &&
    grep -q "chmod" err &&
    mkdir -m 0777 "$net_dir/etc/open" && cp "$net_dir/etc/scheduler.conf" "$net_dir/etc/open/" &&
    test_must_fail "$net_bin/tequio-scheduler" --config "$net_dir/etc/open/scheduler.conf" --check 2>err &&
    cat err
'

test_expect_success 'SIGHUP: limits and partitions change at once' '
    refused "at most 01:00:00" me submit -t 2:00:00 --wrap true &&
    me submit --parsable --quiet -p closed --wrap true >waits &&
    test "$(me queue -h -o %r -j "$(cat waits)")" = PartitionDown &&
    cp "$net_dir/etc/scheduler.conf" good.conf &&
    sed -e "s/limit = \"1h\" up = false/limit = \"1h\" up = true/" \
        -e "s/limit = \"1h\" default-limit/limit = \"4h\" default-limit/" \
        -e "s/per-user = 100/per-user = 3/" good.conf >"$net_dir/etc/scheduler.conf" &&
    told "/scheduler.conf in force" hang_up &&
    job2=$(me submit --parsable -t 2:00:00 --wrap true) &&
    test "$(me queue -h -o %r -j "$(cat waits)")" != PartitionDown &&
    refused "3" me submit --wrap true && me cancel -Q "$job2" "$(cat waits)" &&
    tequio nodes >out && grep -q "^closed  *up" out
'

test_expect_success 'SIGHUP: a file that is wrong changes nothing, and is named with its line' '
    cp "$net_dir/etc/scheduler.conf" good.conf &&
    sed -e "s/per-user = 3/per-user = 0/" good.conf >"$net_dir/etc/scheduler.conf" &&
    told "is not between 1 and 10000000; going on with the settings of before" hang_up &&
    grep "error reload: .*scheduler.conf:[0-9]*: " "$net_dir/logs/scheduler" &&
    sed -e "s/per-user = 3/per-user = 50/" good.conf >"$net_dir/etc/scheduler.conf" &&
    echo "node-suspect-after = \"1s\"" >>"$net_dir/etc/scheduler.conf" &&
    told "going on with the settings of before" hang_up &&
    chmod 0666 "$net_dir/etc/scheduler.conf" && told "going on with the settings of before" hang_up &&
    chmod 0644 "$net_dir/etc/scheduler.conf" &&
    me submit --parsable --copies 2 --wrap true >two && refused "3" me submit --wrap true &&
    cp good.conf "$net_dir/etc/scheduler.conf" && me cancel -Q --name wrap
'

test_expect_success 'SIGHUP: what needs a start is named, and the rest is in force' '
    sed -e "s/per-user = 3/per-user = 7/" -e "s/^network = .*/network = \"other\"/" \
        -e "s/partition \"closed\" {/partition \"closed\" { nodes = \"n7\"/" good.conf \
        >"$net_dir/etc/scheduler.conf" &&
    told "in force, but network, cc with the next start" hang_up &&
    me submit --parsable --copies 7 --wrap true && refused "7" me submit --wrap true &&
    cp good.conf "$net_dir/etc/scheduler.conf"
'

test_expect_success 'SIGHUP: operators of the machine come and go' '
    { cat good.conf; echo "local-operators = false"; } >"$net_dir/etc/scheduler.conf" &&
    tequio admin status >out && told "/scheduler.conf in force" hang_up &&
    test_must_fail tequio admin status &&
    cp good.conf "$net_dir/etc/scheduler.conf" && told "/scheduler.conf in force" hang_up &&
    tequio admin status && tequio admin check
'

test_done

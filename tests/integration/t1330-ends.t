#!/usr/bin/env bash
# What jobs used, and how they ended, as people are told, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Use is told to two percent, and each end has its own state and sentence'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# Only root has groups with limits, and can give a node another boot.
if [ "$(id -u)" = 0 ]; then
    test_set_prereq ROOT
    unshare --mount mount --bind /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id 2>/dev/null &&
        test_set_prereq REBOOT
fi
case $(nm "$test_build/agent/tequio-launcher" 2>/dev/null) in *__asan_init*) ;; *) test_set_prereq MEASURED ;; esac

cp "$test_build/tests/unit/agent/witness" "$net_dir/work/"

# Cpu time in milliseconds, of what a job used over its time.
cpu_ms() { # JOB
    network_as tester show --format samples --json "$1" | sed -n 's/.*"samples": *"\([^"]*\)".*/\1/p' |
        tr ';' '\n' | awk 'NR > 1 { sum += $1 } END { printf "%d", sum / 1000 }'
}
is_near() { # NUMBER KNOWN: within two percent
    echo "# $1 of $2" && [ $((50 * ($1 > $2 ? $1 - $2 : $2 - $1))) -le "$2" ]
}
peak_kib() { # JOB
    network_as tester history --json --jobs "$1" --since now-1days --format maxrss |
        sed -n 's/.*"maxrss": *\([0-9]*\).*/\1/p' | awk '{ printf "%d", $1 / 1024 }'
}

has_ended() { # JOB
    case $(history_of "$1" State) in "" | PENDING | CONFIGURING | RUNNING | COMPLETING) return 1 ;; esac
}

# How a job of tester's ends: state, exit code and the sentence, by show and by why, once it has ended.
ends_as() { # JOB STATE EXITCODE SENTENCE
    network_until "job $1 has ended" has_ended "$1" &&
        echo "$2 $3 $4" >expected &&
        echo "$(history_of "$1" State | sed 's/ by .*//') $(history_of "$1" ExitCode)" \
            "$(network_as tester show --format howended "$1" | sed 's/^ *HOW_IT_ENDED *//')" >seen &&
        test_cmp expected seen &&
        network_as tester why "$1" >told && cat told && grep -Fqx "$4" told && grep -q "^job $1: $2" told
}

test_expect_success 'a network of two nodes' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:2 pu:1" && network_node n2 cc "synthetic:package:1 core:2 pu:1" &&
    network_until "both are up" network_idle 2
'

test_expect_success MEASURED 'the witness of a job is believed to two percent' '
    job=$(submit -w n1 --mem 600M --output /dev/null --wrap "exec ./witness 2000 400") &&
    network_as tester wait "$job" &&
    is_near "$(cpu_ms "$job")" 2000 && is_near "$(peak_kib "$job")" $((400 * 1024))
'

test_expect_success MEASURED 'that of a step on two nodes, too' '
    job=$(submit -N 2 --ntasks-per-node 1 --mem 600M --output steps.out --wrap "$net_bin/tequio run ./witness 2000 400") &&
    network_as tester wait "$job" &&
    is_near "$(cpu_ms "$job")" 4000 && is_near "$(peak_kib "$job")" $((400 * 1024))
'

test_expect_success 'success, a code, and a signal' '
    job=$(submit --output /dev/null --wrap true) &&
    ends_as "$job" COMPLETED 0:0 "its program ended by itself, with success" &&
    job=$(submit --output /dev/null --wrap "exit 7") &&
    ends_as "$job" FAILED 7:0 "its program ended with exit code 7" &&
    job=$(submit --output /dev/null --wrap "kill -SEGV \$\$") &&
    ends_as "$job" FAILED 0:11 "its program was ended by signal SEGV"
'

test_expect_success 'the time limit, and who cancels' '
    job=$(submit --time 1s --output /dev/null --wrap "exec sleep 1000") &&
    ends_as "$job" TIMEOUT 0:15 "its time limit of 00:00:01 was over: --time asks for more" &&
    job=$(submit --output up --wrap "echo up; exec sleep 1000") &&
    network_until "it runs" grep -q up "$net_dir/work/up" && network_as tester cancel "$job" &&
    ends_as "$job" CANCELLED 0:15 "it was ended by tester" &&
    job=$(submit --hold --output /dev/null --wrap true) && network_as tester cancel "$job" &&
    ends_as "$job" CANCELLED 0:0 "it was ended by tester before it had begun"
'

test_expect_success ROOT,MEASURED 'the memory' '
    job=$(submit --mem 60M --output /dev/null --wrap "exec ./witness 2000 400") &&
    ends_as "$job" OUT_OF_MEMORY 0:9 "its memory of 60M on a node was full: --mem asks for more"
'

shepherd_of() { # JOB: the parent of what it started
    ps -o ppid= -p "$(cat "$net_dir/work/pid")" | tr -d " "
}

test_expect_success 'nobody sees the end of what was killed with its shepherd' '
    rm -f "$net_dir/work/pid" && job=$(submit -w n2 --no-requeue --output /dev/null --wrap "echo \$\$ >pid; exec sleep 1000") &&
    network_until "it runs" test -s "$net_dir/work/pid" &&
    kill -KILL "$(shepherd_of "$job")" "$(cat "$net_dir/work/pid")" &&
    ends_as "$job" FAILED 0:0 "nobody saw how it ended, perhaps in the middle"
'

# A machine that falls and comes back: nothing of it goes on, and it has another boot.
fall() { # NODE
    local name
    for name in "$1" "$1-launcher"; do
        kill -KILL "$(cat "$net_dir/pids/$name")" && wait "$(cat "$net_dir/pids/$name")" 2>/dev/null
    done
    kill -KILL "$(shepherd_of)" "$(cat "$net_dir/work/pid")"
}
boot() { # NODE
    echo 11111111-2222-3333-4444-555555555555 >"$net_dir/boot"
    rm -f "$net_run/$1-launcher.sock" # of the one that fell
    network_start "$1-launcher" unshare --mount sh -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"' \
        "$net_dir/boot" "$net_sbin/tequio-launcher" --config "$net_dir/etc/$1-launcher.conf"
    network_until "the launcher of $1 listens" test -S "$net_run/$1-launcher.sock" || return 1
    network_start "$1" unshare --mount sh -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"' \
        "$net_dir/boot" setpriv --reuid "$net_daemon_user" --regid "$(id -g "$net_daemon_user")" --clear-groups \
        "$net_sbin/tequio-agent" --config "$net_dir/etc/$1.conf"
}

test_expect_success REBOOT 'a node that falls' '
    rm -f "$net_dir/work/pid" && job=$(submit -w n2 --no-requeue --output /dev/null --wrap "echo \$\$ >pid; exec sleep 1000") &&
    network_until "it runs" test -s "$net_dir/work/pid" &&
    fall n2 && boot n2 &&
    ends_as "$job" NODE_FAIL 0:0 "a node was lost while it ran there (n2)" &&
    network_until "the node is there again" network_idle 2
'

test_done

#!/usr/bin/env bash
# Steps with a terminal, and whoever attaches to them
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A step has a terminal of its own, which its owner sees and types into, from anywhere'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# A person's window: acts from standard input, then the command; what came out is in `seen`.
at_window() {
    local home=$net_dir/home/tester acts=$PWD/acts
    cat >"$acts"
    (cd "$net_dir/work" && env -u TEQUIO_SERVER -u TEQUIO_ACCOUNTING HOME="$home" \
        XDG_CONFIG_HOME="$home/.config" "$TEQUIO_SOURCE/tests/integration/on-terminal" "$acts" \
        "$net_bin/tequio" "$@") >seen
}

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'a shell on a node: keys, signals by keys, the size of the window, its exit status' '
    at_window run --quiet --pty sh -c "PS1=ready\; exec sh" <<-\END &&
	expect ready;
	send tty; stty size; echo $TEQUIO_NODENAME$((6*7))\r
	expect /dev/pts/\d+
	expect 30 100
	expect n[12]42
	send sleep 1000; echo code $?\r
	expect code
	send \x03
	expect ready;
	size 40 120
	send until [ "$(stty size)" = "40 120" ]; do :; done; echo gr"own"\r
	expect grown
	send exit 7\r
	END
    tail -n 1 seen | grep -qx "status 7, terminal as before"
'

test_expect_success 'what is no terminal is typed all the same, and its end is an end' '
    printf "echo a\$((6*7))b\nexit 5\n" >input &&
    test_expect_code 5 network_as tester run --quiet --pty sh <input >output && grep -q a42b output &&
    printf "echo without an end: \$((1+1))" | network_as tester run --quiet --pty sh >output &&
    grep -q "without an end: 2" output
'

test_expect_success 'of several tasks the first one has it' '
    network_as tester run --quiet --ntasks 3 --pty sh -c "echo rank \$SLURM_PROCID; tty; true" </dev/null >output &&
    grep -q "rank 0" output && ! grep -q "rank [12]" output && grep -q /dev/pts output
'

test_expect_success 'the terminal is as it was after a refusal, and when the command is killed' '
    at_window run --pty --partition nowhere sh </dev/null &&
    tail -n 1 seen | grep -q "status [1-9].*, terminal as before" &&
    at_window run --quiet --pty sh -c "PS1=ready\; exec sh" <<-\END &&
	expect ready;
	kill 9
	END
    tail -n 1 seen | grep -qx "status -9, terminal as before" &&
    network_as tester cancel --me &&
    network_until "nothing is left" network_no_jobs
'

# A job whose step has its terminal on the other node.
far_step() {
    cat >job.sh <<-END &&
	#!/bin/sh
	PATH=\$PATH:$net_bin
	exec tequio run --pty --unattended -w n2 -n 1 sh -c "PS1=far\; exec sh"
	END
    job=$(submit --nodes 2 --output far.out job.sh) && network_until "it runs" has_step "$job"
}

has_step() { # JOB
    printf "expect far;\nsend \\\\x1d\n" | at_window attach "$1" && grep -q "left step" seen
}

test_expect_success 'attached to a step on another node: what it printed, what is typed; left, it runs on' '
    far_step &&
    at_window attach "$job" <<-\END &&
	expect far;
	send uname -n; echo a"b"c\r
	expect n2.*abc
	send \x1d
	expect left step
	END
    tail -n 1 seen | grep -qx "status 0, terminal as before" &&
    at_window attach "$job.1" <<-\END &&
	expect abc
	send exit 9\r
	END
    tail -n 1 seen | grep -qx "status 9, terminal as before" &&
    test_expect_code 9 network_as tester wait --quiet "$job"
'

test_expect_success 'nobody types for somebody else' '
    tequio admin user add other --project science && network_person other && far_step &&
    test_must_fail network_as other attach "$job" </dev/null 2>err && grep -q "only its owner" err &&
    test_must_fail tequio attach "$job" </dev/null 2>err && grep -q "only its owner" err &&
    test_must_fail network_as tester attach "$job.17" </dev/null 2>err && grep -q "no step 17" err &&
    tequio cancel "$job" && network_until "nothing is left" network_no_jobs
'

test_expect_success 'a step without a terminal is looked at, live, with both streams' '
    mkfifo "$net_dir/work/go" && chmod 0666 "$net_dir/work/go" &&
    cat >job.sh <<-END &&
	#!/bin/sh
	PATH=\$PATH:$net_bin
	tequio run -n 2 sh -c "echo out \\\$SLURM_PROCID; [ \\\$SLURM_PROCID = 0 ] || exit 0; cat go; echo bad >&2; exit 4"
	cat go
	END
    job=$(submit --ntasks 2 --output look.out job.sh) &&
    network_until "its step runs" grep -q "out 0" "$net_dir/work/look.out" &&
    { (network_as tester attach "$job" >looked 2>errors; echo $? >status) & } && looker=$! &&
    network_until "it is seen while it runs" grep -q "out 0" looked &&
    echo went >"$net_dir/work/go" && wait "$looker" && test "$(cat status)" = 4 &&
    grep -qx went looked && grep -q bad errors &&
    echo over >"$net_dir/work/go" && network_as tester wait --quiet "$job"
'

test_expect_success 'a prolog before each task, an epilog after it, and the end is the task'"'"'s' '
    cat >"$net_dir/work/before it" <<-\END &&
	#!/bin/sh
	echo "export FRUIT=pear of $SLURM_PROCID"
	echo "unset STONE"
	echo "print ready"
	echo "nothing"
	[ ! -e fail ] || exit 3
	END
    cat >"$net_dir/work/after" <<-\END &&
	#!/bin/sh
	echo "after $SLURM_PROCID"
	grep -qx "SigBlk:.0*" /proc/self/status || echo "signals do not reach it"
	exit 9
	END
    chmod 0755 "$net_dir/work/before it" "$net_dir/work/after" &&
    (cd "$net_dir/work" && export STONE=hard &&
        test_expect_code 6 network_as tester run --quiet -n 2 -K0 --task-prolog "./before it" --task-epilog ./after \
            sh -c "echo \$FRUIT, \${STONE-none}; exit 6" >out && LC_ALL=C sort -u out >../sorted) &&
    printf "%s\n" "after 0" "after 1" "pear of 0, none" "pear of 1, none" "ready" >wanted &&
    test_cmp wanted "$net_dir/sorted" &&
    (cd "$net_dir/work" && test_expect_code 143 network_as tester run --quiet --task-epilog ./after \
        sh -c "kill -TERM \$\$" >out && grep -qx "after 0" out && : >fail &&
        test_expect_code 3 network_as tester run --quiet --task-prolog "./before it" echo started >out 2>err &&
        ! grep -q started out && grep -q "prolog ./before it failed" err)
'

test_done

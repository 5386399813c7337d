#!/usr/bin/env bash
# What mpirun calls instead of ssh, from inside a job of two nodes
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='tequio-rsh runs commands on the nodes of its job, and nowhere else'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

rsh=$net_bin/tequio-rsh

# Run a script (from standard input) as a job on both nodes; its output is in job.out.  It may
# wait as the test itself does, with the same deadline.
in_job() {
    local job
    { printf '#!/bin/bash\nrsh=%s net_dir=%s net_deadline=%s\n' "$rsh" "$net_dir" "$net_deadline"
      declare -f network_until; cat; } >"$net_dir/work/script" &&
        chmod 0755 "$net_dir/work/script" && rm -f "$net_dir/work/job.out" &&
        job=$(submit --nodes 2 --ntasks-per-node 1 --time 2 --output job.out "$net_dir/work/script") &&
        network_as tester wait "$job" && cp "$net_dir/work/job.out" job.out
}

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'outside of a job it does nothing, and says so' '
    unset TEQUIO_AGENT TEQUIO_CREDENTIAL TEQUIO_JOB_ID &&
    test_expect_code 255 "$rsh" n1 true 2>err && grep -q "TEQUIO_AGENT is not set" err &&
    for words in "" n1 "-x -y" "-l tester n1" "--"; do
        test_expect_code 255 "$rsh" $words 2>err && grep -q "^usage: tequio-rsh" err || return 1
    done
'

test_expect_success 'it runs there, as its user, in the same place, with the same environment' '
    in_job <<-\END &&
	mkdir -p there && cd there && export FRUIT="a pear"
	$rsh n2 "uname -n; id -un; pwd; echo \$FRUIT; echo \$TEQUIO_NODENAME"
	END
    node=$(sed -n 5p job.out) && test "$node" = n2 &&
    test "$(sed -n 2p job.out)" = "$net_job_user" &&
    test "$(sed -n 3,4p job.out)" = "$net_dir/work/there
a pear"
'

test_expect_success 'words are joined and read by the shell there, as rsh does' '
    in_job <<-\END &&
	HERE=here; export HERE
	$rsh n2 echo "a  b" "\"c  d\"" "\$HERE" ";" echo "x;" echo y
	$rsh -q -l nobody -p 22 n2 echo options
	$rsh somebody@n2 echo user
	$rsh -- n2 echo dashes
	$rsh n2 "echo line
	echo feed"
	END
    cat >expected <<-\END &&
	a b c  d here
	x
	y
	options
	user
	dashes
	line
	feed
	END
    test_cmp expected job.out
'

test_expect_success 'it exits as the command did' '
    in_job <<-\END &&
	$rsh n2 exit 7; echo $?
	$rsh n2 "kill -9 \$\$"; echo $?
	$rsh n2 true; echo $?
	$rsh n2 no-such-program-of-mine 2>/dev/null; echo $?
	END
    printf "7\n137\n0\n127\n" >expected && test_cmp expected job.out
'

test_expect_success 'hosts that are not the job'\''s, or no hosts, are refused' '
    in_job <<-\END &&
	long=$(head -c 5000 /dev/zero | tr "\0" n)
	for host in n3 localhost "n[1-2]" n1,n2 "n2;id" "\$(id)" "../n2" "n 2" " " "$long" "$(printf "n2\033[31m")" \
	    "$(printf "n\377")" @ "n2@"; do
	    $rsh "$host" echo ran >said 2>err && echo "$host ran"
	    test -s said && { echo "$host said"; cat said; }
	    grep -q "^tequio-rsh: " err || { echo "$host has no reason:"; cat err; }
	    grep -q "$(printf "\033")" err && echo "$host colours the terminal"
	done
	$rsh n3 true 2>err; echo "$? $(cat err)"
	END
    head -n 20 job.out &&
    test "$(wc -l <job.out)" = 1 && grep -q "^255 tequio-rsh: n3: .*are the job" job.out
'

test_expect_success 'without the right credential nothing is run' '
    in_job <<-\END &&
	good=$TEQUIO_CREDENTIAL
	: >none; head -c 16 /dev/zero >wrong; head -c 4000 /dev/zero >large
	for TEQUIO_CREDENTIAL in $PWD/none $PWD/wrong $PWD/large $PWD/missing $PWD /dev/zero; do
	    export TEQUIO_CREDENTIAL
	    $rsh n2 echo ran 2>err; echo $?
	    test -s err || echo "no reason for $TEQUIO_CREDENTIAL"
	done
	export TEQUIO_CREDENTIAL=$good
	for TEQUIO_JOB_ID in 1 999999 0 -1 x 18446744073709551616; do
	    export TEQUIO_JOB_ID
	    $rsh n2 echo ran 2>err; echo $?
	    test -s err || echo "no reason for $TEQUIO_JOB_ID"
	done
	END
    yes 255 | head -n 12 >expected && test_cmp expected job.out
'

test_expect_success 'long output comes whole, each stream where it belongs' '
    in_job <<-\END &&
	$rsh n2 "seq 1 400000; seq 1 100000 >&2" >out 2>err; echo $?
	seq 1 400000 | cmp - out && seq 1 100000 | cmp - err && echo whole
	seq 1 9 | $rsh n2 cat; echo "$? nothing is read from here"
	END
    printf "0\nwhole\n0 nothing is read from here\n" >expected && test_cmp expected job.out
'

test_expect_success 'signals are passed on; the third one ends it' '
    in_job <<-\END &&
	says() { network_until "$1 is said" grep -q "$1" said || exit 1; }
	twice() { test "$(grep -c told said)" = 2; }
	$rsh n2 "trap \"echo told; exit 5\" TERM; echo up; while :; do sleep 0.05; done" >said 2>err & pid=$!
	says up; kill -TERM $pid; wait $pid; echo "$? $(tail -n 1 said)"
	$rsh n2 "trap \"echo told\" INT TERM HUP; echo up; while :; do sleep 0.05; done" >said 2>&1 & pid=$!
	says up; kill -HUP $pid; says told; kill -INT $pid
	network_until "it is told twice" twice || exit 1
	kill -TERM $pid; wait $pid; test $? -gt 128 && echo ended
	END
    printf "5 told\nended\n" >expected && test_cmp expected job.out
'

test_expect_success 'when nobody takes its output, or it is killed, nothing is left' '
    in_job <<-\END &&
	$rsh n2 "echo \$\$ >pid; exec yes" 2>err | head -n 1
	gone() { ! kill -0 "$(cat pid)" 2>/dev/null; }
	network_until "it is gone" gone && echo gone
	END
    printf "y\ngone\n" >expected && test_cmp expected job.out
'

test_done

#!/usr/bin/env bash
# The devices of other jobs, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A job opens the GPUs that it was given, and no others'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

basic_network

if [ "$(id -u)" = 0 ] && mkdir "/sys/fs/cgroup/devices/tequio-probe.$$" 2>/dev/null; then
    rmdir "/sys/fs/cgroup/devices/tequio-probe.$$"
    test_set_prereq DEVICES
fi

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

# Devices that every Linux has stand in for those of two GPUs.
gpu_network() {
    network_node g1 cc "synthetic:package:1 core:2 pu:1" 'gpu "a100" { count = 2 files = "/dev/zero,/dev/full" }'
}

test_expect_success DEVICES 'each of two jobs opens its own' '
    gpu_network &&
    cat >job.sh <<-\END &&
	#!/bin/sh
	for device in zero full null; do
	    head -c 1 /dev/$device >/dev/null 2>&1 && printf "%s " $device
	done
	echo "$CUDA_VISIBLE_DEVICES of $TEQUIO_GPUS"
	until [ -e go ]; do sleep 0.05; done
	END
    first=$(submit --gpus 1 --output first job.sh) &&
    second=$(submit --gpus 1 --output second job.sh) &&
    network_until "both have looked" grep -q of "$net_dir/work/second" &&
    network_until "both have looked" grep -q of "$net_dir/work/first" &&
    : >"$net_dir/work/go" &&
    test "$(cat "$net_dir/work/first")" = "zero null 0 of 0" &&
    test "$(cat "$net_dir/work/second")" = "full null 0 of 1"
'

test_expect_success DEVICES 'a job without opens none; steps are held, too' '
    third=$(submit --output third job.sh) &&
    network_until "it has looked" grep -q of "$net_dir/work/third" &&
    test "$(cat "$net_dir/work/third")" = "null  of " &&
    cat >step.sh <<-\END &&
	#!/bin/sh
	tequio run -n 1 sh -c "head -c 1 /dev/zero | wc -c; head -c 1 /dev/full | wc -c" 2>/dev/null
	END
    sed -i "s|tequio run|$net_bin/tequio run|" step.sh &&
    fourth=$(submit --gpus 1 --output fourth step.sh) && network_as tester wait "$fourth" &&
    test "$(tr "\n" " " <"$net_dir/work/fourth")" = "1 0 "
'

test_expect_success 'each task sees its own, as was told before' '
    network_node g2 cc "synthetic:package:2 core:2 pu:1" "gpu \"v100\" { count = 4 }" &&
    network_until "it is idle" state_is g2 idle &&
    cat >tasks.sh <<-\END &&
	#!/bin/sh
	echo "all $CUDA_VISIBLE_DEVICES"
	tequio run sh -c "echo task \$TEQUIO_PROCID \$CUDA_VISIBLE_DEVICES \$ROCR_VISIBLE_DEVICES" | sort
	touch asked
	until [ -e shown ]; do sleep 0.05; done
	END
    sed -i "s|tequio run|$net_bin/tequio run|" tasks.sh &&
    set -- --nodelist g2 --ntasks 4 --gpus-per-task v100:1 &&
    network_as tester submit --show-binding "$@" tasks.sh >before &&
    job=$(submit "$@" --output fifth tasks.sh) &&
    network_until "it has asked" test -e "$net_dir/work/asked" &&
    network_as tester show --binding "$job" >during && : >"$net_dir/work/shown" &&
    network_as tester wait "$job" &&
    printf "all 0,1,2,3\ntask 0 0 0\ntask 1 1 1\ntask 2 2 2\ntask 3 3 3\n" >wanted &&
    test_cmp wanted "$net_dir/work/fifth" &&
    test_cmp before during && test "$(awk "{ print \$NF }" during | tr "\n" " ")" = "GPUS 0 1 2 3 "
'

test_expect_success 'files that are not there stop the agent' '
    cat >agent.conf <<-END &&
	scheduler = "tcp://127.0.0.1:1"
	scheduler-key = "0000000000000000000000000000000000000000"
	state-directory = "$net_dir/state/none"
	topology = "synthetic:core:1 pu:1"
	gpu "a100" { count = 2 files = "/dev/no-such-gpu[0-1]" }
	END
    mkdir -p "$net_dir/state/none" &&
    test_must_fail "$net_sbin/tequio-agent" --config "$PWD/agent.conf" 2>said &&
    grep -q "gpu a100: files: /dev/no-such-gpu0" said
'

test_expect_success DEVICES 'a job that forks without end is held' '
    network_node g3 cc "synthetic:package:1 core:2 pu:1" "processes-per-core = 40" &&
    network_until "it is idle" state_is g3 idle &&
    cat >bomb.sh <<-\END &&
	#!/bin/sh
	i=0
	while [ $i -lt 300 ]; do
	    sleep 600 &
	    i=$((i + 1))
	    echo $i
	done
	END
    bomb=$(submit -w g3 --output bomb bomb.sh) && test_expect_code 2 network_as tester wait --quiet "$bomb" &&
    started=$(grep -x "[0-9]*" "$net_dir/work/bomb" | tail -n 1) && test "$started" -ge 20 && test "$started" -le 40 &&
    network_until "what it started is gone" sh -c "! pgrep -f \"[s]leep 600\"" &&
    network_until "the node goes on" state_is g3 idle
'

test_done

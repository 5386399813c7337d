#!/usr/bin/env bash
# Jobs in virtual machines, as far as that goes without one: tests/libvirt/vm.t has real ones
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A job with --vm waits for a node that offers machines, and is told what is missing there'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
images=$net_dir/images

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

runs() { # JOB
    [ "$(network_as tester queue -h -j "$1" -o %T)" = RUNNING ]
}

test_expect_success 'a network comes up, where no node offers machines' '
    basic_network && mkdir -m 0755 "$images" &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" && network_until "n1 is idle" network_idle 1
'

test_expect_success 'there, such a job is refused' '
    test_must_fail submit --vm guest --wrap true 2>err && grep -q "no node has the feature vm" err
'

# What it offers by itself hangs on what this machine has; its features can say so in any case.
test_expect_success 'a node offers them, and alone is taken' '
    network_node n2 cc "synthetic:package:1 core:2 pu:1" "features = \"fast,vm\"
vm-images = \"$images\"" &&
    network_until "both nodes are idle" network_idle 2 && tequio nodes --json >nodes.json && grep -q "fast,vm" nodes.json &&
    job=$(submit --vm guest --output out --wrap "echo never") &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" NodeList,ExitCode)" = "n2|127:0" &&
    echo "tequio-vm: node n2: image $images/guest: No such file or directory" >expected &&
    test_cmp expected "$net_dir/work/out"
'

test_expect_success 'while others have it, it waits, and why says for what' '
    blocker=$(submit --nodelist n2 --exclusive --wrap "sleep 100") &&
    network_until "it runs" runs "$blocker" &&
    job=$(submit --vm guest --constraint "fast|!fast" --wrap true) &&
    network_as tester why "$job" >why && grep -q "vm&(fast|!fast)" why &&
    network_as tester cancel "$blocker" "$job"
'

test_expect_success 'by vm-images alone a node offers them where QEMU is, else it says what is missing' '
    network_node n3 cc "synthetic:package:1 core:2 pu:1" "vm-images = \"$images\"" &&
    network_until "all are idle" network_idle 3 && tequio nodes --json n3 >n3.json &&
    if ls /usr/bin/qemu-img "/usr/bin/qemu-system-$(uname -m)" >/dev/null 2>&1 &&
        ls /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so >/dev/null 2>&1; then
        grep -q "\"vm\"" n3.json
    else
        test_must_fail grep -q "\"vm\"" n3.json && grep -q "vm-images: this node has not got" "$net_dir/logs/n3"
    fi
'

test_expect_success 'what does not go together is refused' '
    for more in "--container /image" "--nodes 2" "--input /dev/null" "--constraint fast)|(ib"; do
        test_must_fail submit --vm guest $more --wrap true 2>err && grep -qE "[(]--vm[)]|constraint" err || return 1
    done &&
    test_must_fail submit --vm guest --wrap true : --wrap true 2>err
'

test_expect_success 'an image that could be elsewhere, or of somebody else, is none' '
    echo secret >"$images/private" && chmod 0600 "$images/private" &&
    for image in ../images/private private; do
        job=$(submit --vm "$image" --output out --wrap true) && network_until "it has ended" ended "$job" FAILED &&
            test "$(history_of "$job" ExitCode)" = 127:0 && grep -qE "give a whole path|Permission denied" "$net_dir/work/out" || return 1
    done
'

test_expect_success 'too little memory is told' '
    mkdir "$images/guest" && : >"$images/guest/kernel" &&
    job=$(submit --vm guest --mem 100M --output out --wrap true) && network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 125:0 && grep -q "has 100 MiB of memory, a virtual machine needs .*--mem" "$net_dir/work/out"
'

test_done

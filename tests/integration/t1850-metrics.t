#!/usr/bin/env bash
# Figures for Prometheus: true, in its format, also while the scheduler is away
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='tequio metrics prints and serves the figures of the network'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# The value of a sample of the page on standard input, by its name and labels.
value_of() {
    awk -v name="$1" 'index($0, name " ") == 1 { print substr($0, length(name) + 2) }'
}

fetch() { # METHOD PATH, into status, type and page
    python3 - "$1" "$port" "$2" <<'END'
import http.client, sys
method, port, path = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
connection.request(method, path)
answer = connection.getresponse()
open("status", "w").write("%d\n" % answer.status)
open("type", "w").write("%s\n" % answer.getheader("Content-Type"))
open("page", "wb").write(answer.read())
END
}

page_says() { # SAMPLE VALUE
    fetch GET /metrics && test "$(value_of "$1" <page)" = "$2"
}

test_expect_success 'printed once, the figures are those of the commands' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    running=$(submit --output /dev/null --time 5 --ntasks 3 --wrap "sleep 600") &&
    network_until "it runs" eval "test \$(tequio queue -h -j $running -o %T) = RUNNING" &&
    submit --output /dev/null --time 5 --ntasks 2 --wrap true &&
    tequio metrics >page &&
    test "$(value_of tequio_up <page)" = 1 &&
    test "$(value_of tequio_jobs_pending <page)" = 1 &&
    test "$(value_of tequio_jobs_running <page)" = 1 &&
    test "$(value_of "tequio_cluster_cores_used{cluster=\"cc\",institution=\"uni\"}" <page)" = 3 &&
    test "$(value_of "tequio_nodes{cluster=\"cc\",state=\"mixed\"}" <page)" = 1 &&
    held=$(tequio quota --institution uni --json | python3 -c "
import json, sys
print([row[\"held\"] for row in json.load(sys.stdin) if not row[\"project\"]][0])") &&
    test -n "$held" &&
    value_of "tequio_held_service_units{institution=\"uni\",project=\"\"}" <page |
        python3 -c "assert float(input()) == float(\"$held\") > 0"
'

test_expect_success 'each line is of the text format, each family told of once' '
    python3 - page <<\END
import re, sys
name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
label = r"[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\\"n])*\""
sample = re.compile(r"(%s)(?:\{%s(?:,%s)*\})? -?[0-9]+(?:\.[0-9]+)?$" % (name, label, label))
types, helps, last = {}, {}, None
for line in open(sys.argv[1]).read().splitlines():
    words = line.split(" ", 3)
    if line.startswith("# HELP "):
        assert words[2] not in helps, line
        helps[words[2]] = last = words[2]
    elif line.startswith("# TYPE "):
        assert words[2] == last and words[3] in ("gauge", "counter"), line
        types[words[2]] = words[3]
    else:
        match = sample.match(line)
        assert match and match.group(1) == last, line
        assert (types[last] == "counter") == last.endswith("_total"), line
assert len(types) >= 15
END
'

test_expect_success 'served, it is the page of a collector and nothing else' '
    network_start metrics "$net_bin/tequio" metrics --listen 0 &&
    network_until "it listens" grep -q "port [0-9]" "$net_dir/logs/metrics" &&
    port=$(sed -n "s/.*port \([0-9]*\).*/\1/p" "$net_dir/logs/metrics") &&
    page_says tequio_jobs_running 1 && grep -qx 200 status &&
    grep -q "^text/plain; version=0.0.4" type &&
    fetch HEAD /metrics && grep -qx 200 status && test ! -s page &&
    fetch GET / && grep -qx 404 status && grep -q /metrics page &&
    fetch POST /metrics && grep -qx 405 status &&
    test_must_fail tequio metrics --listen "127.0.0.1:$port" 2>err &&
    grep -q "listen at 127.0.0.1:$port: Address already in use" err
'

test_expect_success 'it tells that the scheduler is away, and that it is back' '
    network_end scheduler &&
    TEQUIO_TIMEOUT=1 network_until "it says that nobody answers" page_says tequio_up 0 &&
    test -z "$(value_of tequio_jobs_running <page)" &&
    network_scheduler_start &&
    network_until "it says that somebody does" page_says tequio_up 1 &&
    network_end metrics
'

test_expect_success 'addresses that are none are refused' '
    for address in x 65536 a:b:c 127.0.0.1: "[::1" no.such.host.invalid:1; do
        test_must_fail tequio metrics --listen "$address" 2>err &&
            grep -qF "$address is no address to listen at" err || { cat err && return 1; }
    done &&
    test_must_fail tequio metrics now 2>err && grep -q "now: nothing is expected" err
'

test_expect_success 'the network ends' '
    network_stop
'

test_done

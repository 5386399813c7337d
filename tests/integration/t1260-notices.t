#!/usr/bin/env bash
# Who is named is told once when grants run out, also when mail and web fail at first
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Thresholds of grants are told by mail, webhook and as a stream'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

accounting_again() {
    rm -f "$net_dir/state/accounting/endpoints"
    network_start accounting network_exec_daemon "$net_sbin/tequio-accounting" \
        --config "$net_dir/etc/accounting.conf"
    network_until "the accounting service listens" test -s "$net_dir/state/accounting/endpoints"
}

# A mail program that refuses while there is a file "refuse".
fake_sendmail() {
    mkdir "$net_dir/mail" && chmod 1777 "$net_dir/mail"
    cat >"$net_dir/sendmail" <<END
#!/bin/sh
[ ! -e "$net_dir/mail/refuse" ] || { touch "$net_dir/mail/refused"; exit 75; }
n=\$(ls "$net_dir/mail" | grep -c ^message)
{ echo "ARGUMENTS \$*"; cat; } >"$net_dir/mail/new" && mv "$net_dir/mail/new" "$net_dir/mail/message.\$n"
END
    chmod 0755 "$net_dir/sendmail"
}

# A listener that keeps what is posted; while there is a file "down" it answers 503.
fake_web() {
    mkdir "$net_dir/web"
    cat >web.py <<'END'
import http.server, os, sys
folder = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if os.path.exists(folder + "/down"):
            open(folder + "/turned-away", "w").close()
            self.send_response(503)
        else:
            open(folder + "/posted", "ab").write(body)
            self.send_response(204)
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open(folder + "/.port", "w").write(str(server.server_port))
os.rename(folder + "/.port", folder + "/port")
server.serve_forever()
END
    python3 web.py "$net_dir/web" </dev/null >web.log 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- &
    web_pid=$!
    network_until "the web listens" test -s "$net_dir/web/port"
}
trap 'network_status=$?; [ -z "${web_pid-}" ] || kill "$web_pid"; network_over; (exit $network_status); die' EXIT

# The settings with these lines more are refused, and it is said which is wrong.
refuses() { # LINES WORDS
    { cat "$net_dir/etc/accounting.conf" && echo "$1"; } | network_write "$PWD/bad.conf"
    test_must_fail "$net_sbin/tequio-accounting" --check --config "$PWD/bad.conf" 2>refused &&
        grep "bad.conf.*$2" refused
}

test_expect_success 'settings that tell nobody stop the start, by name' '
    basic_network &&
    refuses "notice \"uni\" { mail = \"-oQ/tmp@x\" }" "notice uni: mail" &&
    refuses "notice \"uni\" { webhook = \"file:///etc/passwd\" }" "notice uni: webhook" &&
    refuses "notice \"uni\" { }" "notice uni: neither" &&
    refuses "notice-thresholds = {80, 50}" "notice-thresholds: 50" &&
    refuses "notice-sendmail = \"sendmail\"" "notice-sendmail"
'

test_expect_success 'a crossing is kept until mail and web take it' '
    fake_sendmail && fake_web &&
    touch "$net_dir/mail/refuse" "$net_dir/web/down" &&
    network_end accounting &&
    cat >>"$net_dir/etc/accounting.conf" <<END &&
notice-thresholds = {1, 10, 50}
notice-interval = "1s"
notice-retry = "1s"
notice-sendmail = "$net_dir/sendmail"
notice-from = "tequio@red.example"
notice "uni" {
    mail = "rosa@uni.example"
    webhook = "http://127.0.0.1:$(cat "$net_dir/web/port")/hook"
}
notice "otra" { mail = "nobody@otra.example" }
END
    accounting_again &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    tequio grant add --project science --amount 0.1 --reason "a small one" &&
    job=$(submit --output /dev/null --time 1 --ntasks 4 --wrap "sleep 1") &&
    network_as tester wait "$job" &&
    network_until "mail was refused" test -e "$net_dir/mail/refused" &&
    network_until "the web was down" test -e "$net_dir/web/turned-away" &&
    tequio notices --noheader --format institution,project,percent,sent,waiting >listed &&
    grep -E "^uni +science +1 +0 +2$" listed
'

test_expect_success 'killed and started again it tells what was not told, once' '
    network_end accounting -KILL &&
    rm "$net_dir/mail/refuse" "$net_dir/web/down" &&
    accounting_again &&
    network_until "mail came" test -e "$net_dir/mail/message.0" &&
    network_until "the web was told" test -s "$net_dir/web/posted" &&
    grep -x "ARGUMENTS -oi -f tequio@red.example -- rosa@uni.example" "$net_dir/mail/message.0" &&
    grep -x "Subject: \[trial\] uni/science: 1 %" "$net_dir/mail/message.0" &&
    grep "Se ha usado el 1 %" "$net_dir/mail/message.0" &&
    python3 -c "
import json, sys
notice = json.load(open(sys.argv[1]))
assert (notice[\"institution\"], notice[\"project\"], notice[\"percent\"]) == (\"uni\", \"science\", 1)
assert notice[\"su_granted\"] == \"0.1\" and float(notice[\"su_used\"]) > 0
" "$net_dir/web/posted"
'

both_sent() {
    test "$(tequio notices --noheader --format sent | tr -d " ")" = 2
}

# What is moved away makes the same use more of what is left.
test_expect_success 'the next threshold is one more, and the stream has both' '
    network_until "both are sent" both_sent &&
    tequio project add other --institution uni &&
    tequio grant list --account science --noheader --format id >number &&
    tequio grant move "$(tr -d " " <number)" --project other --amount 0.09 --reason "needed there" &&
    { "$net_bin/tequio" notices --follow --noheader --format percent >stream & } &&
    follower=$! &&
    network_until "the stream has it" grep -q -w 10 stream &&
    kill "$follower" &&
    network_until "the mail came" test -e "$net_dir/mail/message.1" &&
    test "$(tr -d " " <stream | paste -s -d ,)" = 1,10 &&
    test ! -e "$net_dir/mail/message.2" &&
    test "$(grep -c "\"percent\":1," "$net_dir/web/posted")" = 1
'

test_expect_success 'a manager sees the own ones, a researcher none' '
    net_books=$(network_endpoint accounting reports) &&
    token=$(tequio key token user otto --role institution-manager --institution uni) &&
    network_person tester >/dev/null 2>&1
    mkdir -p "$net_dir/home/otto/.config/tequio" && chmod 0700 "$net_dir/home/otto" &&
    cp "$net_dir/home/tester/.config/tequio/client.conf" "$net_dir/home/otto/.config/tequio/" &&
    network_as otto enroll "$token" &&
    test "$(network_as otto notices --noheader | wc -l)" = 2 &&
    test_must_fail network_as otto notices --institution otra &&
    test_must_fail network_as tester notices
'

test_done

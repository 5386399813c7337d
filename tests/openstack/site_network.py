"""The few answers that Nova wants of a network service about servers without ports.

SPDX-License-Identifier: Apache-2.0"""
import json

LISTS = ("ports", "security-groups", "extensions", "networks", "floatingips", "subnets", "routers")


def answer_of(path):
    words = [word for word in path.split("/") if word]
    if not words:
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": []}]}
    if len(words) == 2 and words[1] in LISTS:
        return {words[1].replace("-", "_"): []}
    return None


def application(environment, start_response):
    answer = answer_of(environment.get("PATH_INFO", ""))
    status = "200 OK" if answer is not None else "404 Not Found"
    body = json.dumps(answer or {"NeutronError": {"message": "not here"}}).encode()
    start_response(status, [("Content-Type", "application/json"),
                            ("Content-Length", str(len(body)))])
    return [body]

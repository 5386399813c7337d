"""What a site has in it: catalog (services, users), then contents (a project's credential, an image, flavours).

site_fill.py catalog|contents KEYSTONE-PORT PASSWORD REGION FOLDER; writes FOLDER/credential.json and
FOLDER/admin-token.

SPDX-License-Identifier: Apache-2.0"""
import json
import os
import sys
import urllib.request

WHAT, PORT, PASSWORD, REGION, FOLDER = sys.argv[1:]
HOST = "http://127.0.0.1:%d"
KEYSTONE = HOST % int(PORT) + "/v3"
SERVICES = (("placement", "placement", 1, ""), ("glance", "image", 2, ""),
            ("nova", "compute", 3, "/v2.1"), ("neutron", "network", 4, ""))


def endpoint(offset, path):
    return HOST % (int(PORT) + offset) + path


def ask(method, url, body=None, token=None, kind="application/json"):
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    headers = {"Content-Type": kind}
    if token:
        headers["X-Auth-Token"] = token
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        text = answer.read()
        return answer.headers, json.loads(text) if text[:1] in (b"{", b"[") else None


def log_in(user, project):
    person = {"name": user, "domain": {"id": "default"}, "password": PASSWORD}
    scope = {"project": {"name": project, "domain": {"id": "default"}}}
    headers, answer = ask("POST", KEYSTONE + "/auth/tokens", {"auth": {
        "identity": {"methods": ["password"], "password": {"user": person}}, "scope": scope}})
    return headers["X-Subject-Token"], answer["token"]["user"]["id"]


def add(token, kind, what):
    return ask("POST", KEYSTONE + "/%ss" % kind, {kind: what}, token)[1][kind]["id"]


def add_user(token, name, project, *roles):
    user = add(token, "user", {"name": name, "domain_id": "default", "password": PASSWORD})
    for role in roles:
        ask("PUT", "%s/projects/%s/users/%s/roles/%s" % (KEYSTONE, project, user, role), None, token)


def fill_catalog():
    token, _ = log_in("admin", "admin")
    there = ask("GET", KEYSTONE + "/roles", None, token)[1]["roles"]
    roles = {role["name"]: role["id"] for role in there}
    if "service" not in roles:
        roles["service"] = add(token, "role", {"name": "service"})
    services = add(token, "project", {"name": "service", "domain_id": "default"})
    for name in ("nova", "placement", "glance"):
        add_user(token, name, services, roles["admin"], roles["service"])
    project = add(token, "project", {"name": "tequio", "domain_id": "default"})
    add_user(token, "tequio", project, roles["member"])
    for name, kind, offset, path in SERVICES:
        number = add(token, "service", {"name": name, "type": kind})
        for door in ("public", "internal", "admin"):
            add(token, "endpoint", {"interface": door, "region_id": REGION, "service_id": number,
                                    "url": endpoint(offset, path)})


def fill_contents():
    token, _ = log_in("admin", "admin")
    image = ask("POST", endpoint(2, "/v2/images"), {
        "name": "node", "disk_format": "raw", "container_format": "bare", "visibility": "public"},
        token)[1]["id"]
    ask("PUT", endpoint(2, "/v2/images/%s/file" % image), bytes(65536), token,
        "application/octet-stream")
    for name, cores, memory in (("small", 2, 2048), ("huge", 1024, 4194304)):
        ask("POST", endpoint(3, "/v2.1/flavors"), {"flavor": {
            "name": name, "vcpus": cores, "ram": memory, "disk": 1}}, token)
    token, user = log_in("tequio", "tequio")
    made = ask("POST", "%s/users/%s/application_credentials" % (KEYSTONE, user), {
        "application_credential": {"name": "tequio"}}, token)[1]["application_credential"]
    path = os.path.join(FOLDER, "credential.json")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="utf-8") as file:
        json.dump({"id": made["id"], "secret": made["secret"]}, file)


{"catalog": fill_catalog, "contents": fill_contents}[WHAT]()

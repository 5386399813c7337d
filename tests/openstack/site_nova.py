"""All of Nova in one process: API, conductor, scheduler, and compute services on hosts that pretend.

Their messages go through memory (transport_url = fake:/), so no broker is needed.

SPDX-License-Identifier: Apache-2.0"""
import nova.monkey_patch  # noqa: F401, before anything else: green threads
import argparse
import os
import signal

import eventlet
import os_vif
from oslo_log import log as logging

import nova.conf
from nova import config, context, objects, service
from nova.compute import rpcapi as compute_rpc
from nova.conductor import rpcapi as conductor_rpc
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpc


def read_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-file", required=True)
    parser.add_argument("--ready", required=True, help="a file that is made when all is up")
    parser.add_argument("--hosts", type=int, default=1)
    return parser.parse_args()


def start(binary, topic, host):
    one = service.Service.create(host=host, binary=binary, topic=topic)
    one.start()
    return one


def main():
    arguments = read_arguments()
    config.parse_args(["nova", "--config-file", arguments.config_file])
    logging.setup(nova.conf.CONF, "nova")
    objects.register_all()
    os_vif.initialize()
    host = nova.conf.CONF.host
    services = [start("nova-conductor", conductor_rpc.RPC_TOPIC, host),
                start("nova-scheduler", scheduler_rpc.RPC_TOPIC, host)]
    door = service.WSGIService("osapi_compute")
    door.start()
    for number in range(arguments.hosts):
        services.append(start("nova-compute", compute_rpc.RPC_TOPIC, "host%d" % number))
    host_mapping.discover_hosts(context.get_admin_context(), by_service=True)
    with open(arguments.ready, "w", encoding="utf-8") as file:
        file.write("ready\n")
    end = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: eventlet.spawn(end.send))
    end.wait()
    os._exit(0)


main()

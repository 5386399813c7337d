# etc/local.mk - sample settings, units, and the parts of ./quickstart

EXTRA_DIST += quickstart .ci/run %D%/quickstart/packages %D%/quickstart/test

EXTRA_DIST += %D%/launcher.conf.example %D%/systemd/tequio-launcher.service
EXTRA_DIST += %D%/scheduler.conf.example %D%/systemd/tequio-scheduler.service
EXTRA_DIST += %D%/agent.conf.example %D%/systemd/tequio-agent.service
EXTRA_DIST += %D%/gateway.conf.example %D%/systemd/tequio-gateway.service
EXTRA_DIST += %D%/client.conf.example
dist_pkgdata_SCRIPTS = %D%/tequio-guest
EXTRA_DIST += %D%/accounting.conf.example %D%/systemd/tequio-accounting.service
EXTRA_DIST += %D%/grafana-dashboard.json %D%/systemd/tequio-metrics.service
EXTRA_DIST += %D%/quickstart/demo %D%/quickstart/stop %D%/quickstart/network

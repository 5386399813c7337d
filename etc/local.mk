# etc/local.mk - sample settings, units, and the parts of ./quickstart

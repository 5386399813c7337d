# docs/local.mk - manual pages (scdoc) and documents
#
# To add a page: docs/man/NAME.SECTION.scd, and its name without .scd to man_MANS:
#
#   man_MANS += %D%/man/tequio.1

man_MANS += %D%/man/tequio-agent.8 %D%/man/tequio-agent.conf.5 %D%/man/tequio-rsh.1
man_MANS += %D%/man/tequio-launcher.8
man_MANS += %D%/man/tequio-scheduler.8 %D%/man/tequio-scheduler.conf.5

EXTRA_DIST += $(addsuffix .scd,$(man_MANS))
CLEANFILES += $(man_MANS)

$(man_MANS): %: %.scd
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SCDOC) <$< >$@.new && mv $@.new $@

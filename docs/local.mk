# docs/local.mk - manual pages (scdoc) and documents
#
# To add a page: docs/man/NAME.SECTION.scd, and its name without .scd to man_MANS:
#
#   man_MANS += %D%/man/tequio.1

man_MANS += %D%/man/tequio-agent.8 %D%/man/tequio-agent.conf.5 %D%/man/tequio-rsh.1
man_MANS += %D%/man/tequio.1 %D%/man/tequio-client.conf.5 \
	%D%/man/tequio-admin.1 \
	%D%/man/tequio-attach.1 \
	%D%/man/tequio-audit.1 \
	%D%/man/tequio-cancel.1 \
	%D%/man/tequio-clusters.1 \
	%D%/man/tequio-completion.1 \
	%D%/man/tequio-drain.1 \
	%D%/man/tequio-enroll.1 \
	%D%/man/tequio-fetch.1 \
	%D%/man/tequio-grant.1 \
	%D%/man/tequio-help.1 \
	%D%/man/tequio-history.1 \
	%D%/man/tequio-hold.1 \
	%D%/man/tequio-institution.1 \
	%D%/man/tequio-key.1 \
	%D%/man/tequio-limit.1 \
	%D%/man/tequio-logs.1 \
	%D%/man/tequio-nodes.1 \
	%D%/man/tequio-notices.1 \
	%D%/man/tequio-priority.1 \
	%D%/man/tequio-privacy.1 \
	%D%/man/tequio-project.1 \
	%D%/man/tequio-qos.1 \
	%D%/man/tequio-queue.1 \
	%D%/man/tequio-quota.1 \
	%D%/man/tequio-rate.1 \
	%D%/man/tequio-refund.1 \
	%D%/man/tequio-release.1 \
	%D%/man/tequio-report.1 \
	%D%/man/tequio-requeue.1 \
	%D%/man/tequio-reservation.1 \
	%D%/man/tequio-resume.1 \
	%D%/man/tequio-run.1 \
	%D%/man/tequio-share.1 \
	%D%/man/tequio-show.1 \
	%D%/man/tequio-submit.1 \
	%D%/man/tequio-suspend.1 \
	%D%/man/tequio-usage.1 \
	%D%/man/tequio-user.1 \
	%D%/man/tequio-version.1 \
	%D%/man/tequio-wait.1 \
	%D%/man/tequio-why.1
man_MANS += %D%/man/tequio-launcher.8 %D%/man/tequio-gateway.8
man_MANS += %D%/man/tequio-accounting.8 %D%/man/tequio-export.1 %D%/man/tequio-metrics.1 %D%/man/tequio-verify.1
man_MANS += %D%/man/tequio-scheduler.8 %D%/man/tequio-scheduler.conf.5 %D%/man/tequio-simulate.1

EXTRA_DIST += CHANGELOG.md CONTRIBUTING.md %D%/accounting.md %D%/architecture.md %D%/bad-inputs.md %D%/reports.md %D%/scheduling.md \
	%D%/decisions %D%/federation-curie.svg %D%/glossary.md %D%/operating.md %D%/style.md $(addsuffix .scd,$(man_MANS))
CLEANFILES += $(man_MANS)

$(man_MANS): %: %.scd
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SCDOC) <$< >$@.new && mv $@.new $@

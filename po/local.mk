# po/local.mk - translations: po/LANGUAGE.po -> LANGUAGE/LC_MESSAGES/tequio.mo
#
# To add a language: put its code into po_languages and po/CODE.po beside this file.

po_languages =

po_catalogues = $(foreach language,$(po_languages),%D%/$(language)/LC_MESSAGES/tequio.mo)

EXTRA_DIST += $(foreach language,$(po_languages),%D%/$(language).po)
CLEANFILES += $(po_catalogues)

%D%/%/LC_MESSAGES/tequio.mo: %D%/%.po
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check --output-file=$@ $<

all-local: $(po_catalogues)

install-data-local: install-po
install-po: $(po_catalogues)
	@for language in $(po_languages); do \
	    $(MKDIR_P) "$(DESTDIR)$(localedir)/$$language/LC_MESSAGES" && \
	    $(INSTALL_DATA) %D%/$$language/LC_MESSAGES/tequio.mo \
	        "$(DESTDIR)$(localedir)/$$language/LC_MESSAGES/tequio.mo" || exit 1; \
	done

uninstall-local: uninstall-po
uninstall-po:
	@for language in $(po_languages); do \
	    rm -f "$(DESTDIR)$(localedir)/$$language/LC_MESSAGES/tequio.mo"; \
	done
.PHONY: install-po uninstall-po

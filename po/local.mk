# po/local.mk - translations: po/LANGUAGE.po -> LANGUAGE/LC_MESSAGES/tequio.mo
#
# To add a language: put its code into po_languages and po/CODE.po beside this file (msginit
# makes one from tequio.pot).  After texts of the client have changed: `make update-po`, then
# translate what is new; `make check` fails until nothing is missing.

po_languages = es

po_catalogues = $(foreach language,$(po_languages),%D%/$(language)/LC_MESSAGES/tequio.mo)

EXTRA_DIST += $(foreach language,$(po_languages),%D%/$(language).po) %D%/extract
CLEANFILES += $(po_catalogues) %D%/tequio.pot

%D%/%/LC_MESSAGES/tequio.mo: %D%/%.po
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check --output-file=$@ $<

all-local: $(po_catalogues)

# The texts of the client that are for people.
%D%/tequio.pot:
	$(AM_V_GEN)$(MKDIR_P) %D% && $(srcdir)/%D%/extract $(srcdir) >$@

update-po:
	rm -f %D%/tequio.pot && $(MAKE) %D%/tequio.pot
	for language in $(po_languages); do \
	    msgmerge --quiet --update --backup=none --no-wrap --no-fuzzy-matching \
	        $(srcdir)/%D%/$$language.po %D%/tequio.pot || exit 1; \
	done
.PHONY: update-po

test_scripts += %D%/translations.t

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

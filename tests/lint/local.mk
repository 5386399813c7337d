# tests/lint/local.mk - rules about the source text
#
# A step is a script that prints one line for each thing that is wrong; `make lint` runs all
# of them, `make lint-quick` those that need no compiler's understanding, and `make check` the
# ones named in source.t.

lint_quick = format layers lengths headers tests-exist cleanups schema manual settings refusals words bad-inputs glossary
lint_slow = tidy cppcheck

lint_environment = TEQUIO_SOURCE='$(abs_top_srcdir)' TEQUIO_BUILD='$(abs_top_builddir)' \
	CC='$(CC)'

test_scripts += %D%/rules.t %D%/source.t
EXTRA_DIST += .clang-format .clang-tidy tests/.clang-tidy %D%/run %D%/sources \
	%D%/layers.rules %D%/words.ignore \
	$(addprefix %D%/,$(lint_quick) $(lint_slow))

lint: all
	$(lint_environment) LINT_STRICT=1 $(srcdir)/%D%/run $(lint_quick) $(lint_slow)

lint-quick: $(wire_headers)
	$(lint_environment) $(srcdir)/%D%/run $(lint_quick)

# Write every file as the step `format` wants it.
format:
	cd $(srcdir) && . %D%/sources && sources c h | xargs clang-format -i

.PHONY: lint lint-quick format

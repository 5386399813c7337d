# tests/lint/local.mk - rules about the source text

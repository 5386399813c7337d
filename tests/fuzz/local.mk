# tests/fuzz/local.mk - decoders never crash, whatever they are fed

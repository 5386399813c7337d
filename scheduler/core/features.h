/* features.h - what nodes are like, in words, and which of them a job wants
 *
 * A node's features are names, sorted, with commas ("avx512,ib").  A wish is an expression of
 * them with `&`, `|`, `!` and parentheses, read once into a rule; what the rule says of a class of
 * equal nodes is remembered by the class's number.
 *
 * Owns: a rule its parts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_FEATURES_H
#define SCHEDULER_CORE_FEATURES_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEATURE_NAME_MAX 64 /* bytes */
#define FEATURES_MAX     64 /* of one node */
#define FEATURE_TERM_MAX 64 /* names, operators and parentheses of one rule */
#define FEATURE_TEXT_MAX 1024

/* The sorted union of two lists, each a list of names with commas in any order. */
char *features_join(const char *a, const char *b);
bool features_check(const char *features, struct error *err);
bool features_have(const char *features, const char *name, size_t length);

struct feature_rule;

struct feature_rule *feature_rule_parse(const char *text, struct error *err);
void feature_rule_free(struct feature_rule *rule);
DEFINE_CLEANUP(struct feature_rule *, feature_rule_free)

bool feature_rule_admits(const struct feature_rule *rule, const char *features);

/* The same, of a class: its features never change. */
bool feature_rule_admits_class(struct feature_rule *rule, uint32_t class_number,
                               const char *features);

/* The names in it, for who looks whether they are known: index from 0; NULL: no more. */
const char *feature_rule_name(const struct feature_rule *rule, size_t index);

#endif

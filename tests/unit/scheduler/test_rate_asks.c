/* test_rate_asks.c - rate cards made, ended and shown, and found wrong by the check */

#include "base/random.h"
#include "scheduler/check.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

struct scene {
    struct bench bench;
    struct caller *ana, *rosa, *node;
};

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->rosa = bench_person(&scene->bench, "rosa", manager, "uni", NULL);
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
}

static Wire__RateAdd card_of(const char *cluster, const char *partition, uint32_t core)
{
    static uint8_t key[16];
    Wire__RateAdd add = WIRE__RATE_ADD__INIT;

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){16, key};
    add.cluster = (char *)(uintptr_t)cluster;
    add.partition = (char *)(uintptr_t)partition;
    add.core = core;
    add.reason = (char *)"the year's prices";
    return add;
}

static Wire__Envelope adding(Wire__RateAdd *add)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_RATE_ADD;
    ask.rate_add = add;
    return ask;
}

static bool add_card(struct scene *scene, Wire__RateAdd add)
{
    Wire__Envelope ask = adding(&add);

    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool end_card(struct scene *scene, uint64_t card, enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RateEnd end = WIRE__RATE_END__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    end.key = (ProtobufCBinaryData){16, key};
    end.card = card;
    end.reason = (char *)"another year";
    ask.body_case = WIRE__ENVELOPE__BODY_RATE_END;
    ask.rate_end = &end;
    if (code == ERROR_NONE)
        return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
    return bench_refuses(&scene->bench, &scene->bench.root, &ask, code, words);
}

static Wire__Envelope *list_cards(struct scene *scene, bool all)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RatesAsk body = WIRE__RATES_ASK__INIT;

    body.all = all;
    ask.body_case = WIRE__ENVELOPE__BODY_RATES_ASK;
    ask.rates_ask = &body;
    return bench_ask(&scene->bench, scene->ana, &ask);
}

static void check_list(struct scene *scene)
{
    CLEANUP(message_freep) Wire__Envelope *answer = list_cards(scene, false);
    CLEANUP(message_freep) Wire__Envelope *all = list_cards(scene, true);
    const Wire__RateRow *row;

    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_RATE_TABLE);
    CU_ASSERT_FATAL(all && all->body_case == WIRE__ENVELOPE__BODY_RATE_TABLE);
    CU_ASSERT_EQUAL_FATAL(answer->rate_table->n_rows, 1);
    CU_ASSERT_EQUAL(all->rate_table->n_rows, 2);
    row = answer->rate_table->rows[0];
    CU_ASSERT_EQUAL(row->card, 1);
    CU_ASSERT_EQUAL(row->core, 2000000);
    CU_ASSERT_STRING_EQUAL(row->cluster, "sur");
    CU_ASSERT_STRING_EQUAL(row->mode, "sum");
    CU_ASSERT_STRING_EQUAL(row->reason, "the year's prices");
    CU_ASSERT(*row->made_by && row->made_us > 0);
}

/* Also by a scheduler that starts again. */
static void test_cards_are_made_ended_and_shown(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(add_card(&scene, card_of("sur", "", 2000000)));
    CU_ASSERT(add_card(&scene, card_of("sur", "long", 3000000)));
    CU_ASSERT(end_card(&scene, 2, ERROR_NONE, NULL));
    check_list(&scene);
    bench_restart(&scene.bench);
    scene.ana->greeted = false;
    check_list(&scene);
    CU_ASSERT(end_card(&scene, 2, ERROR_CONFLICT, "over by then"));
    CU_ASSERT(end_card(&scene, 9, ERROR_NOT_FOUND, "no rate card 9"));
    bench_clear(&scene.bench);
}

static void refuse(struct scene *scene, struct caller *by, Wire__RateAdd add, enum error_code code,
                   const char *words)
{
    Wire__Envelope ask = adding(&add);

    CU_ASSERT(bench_refuses(&scene->bench, by, &ask, code, words));
}

static void test_what_is_refused(void)
{
    struct scene scene;
    struct caller *root = &scene.bench.root;
    Wire__RateAdd early = card_of("sur", "", 1), bare = card_of("sur", "", 1);
    Wire__RateAdd mean = card_of("", "", 1), unknown = card_of("sur", "", 1);

    scene_init(&scene);
    early.start_us = 1;
    bare.reason = (char *)"";
    mean.mode = (char *)"mean";
    unknown.qos = (char *)"gold";
    refuse(&scene, scene.rosa, card_of("sur", "", 1), ERROR_DENIED, "");
    refuse(&scene, root, early, ERROR_INVALID, "cannot start in the past");
    refuse(&scene, root, bare, ERROR_INVALID, "reason");
    refuse(&scene, root, mean, ERROR_INVALID, "none of sum, max, max-gpus");
    refuse(&scene, root, unknown, ERROR_NOT_FOUND, "no quality of service gold");
    refuse(&scene, root, card_of("este", "", 1), ERROR_NOT_FOUND, "no cluster este");
    refuse(&scene, root, card_of("norte", "long", 1), ERROR_NOT_FOUND, "no partition long");
    bench_clear(&scene.bench);
}

static bool grant(struct scene *scene, int64_t amount)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantAdd add = WIRE__GRANT_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){16, key};
    add.project = (char *)"fisica";
    add.amount = amount * 1000000;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &add;
    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

/* A dearer card tells which waiting jobs it would keep, and changes nothing. */
static void test_a_dry_run_tells_of_jobs(void)
{
    struct scene scene;
    Wire__RateAdd add = card_of("", "", 4000000000);
    Wire__Envelope ask = adding(&add);
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 9), 1); /* 8 of them start */
    CU_ASSERT(grant(&scene, 100)); /* ten minutes would cost 667 SU */
    add.dry_run = true;
    answer = bench_ask(&scene.bench, &scene.bench.root, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_FORESEEN);
    CU_ASSERT_EQUAL_FATAL(answer->foreseen->n_jobs, 1);
    CU_ASSERT_EQUAL(answer->foreseen->jobs[0]->job, 9);
    CU_ASSERT_FALSE(answer->foreseen->jobs[0]->affordable);
    message_free(STEAL(answer));
    answer = list_cards(&scene, true);
    CU_ASSERT(answer && answer->rate_table && answer->rate_table->n_rows == 0);
    bench_clear(&scene.bench);
}

struct findings {
    const char *words;
    unsigned count, hits;
};

static void on_finding(void *owner, const char *text)
{
    struct findings *findings = owner;

    findings->count++;
    if (!findings->words)
        printf("# %s\n", text);
    else if (strstr(text, findings->words))
        findings->hits++;
}

static struct findings check(struct scene *scene, const char *words)
{
    struct findings findings = {.words = words};
    struct error err;
    uint64_t rows;

    CU_ASSERT(store_check(scene->bench.store, on_finding, &findings, &rows, &err));
    return findings;
}

static bool tamper(struct scene *scene, const char *sql)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", scene->bench.directory);
    sqlite3 *database = NULL;
    bool done = sqlite3_open(path, &database) == SQLITE_OK &&
                sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;

    if (!done)
        printf("# %s\n", sqlite3_errmsg(database));
    sqlite3_close(database);
    return done;
}

static void test_the_check_finds_wrong_prices(void)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE rate SET core = 1",                                              "I12: job 1 attempt 1 costs not"},
        {"UPDATE rate SET start_us = start_us + 3600000000",                      "I12: job 1 attempt 1 is priced"},
        {"DELETE FROM rate",                                                      "I12: job 1 attempt 1 is priced"},
        {"UPDATE rate SET made_us = made_us + 1",                                 "I12: rate card 1: "            },
        {"UPDATE rate SET core = -1",                                             "I12: rate card 1 has prices"   },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET card = 7 WHERE job > 0",
         "I12: job 1 attempt 1 is priced"                                                                         },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET listed = 5 WHERE job > 0",
         "I7: job 1 attempt 1"                                                                                    },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET cpu_used_us = 1000000000000000 WHERE job > "
         "0",                                                            "I13: job 1 attempt 1 used"     },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        struct findings findings;

        scene_init(&scene);
        CU_ASSERT(add_card(&scene, card_of("sur", "", 2000000)));
        CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
        CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
        bench_run(&scene.bench);
        CU_ASSERT_EQUAL(check(&scene, NULL).count, 0);
        CU_ASSERT(tamper(&scene, cases[i].sql));
        findings = check(&scene, cases[i].words);
        CU_ASSERT_EQUAL(findings.hits, 1);
        if (findings.hits != 1)
            printf("# %s: not \"%s\"\n", cases[i].sql, cases[i].words);
        bench_clear(&scene.bench);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"cards are made, ended and shown", test_cards_are_made_ended_and_shown},
        {"what cannot be is refused",       test_what_is_refused               },
        {"a dry run tells of jobs",         test_a_dry_run_tells_of_jobs       },
        {"the check finds wrong prices",    test_the_check_finds_wrong_prices  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("rate_asks", tests);
}

/* test_rates.c - whoever prices an attempt by anything but the card of its start is found */

#include "accounting/rates.h"

#include "base/parse.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define MADE  INT64_C(1000000)
#define BEGIN INT64_C(2000000)
#define LATER INT64_C(9000000) /* when the second card takes over */

/* Two cards of one cluster, one after the other, and one of a quality of service whose work is
 * listed; one attempt under each, and one elsewhere. */
enum line { FIRST, SECOND, LISTED, ELSEWHERE, LINE_COUNT };

struct scene {
    struct report_rate rates[3];
    struct report_line lines[LINE_COUNT];
};

static struct report_rate card_of(uint64_t id, const char *qos, uint32_t core, int64_t start_us)
{
    struct report_rate card = {
        .rate = {.id = id,
                 .cluster = "cc",
                 .mode = RATE_SUM,
                 .prices = {core, 1000, 5000000, 0},
                 .listed = *qos != '\0',
                 .start_us = start_us},
        .made_us = MADE,
    };

    memory_put_text(card.rate.qos, sizeof(card.rate.qos), qos);
    return card;
}

static struct report_line line_of(uint64_t job, const struct rate *card, int64_t start_us)
{
    struct report_line line = {.kind = TXN_CHARGE, .key = "", .has_usage = true};
    const struct quantities quantities = {4, 1, 2, UINT64_C(8) << 30};
    struct usage *usage = &line.usage;
    int64_t *amount_micro = card && card->listed ? &usage->listed_micro : &usage->charged_micro;

    *usage = (struct usage){
        .job = job,
        .attempt = 1,
        .institution = "uni",
        .project = "astro",
        .user = "ana",
        .cluster = "cc",
        .partition = "day",
        .start_us = start_us,
        .end_us = start_us + US_PER_HOUR,
        .nodes = 1,
        .cores = 4,
        .gpus = 2,
        .memory_bytes = UINT64_C(8) << 30,
        .wall_us = US_PER_HOUR,
        .factor_ppm = card ? rate_factor(card, &quantities) : 700000,
        .qos_ppm = 1000000,
        .card = card ? card->id : 0,
        .state = "COMPLETED",
    };
    *amount_micro = ledger_price(usage->cores, usage->wall_us, usage->factor_ppm);
    return line;
}

static void scene_init(struct scene *scene)
{
    *scene = (struct scene){
        .rates = {card_of(1, "", 1000000, BEGIN), card_of(2, "", 2000000, LATER),
                  card_of(3, "scavenger", 1000000, BEGIN)},
    };
    scene->lines[FIRST] = line_of(1, &scene->rates[0].rate, BEGIN);
    scene->lines[SECOND] = line_of(2, &scene->rates[1].rate, LATER);
    scene->lines[LISTED] = line_of(3, &scene->rates[2].rate, BEGIN + 5);
    scene->lines[ELSEWHERE] = line_of(4, NULL, BEGIN);
    memory_put_text(scene->lines[ELSEWHERE].usage.cluster, LEDGER_NAME_MAX + 1, "dd");
}

static struct bundle_file *add_file(struct bundle *bundle, const char *name)
{
    struct bundle_file *file = &bundle->files[bundle->count++];

    snprintf(file->name, sizeof(file->name), "%s", name);
    buffer_init(&file->bytes);
    return file;
}

static bool is_good(struct scene *scene, struct error *err)
{
    const struct report report = {
        .rates = scene->rates,
        .rate_count = COUNT_OF(scene->rates),
        .lines = scene->lines,
        .line_count = LINE_COUNT,
    };
    CLEANUP(bundle_freep) struct bundle *bundle = NEW(struct bundle);

    bundle->name = memory_copy("net-uni");
    render_rates(&report, &add_file(bundle, RATES_NAME)->bytes);
    render_items_csv(&report, &add_file(bundle, "R04.csv")->bytes);
    return rates_verify(bundle, err);
}

static void test_what_is_right_is_right(void)
{
    struct error err = {.text = ""};
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(is_good(&scene, &err));
    scene.lines[FIRST].usage.qos_ppm = 1500000;
    scene.lines[FIRST].usage.factor_ppm =
        rate_with_qos(scene.lines[FIRST].usage.factor_ppm, 1500000);
    CU_ASSERT(is_good(&scene, &err));
    if (*err.text)
        printf("# %s\n", err.text);
}

/* --- one thing wrong ------------------------------------------------------------------------------------ */

static void cost_more(struct scene *scene)
{
    scene->lines[FIRST].usage.factor_ppm++;
}

static void take_the_later_card(struct scene *scene)
{
    scene->lines[FIRST] = line_of(1, &scene->rates[1].rate, BEGIN);
}

static void take_the_earlier_card(struct scene *scene)
{
    scene->lines[SECOND] = line_of(2, &scene->rates[0].rate, LATER);
}

static void take_no_card(struct scene *scene)
{
    scene->lines[FIRST] = line_of(1, NULL, BEGIN);
}

static void take_a_card_there_is_not(struct scene *scene)
{
    scene->lines[FIRST].usage.card = 9;
}

static void have_less(struct scene *scene)
{
    scene->lines[SECOND].usage.gpus = 1;
}

static void bill_what_is_listed(struct scene *scene)
{
    scene->lines[LISTED].usage.charged_micro = 1;
}

static void list_what_is_billed(struct scene *scene)
{
    scene->lines[FIRST].usage.listed_micro = 1;
}

static void list_without_a_card(struct scene *scene)
{
    scene->lines[ELSEWHERE].usage.listed_micro = 1;
}

static void change_a_price(struct scene *scene)
{
    scene->rates[0].rate.prices.gib++;
}

static void make_it_when_it_was_in_force(struct scene *scene)
{
    scene->rates[1].made_us = LATER + 1;
}

static void begin_both_at_once(struct scene *scene)
{
    scene->rates[1].rate.start_us = BEGIN;
}

static const struct {
    const char *words;
    void (*do_it)(struct scene *scene);
} wrongs[] = {
    {"job 1 attempt 1: factor",              cost_more                   },
    {"another was in force when it started", take_the_later_card         },
    {"another was in force when it started", take_the_earlier_card       },
    {"another was in force when it started", take_no_card                },
    {"there is no such card",                take_a_card_there_is_not    },
    {"job 2 attempt 1: factor",              have_less                   },
    {"what it is for is billed nothing",     bill_what_is_listed         },
    {"what it is for is billed",             list_what_is_billed         },
    {"no card lists it",                     list_without_a_card         },
    {"job 1 attempt 1: factor",              change_a_price              },
    {"card 2",                               make_it_when_it_was_in_force},
    {"card 2",                               begin_both_at_once          },
};

static void test_what_is_wrong_is_named(void)
{
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        struct error err = {.text = ""};
        struct scene scene;

        scene_init(&scene);
        wrongs[i].do_it(&scene);
        CU_ASSERT(!is_good(&scene, &err));
        CU_ASSERT(strstr(err.text, wrongs[i].words) != NULL);
        if (!strstr(err.text, wrongs[i].words))
            printf("# %s: %s\n", wrongs[i].words, err.text);
    }
}

/* A report without the cards, or with a row that is none. */
static void test_what_is_no_table_of_cards(void)
{
    static const char *const tables[] = {"", "card,cluster\n1,cc\n"};

    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        CLEANUP(bundle_freep) struct bundle *bundle = NEW(struct bundle);
        const struct report report = {0};
        struct error err;

        bundle->name = memory_copy("net-uni");
        render_items_csv(&report, &add_file(bundle, "R04.csv")->bytes);
        buffer_add_text(&add_file(bundle, RATES_NAME)->bytes, tables[i]);
        CU_ASSERT(!rates_verify(bundle, &err));
        CU_ASSERT(strstr(err.text, RATES_NAME) != NULL);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each attempt by the card of its start", test_what_is_right_is_right   },
        {"what is priced otherwise is named",     test_what_is_wrong_is_named   },
        {"what is no table of cards is refused",  test_what_is_no_table_of_cards},
        CU_TEST_INFO_NULL,
    };

    return run_suite("rates", tests);
}
